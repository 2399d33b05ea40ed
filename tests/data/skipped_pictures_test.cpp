// The loader under bad pictures, failing systems and odd sizes of batches.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/loader.h"
#include "tests/data/fixtures.h"
#include "tests/data/loading.h"

namespace radial {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;

class TenPictures {
 public:
  TenPictures() {
    std::filesystem::create_directories(scratch_.path() / "cat");
    for (int i = 0; i < 10; ++i) write_png(scratch_.path() / "cat" / (std::to_string(i) + ".png"), picture(9, 8));
    folder_ = open_image_folder(scratch_.path());
  }
  const ImageFolder& folder() const { return folder_; }

 private:
  ScratchFolder scratch_;
  ImageFolder folder_;
};

Loading skipping(int workers) {
  Loading options;
  options.transform.image_size = 8;
  options.batch_size = 2;
  options.shuffle = false;
  options.workers = workers;
  options.on_bad = OnBadSample::skip;
  return options;
}

TEST_CASE("a system that fails stops the loader, whatever is skipped, and a picture that is gone too") {
  const TenPictures data;
  Loader loader = loader_of(data.folder(), skipping(GENERATE(0, 3)));
  const std::filesystem::path first = data.folder().path(0);
  std::filesystem::rename(first, first.string() + ".kept");
  std::filesystem::create_symlink(first.filename(), first);  // a link to itself: ELOOP, for root too
  loader.start(0);
  const auto error = thrown_by([&] { (void)loader.next(); });
  std::filesystem::rename(first.string() + ".kept", first);
  CHECK(error.kind == static_cast<int>(ErrorKind::io));
  CHECK_THAT(error.message, ContainsSubstring("0.png: cannot be opened: Too many levels of symbolic links"));
  std::filesystem::remove(data.folder().path(3));
  loader.start(0);
  CHECK(loader.next().has_value());
  const auto gone = thrown_by([&] { (void)loader.next(); });
  CHECK(gone.kind == static_cast<int>(ErrorKind::dataset));
  CHECK_THAT(gone.message, ContainsSubstring("3.png: cannot be opened: No such file or directory"));
  CHECK(loader.bad().empty());
}

TEST_CASE("memory is taken for the pictures that there are, not for the batch size") {
  const TenPictures data;
  Loading options = skipping(GENERATE(0, 2));
  options.batch_size = GENERATE(int64_t{11}, int64_t{1} << 40, INT64_MAX);
  Loader loader = loader_of(data.folder(), options);
  CHECK(loader.batches() == 1);
  loader.start(0);
  CHECK(loader.next()->samples.size() == 10);
  CHECK_FALSE(loader.next().has_value());
  options.drop_last = true;
  CHECK(loader_of(data.folder(), options).batches() == 0);
}

TEST_CASE("batches up to a number are those before it, whatever is left out") {
  const TenPictures data;
  for (const int64_t bad : {2, 3, 4}) write_text(data.folder().path(bad), "broken");  // all of batch 1, half of 2
  Loader loader = loader_of(data.folder(), skipping(GENERATE(0, 2)));
  loader.start(0);
  CHECK(loader.next(2)->number == 0);
  CHECK_FALSE(loader.next(2).has_value());
  CHECK(loader.bad().size() == 2);
  CHECK(loader.next(4)->samples == std::vector<int64_t>{5});
  CHECK(loader.next(4)->number == 3);
  CHECK_FALSE(loader.next(4).has_value());
  CHECK(loader.next()->number == 4);
}

TEST_CASE("a worker that cannot be started is told, with the option that helps") {
  const TenPictures data;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // the limit does not hold for root
    const rlimit one = {1, 1};
    if ((geteuid() == 0 && setuid(65534) != 0) || setrlimit(RLIMIT_NPROC, &one) != 0) _exit(2);
    const auto error = thrown_by([&] { loader_of(data.folder(), skipping(50)); });
    const bool told = error.message.find(" of 50: Resource temporarily unavailable") != std::string::npos &&
                      error.message.find("loader: cannot start worker ") == 0 &&
                      error.message.find("--workers") != std::string::npos;
    _exit(told && error.kind == static_cast<int>(ErrorKind::io) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace
}  // namespace radial
