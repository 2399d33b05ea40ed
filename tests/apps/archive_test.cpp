// Pictures in an archive from the command line: what the folder does, to the bit.
#include <fstream>

#include "data/archive_format.h"
#include "tests/apps/training.h"
#include "tests/data/archives.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> kinds_of_archives() {
  if (archive_library().starts_with("libarchive")) return {"tar", "zip"};
  return {"zip"};
}

std::string packed(const ScratchFolder& scratch, const std::string& kind, const std::string& data = small_pictures()) {
  const std::string path = scratch / ("pictures." + kind);
  if (kind == "tar") {
    test::write_tar(path, data);
    return path;
  }
  std::vector<test::ZipEntry> entries;
  for (const auto& entry : fs::recursive_directory_iterator(data))
    if (entry.is_regular_file())
      entries.push_back(
          {entry.path().lexically_relative(data).generic_string(), read_text(entry.path()), ZIP_CM_DEFLATE});
  test::write_zip(path, entries);
  return path;
}

}  // namespace

TEST_CASE("a training on an archive has the bits of one on its folder, and goes on wherever the pictures lie") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  for (const std::string& kind : kinds_of_archives()) {
    CAPTURE(kind);
    const std::string data = packed(scratch, kind), folder = scratch / ("run-" + kind);
    {
      const AtLoss stop(6, [] { std::raise(SIGTERM); });
      REQUIRE(run(short_training(data) + Arguments{"--out", folder}).code == 143);
    }
    fs::create_directories(scratch / "elsewhere");
    const std::string moved = scratch / ("elsewhere/moved." + kind);
    fs::rename(data, moved);
    CHECK(run({"train", "--resume", folder}).code == 3);
    REQUIRE(run({"train", "--resume", folder, moved}).code == 0);
    for (const char* file : {"/train.csv", "/val.csv"})
      CHECK(lasting_columns(scratch / "whole" + file) == lasting_columns(folder + file));
    for (const char* file : {"/layers.csv", "/epochs.csv"})
      CHECK(read_text(scratch / "whole" + file) == read_text(folder + file));
    for (const char* file : {"/checkpoints/last.safetensors", "/checkpoints/best.safetensors"})
      CHECK(values_of(scratch / "whole" + file) == values_of(folder + file));
    // Unpacked, they are the same pictures; packed with another one, they are not.
    REQUIRE(run({"train", "--resume", folder, small_pictures(), "--epochs", "3"}).code == 0);
    fs::copy(small_pictures(), scratch / "other", fs::copy_options::recursive);
    const std::string one_class = fs::directory_iterator(scratch / "other/train")->path().string();
    fs::copy_file(one_class + "/000000.jpg", one_class + "/000001.jpg", fs::copy_options::overwrite_existing);
    const Outcome changed =
        run({"train", "--resume", folder, packed(scratch, kind, scratch / "other"), "--epochs", "4"});
    CHECK(changed.code == 3);
    CHECK_THAT(changed.err, ContainsSubstring("their contents differ"));
    fs::remove_all(scratch / "other");
    fs::remove(scratch / ("pictures." + kind));
  }
}

TEST_CASE("an archive is evaluated, examined and predicted from as its folder") {
  const ScratchFolder scratch;
  const std::string weights = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--epochs", "1", "--out", weights}).code == 0);
  const auto evaluated = [&](const std::string& data) {
    const CommandOutput output =
        run_radial({"evaluate", data, "--weights", weights, "--predictions", scratch / "predictions.csv", "--json"});
    REQUIRE(output.code == 0);
    const auto line = output.lines().at(0);
    return std::pair(line["loss"].get<double>(), line["images"].get<int>());
  };
  const auto of_folder = evaluated(small_pictures());
  for (const std::string& kind : kinds_of_archives()) {
    CAPTURE(kind);
    const std::string data = packed(scratch, kind);
    CHECK(evaluated(data) == of_folder);
    const std::string file = CsvTable::read(scratch / "predictions.csv").texts("file").front();
    CHECK(file.starts_with(data + "/val/"));
    const auto line = run_radial({"predict", "--weights", weights, file, "--json"}).lines().at(0);
    CHECK(line["file"] == file);
    const std::string beside = small_pictures() + file.substr(data.size());
    CHECK(line["predictions"] ==
          run_radial({"predict", "--weights", weights, beside, "--json"}).lines().at(0)["predictions"]);
    const auto doctor = run_radial({"doctor", data, "--json"});
    CHECK(doctor.code == 0);
    CHECK(doctor.lines().at(1)["images"] == 30);
    CHECK(doctor.lines().at(2)["images"] == 12);
    CHECK(run({"evaluate", data + "/val", "--weights", weights}).code == 3);
    const Outcome gone = run({"predict", "--weights", weights, data + "/val/none.png"});
    CHECK(gone.code == 3);
    CHECK_THAT(gone.err, ContainsSubstring(data + "/val/none.png"));
  }
}

