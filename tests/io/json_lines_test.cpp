#include "io/json_lines.h"

#include <cmath>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;
using nlohmann::ordered_json;

namespace {

// Sends standard output to a file while it lives.
class Redirect {
 public:
  explicit Redirect(const std::string& path) : before_((std::fflush(stdout), ::dup(1))) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(file, 1);
    ::close(file);
  }
  ~Redirect() {
    std::fflush(stdout);
    ::dup2(before_, 1);
    ::close(before_);
    std::clearerr(stdout);
  }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

 private:
  int before_;
};

}  // namespace

TEST_CASE("json: keys keep their order, numbers their value, NaN is null") {
  const ordered_json line = {{"momentum", 0.9}, {"a", 1e-300}, {"loss", std::nan("")}, {"third", 1.0 / 3}, {"n", 3}};
  const std::string text = json_text(line);
  CHECK(text == R"({"momentum":0.9,"a":1e-300,"loss":null,"third":0.3333333333333333,"n":3})");
  CHECK(ordered_json::parse(text)["third"].get<double>() == 1.0 / 3);
}

TEST_CASE("json: bytes that are not UTF-8 are replaced") {
  CHECK(json_text({{"file", "caf\xE9.jpg"}}) == "{\"file\":\"caf\xEF\xBF\xBD.jpg\"}");
}

TEST_CASE("json: lines go to standard output, and a full one is an error") {
  const ScratchFolder folder;
  {
    const Redirect redirect(folder / "out");
    print_json_line({{"a", 1}});
    print_json_line({{"b", "x\ny"}});
  }
  CHECK(content_of(folder / "out") == "{\"a\":1}\n{\"b\":\"x\\ny\"}\n");

  std::string message;
  {
    const Redirect redirect("/dev/full");
    try {
      print_json_line({{"a", 1}});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::io);
      message = error.what();
    }
  }
  CHECK_THAT(message, ContainsSubstring("standard output: No space left on device"));
}
