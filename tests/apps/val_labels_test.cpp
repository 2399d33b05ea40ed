// ImageNet as it is shipped: val in one flat folder is evaluated as if it were sorted into folders.
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// The small pictures, those of val in one folder; the numbers of their classes, and which class a number is.
struct Shipped {
  explicit Shipped(const ScratchFolder& scratch)
      : data(scratch / "data"), labels(scratch / "truth.txt"), map(scratch / "map.txt") {
    fs::create_directories(data + "/val");
    fs::copy(small_pictures() + "/train", data + "/train", fs::copy_options::recursive);
    std::vector<fs::path> classes;
    for (const auto& entry : fs::directory_iterator(small_pictures() + "/val")) classes.push_back(entry.path());
    std::sort(classes.begin(), classes.end());
    std::ofstream truth(labels), numbers(map);
    int picture = 0;
    for (size_t k = 0; k < classes.size(); ++k) {
      numbers << 7 - static_cast<int>(k) << " " << classes[k].filename().string() << "\n";
      std::vector<fs::path> files;
      for (const auto& entry : fs::directory_iterator(classes[k])) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      for (const fs::path& file : files) {
        truth << 7 - static_cast<int>(k) << "\n";
        fs::copy(file, data + "/val/val_" + std::to_string(100 + picture++) + file.extension().string());
      }
    }
  }
  std::string data, labels, map;
};

}  // namespace

TEST_CASE("a flat val is evaluated as if it lay in folders, and its run goes on") {
  const ScratchFolder scratch;
  const Shipped shipped(scratch);
  const Arguments training =
      short_training(shipped.data) + Arguments{"--val-labels", shipped.labels, "--class-map", shipped.map};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "folders"}).code == 0);
  CHECK(lasting_columns(scratch / "whole/val.csv") == lasting_columns(scratch / "folders/val.csv"));
  {
    const AtLoss stop(4, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", scratch / "run"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");

  const double loss = CsvTable::read(scratch / "whole/val.csv").numbers("loss").back();
  const auto evaluated = [&](const Arguments& more) {
    const CommandOutput output =
        run_radial(Arguments{"evaluate", shipped.data, "--weights"} + more + Arguments{"--json"});
    REQUIRE(output.code == 0);
    return output.lines().at(0);
  };
  CHECK(evaluated({scratch / "whole"})["loss"] == loss);
  CHECK(evaluated({scratch / "folders", "--val-labels", shipped.labels, "--class-map", shipped.map})["loss"] == loss);
  const Outcome numbers =
      run({"evaluate", shipped.data, "--weights", scratch / "folders", "--val-labels", shipped.labels});
  CHECK(numbers.code == 3);
  CHECK_THAT(numbers.err, ContainsSubstring("the class 5, a number") && ContainsSubstring("--class-map FILE says"));
  CHECK(evaluated({scratch / "whole", "--split", "train"})["images"] == 30);
  const CommandOutput folders = run_radial({"evaluate", small_pictures(), "--weights", scratch / "whole", "--json"});
  REQUIRE(folders.code == 0);
  CHECK(folders.lines().at(0)["loss"] == loss);

  // Files may move between two parts of a training, labels may not change.
  fs::rename(shipped.labels, scratch / "moved.txt");
  const Outcome gone = run({"train", "--resume", scratch / "run", "--epochs", "3"});
  CHECK(gone.code == 7);
  CHECK_THAT(gone.err, ContainsSubstring("truth.txt"));
  CHECK(run({"train", "--resume", scratch / "run", "--epochs", "3", "--val-labels", scratch / "moved.txt"}).code == 0);
  std::string text = read_text(scratch / "moved.txt");
  std::swap(text[0], text[text.size() - 2]);
  std::ofstream(scratch / "moved.txt") << text;
  CHECK(run({"train", "--resume", scratch / "run", "--epochs", "4"}).code == 3);
}

TEST_CASE("labels of val are refused where they do not fit") {
  const ScratchFolder scratch;
  const Shipped shipped(scratch);
  const Outcome numbers = run(short_training(shipped.data) + Arguments{"--val-labels", shipped.labels});
  CHECK(numbers.code == 3);
  CHECK_THAT(numbers.err, ContainsSubstring("truth.txt:1: ") && ContainsSubstring("--class-map FILE says"));
  CHECK_THAT(run(short_training(shipped.data) + Arguments{"--class-map", shipped.map}).err,
             ContainsSubstring("without --val-labels"));
  CHECK_THAT(run(short_training(shipped.data) + Arguments{"--val-labels", shipped.labels, "--val-split", "0.2"}).err,
             ContainsSubstring("--val-split"));
}