TEST_CASE("other tasks of pictures in classes read archives, too; tasks of other data say that they do not") {
  const ScratchFolder scratch;
  const std::string data = packed(scratch, "zip");
  const Arguments few = {"--epochs", "1", "--limit-train", "4"};
  CHECK(run(short_training(data) + few + Arguments{"--task", "adversarial", "--out", scratch / "a"}).code == 0);
  CHECK(run(short_training(data) + few +
            Arguments{"--task", "rebias", "--arch", "resnet18", "--image-size", "32", "--out", scratch / "b"})
            .code == 0);
  const std::string classes = scratch / "classes.zip";
  std::vector<test::ZipEntry> entries;
  for (const auto& entry : fs::recursive_directory_iterator(small_pictures() + "/train"))
    if (entry.is_regular_file())
      entries.push_back({"around/" + entry.path().lexically_relative(small_pictures() + "/train").generic_string(),
                         read_text(entry.path())});
  test::write_zip(classes, entries);
  const Arguments retrieve = {"train",        classes,   "--task",       "retrieve", "--class-split", "0.5",
                              "--arch",       "convnet", "--image-size", "16",       "--embedding",   "8",
                              "--batch-size", "4",       "--epochs",     "1",        "--device",      "cpu"};
  CHECK(run(retrieve + Arguments{"--out", scratch / "c"}).code == 0);
  CHECK(run(short_training(classes) + few + Arguments{"--val-split", "0.3", "--out", scratch / "d"}).code == 0);
  for (const char* task : {"audio", "detect"}) {
    const Outcome outcome = run({"train", data, "--task", task, "--out", scratch / "e"});
    CHECK(outcome.code == 3);
    CHECK_THAT(outcome.err, ContainsSubstring(data + " is an archive"));
  }
}

TEST_CASE("ImageNet's archives as they are shipped train as the folders of its pictures") {
  if (kinds_of_archives().front() != "tar") return;
  const ScratchFolder scratch;
  std::string labels;
  for (const char* folder : {"classes", "flat", "sorted", "data"}) fs::create_directories(scratch / folder);
  fs::copy(small_pictures(), scratch / "sorted", fs::copy_options::recursive);
  fs::remove_all(scratch / "sorted/val");
  for (const auto& entry : fs::directory_iterator(small_pictures() + "/train"))
    test::write_tar(scratch / ("classes/" + entry.path().filename().string() + ".tar"), entry.path().string());
  for (const auto& entry : fs::recursive_directory_iterator(small_pictures() + "/val")) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().parent_path().filename().string(),
                      file = name + "_" + entry.path().filename().string();
    fs::create_directories(scratch / ("sorted/val/" + name));
    fs::copy_file(entry.path(), scratch / ("sorted/val/" + name + "/" + file));
    fs::copy_file(entry.path(), scratch / ("flat/" + file));
    labels += file + " " + name + "\n";
  }
  std::ofstream(scratch / "labels.txt") << labels;
  test::write_tar(scratch / "data/ILSVRC2012_img_train.tar", scratch / "classes");
  test::write_tar(scratch / "data/ILSVRC2012_img_val.tar", scratch / "flat");
  const Outcome unlabelled = run(short_training(scratch / "data") + Arguments{"--out", scratch / "none"});
  CHECK(unlabelled.code == 3);
  CHECK_THAT(unlabelled.err, ContainsSubstring("--val-labels FILE says"));

  REQUIRE(run(short_training(scratch / "sorted") + Arguments{"--out", scratch / "whole"}).code == 0);
  const std::string folder = scratch / "shipped";
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    REQUIRE(run(short_training(scratch / "data") + Arguments{"--val-labels", scratch / "labels.txt", "--out", folder})
                .code == 143);
  }
  REQUIRE(run({"train", "--resume", folder}).code == 0);
  for (const char* file : {"/train.csv", "/val.csv"})
    CHECK(lasting_columns(scratch / "whole" + file) == lasting_columns(folder + file));
  CHECK(read_text(scratch / "whole/layers.csv") == read_text(folder + "/layers.csv"));
  CHECK(values_of(scratch / "whole/checkpoints/last.safetensors") ==
        values_of(folder + "/checkpoints/last.safetensors"));
}
