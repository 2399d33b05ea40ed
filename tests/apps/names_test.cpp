// Names that are not UTF-8, or hold what JSON, TOML, CSV, shells and gnuplot use for themselves.
#include <nlohmann/json.hpp>

#include "io/json_lines.h"
#include "io/utf8.h"
#include "tests/apps/training.h"
#include "train/run_folder.h"
#include "train/settings.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// The classes of small_pictures() under other names, with a broken picture in the first of them.
std::vector<std::string> rename_classes(const std::string& data, const std::vector<std::string>& names) {
  for (const char* split : {"/train/", "/val/"}) {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(data + split)) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    REQUIRE(folders.size() == names.size());
    for (size_t i = 0; i < names.size(); ++i) fs::rename(folders[i], data + split + names[i]);
  }
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

Arguments named_training(const std::string& data) {
  return {"train",    data,  "--arch",    "mlp", "--image-size", "8", "--batch-size",   "8",   "--epochs", "1",
          "--device", "cpu", "--threads", "1",   "--workers",    "1", "--on-bad-image", "skip"};
}

nlohmann::ordered_json ordered_json_of(const std::string& path) { return parse_json(read_text(path), path); }

}  // namespace

TEST_CASE("names of every kind go through training, evaluation and prediction") {
  const auto names = GENERATE(std::vector<std::string>{"caf\xE9", "\xFF\x01\xFE", "\\udce9"},
                              std::vector<std::string>{"a\nb", "\"it's\"\t\\", "[train] # = ,"},
                              std::vector<std::string>{std::string(255, 'x'), "-1", "\xED\xB3\xA9"});
  const ScratchFolder scratch;
  const std::string name = names[1], data = scratch / ("data " + name),
                    folder = scratch / ("run " + name.substr(0, 200));
  fs::copy(small_pictures(), data, fs::copy_options::recursive);
  const std::vector<std::string> classes = rename_classes(data, names);
  const std::string bad = data + "/train/" + classes[0] + "/caf\xE9 '\".jpg";
  put(bad, "no picture");
  const std::string init = scratch / ("init " + name + ".safetensors");
  const Outcome first = run(named_training(data) + Arguments{"--epochs", "0", "--out", scratch / "first"});
  REQUIRE(first.code == 0);
  fs::copy(scratch / "first/checkpoints/last.safetensors", init);

  const Outcome trained = run(named_training(data) + Arguments{"--out", folder, "--init", init});
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(ordered_json_of(folder + "/dataset.json")["classes"] == classes);
  CHECK(ordered_json_of(folder + "/dataset.json")["path"] == data);
  CHECK(ordered_json_of(folder + "/result.json")["bad_images"] == std::vector{bad});
  const Settings settings(read_text(folder + "/config.toml"), "config.toml");
  CHECK(settings.train.data == data);
  CHECK(settings.train.init == init);

  CHECK(run({"evaluate", data, "--weights", folder, "--json"}).code == 0);
  std::string picture;
  for (const auto& entry : fs::directory_iterator(data + "/val/" + classes[0])) picture = entry.path().string();
  const Outcome predicted = run({"predict", "--weights", folder, picture, "--json"});
  REQUIRE(predicted.code == 0);
  const auto line = parse_json(predicted.out, "predict");
  CHECK(line["file"] == picture);
  std::vector<std::string> found;
  for (const auto& prediction : line["predictions"]) found.push_back(prediction["class"]);
  std::sort(found.begin(), found.end());
  CHECK(found == classes);

  const Outcome resumed = run({"train", "--resume", folder, "--epochs", "2"});
  INFO(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(run({"figure", folder, "--out", scratch / "figure.svg"}).code == 0);
  CHECK(CsvTable::read(scratch / "figure.csv").rows() == 2);
  const std::string figure = scratch / ("figure " + name.substr(0, 200) + ".svg");
  const bool has_line_end = name.find('\n') != std::string::npos;  // gnuplot could not
  CHECK(run({"figure", folder, "--out", figure}).code == (has_line_end ? 2 : 0));
  if (!has_line_end) CHECK(is_utf8(read_text(figure)));
}

TEST_CASE("a table of epochs is drawn where it lies, with a byte order mark before it") {
  const ScratchFolder scratch;
  put(scratch / "epochs.csv",
      "\xEF\xBB\xBF"
      "epoch,lr,norm,effective_step,val_top1\n1,0.1,1,1,50\n");
  put(scratch / "published.csv",
      "\xEF\xBB\xBF"
      "epoch,norm_a,effstep_a,top1_a\n1,1,1,1\n");
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  const Outcome outcome = run({"figure", "epochs.csv", "--published", "published.csv"});
  fs::current_path(before);
  CHECK(outcome.err.empty());
  CHECK(outcome.code == 0);
}

TEST_CASE("a picture whose name looks like a list is a picture") {
  const ScratchFolder scratch;
  REQUIRE(run(named_training(small_pictures()) + Arguments{"--epochs", "0", "--out", scratch / "run"}).code == 0);
  fs::path picture;
  for (const auto& entry : fs::recursive_directory_iterator(small_pictures() + "/val"))
    if (entry.is_regular_file()) picture = entry.path();
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  fs::copy_file(picture, "[a,b]");
  const Outcome outcome = run({"predict", "--weights", "run", "[a,b]", "--json"});
  fs::current_path(before);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("[a,b]"));
}
