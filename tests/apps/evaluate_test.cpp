// evaluate and predict, with weights that know how they were trained and with weights that do not.
#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

std::string trained(const ScratchFolder& scratch) {
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "run", "--mean", "0.5", "0.5", "0.5"}).code == 0);
  return scratch / "run";
}

std::string some_picture(size_t which = 0) {
  std::vector<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(small_pictures() + "/val"))
    if (entry.is_regular_file()) all.push_back(entry.path().string());
  std::sort(all.begin(), all.end());
  return all.at(which);
}

}  // namespace

TEST_CASE("a device that cannot be used is a usage error") {
  const ScratchFolder scratch;
  const std::string folder = trained(scratch);
  const Outcome unknown = run({"evaluate", small_pictures(), "--weights", folder, "--device", "gpu"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("cuda:N"));
  const Outcome doubles =
      run({"evaluate", small_pictures(), "--weights", folder, "--device", "cuda", "--dtype", "float64"});
  CHECK(doubles.code == 2);
  CHECK_THAT(doubles.err, ContainsSubstring("float64 is the CPU's alone"));
  CHECK(run({"evaluate", small_pictures(), "--weights", folder, "--device", "auto", "--dtype", "float64"}).code == 0);
}

TEST_CASE("evaluate finds what training found last") {
  const ScratchFolder scratch;
  const std::string folder = trained(scratch);
  const CsvTable val = CsvTable::read(folder + "/val.csv");
  for (const std::string& weights : {folder, folder + "/checkpoints/last.safetensors"}) {
    const CommandOutput output = run_radial({"evaluate", small_pictures(), "--weights", weights, "--json"});
    REQUIRE(output.code == 0);
    const auto line = output.lines().at(0);
    CHECK(line["images"] == 12);
    CHECK(line["loss"] == val.numbers("loss").back());
    CHECK(line["top1"] == val.numbers("top1").back());
    CHECK(line["top5"] == 100);
    CHECK(line["images_per_second"] > 0);
  }
  const CommandOutput train =
      run_radial({"evaluate", small_pictures(), "--weights", folder, "--split", "train", "--json"});
  CHECK(train.lines().at(0)["images"] == 30);
}

TEST_CASE("evaluate takes as many pictures as it is told, as training does") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder, "--limit-val", "5", "--epochs", "1"}).code == 0);
  const auto line =
      run_radial({"evaluate", small_pictures(), "--weights", folder, "--limit", "5", "--json"}).lines().at(0);
  const CsvTable val = CsvTable::read(folder + "/val.csv");
  CHECK(line["images"] == 5);
  CHECK(line["loss"] == val.numbers("loss").back());
  CHECK(line["top1"] == val.numbers("top1").back());
  const auto images = [&](const Arguments& more) {
    return run_radial(Arguments{"evaluate", small_pictures(), "--weights", folder, "--json"} + more)
        .lines()
        .at(0)["images"];
  };
  CHECK(images({}) == 12);
  CHECK(images({"--limit", "100"}) == 12);
  CHECK(images({"--limit", "7", "--split", "train"}) == 7);
  CHECK(run({"evaluate", small_pictures(), "--weights", folder, "--limit", "-1"}).code == 2);
}

TEST_CASE("weights without metadata need an architecture") {
  const ScratchFolder scratch;
  const std::string folder = trained(scratch);
  TensorFile file = read_safetensors(folder + "/checkpoints/last.safetensors");
  file.metadata.clear();
  for (auto it = file.tensors.begin(); it != file.tensors.end();)
    it = it->first.starts_with("optimizer.") ? file.tensors.erase(it) : std::next(it);
  write_safetensors(scratch / "plain.safetensors", file);
  const Arguments evaluate = {"evaluate", small_pictures(), "--weights", scratch / "plain.safetensors", "--json"};
  const Outcome unknown = run(evaluate);
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("--arch"));
  const CommandOutput known =
      run_radial(evaluate + Arguments{"--arch", "convnet", "--image-size", "16", "--mean", "0.5", "0.5", "0.5"});
  REQUIRE(known.code == 0);
  const double in_training = CsvTable::read(folder + "/val.csv").numbers("loss").back();  // in batches of another size
  CHECK(known.lines().at(0)["loss"].get<double>() == Catch::Approx(in_training).epsilon(1e-6));
  CHECK(run(evaluate + Arguments{"--arch", "resnet18", "--image-size", "32"}).code == 4);
}

TEST_CASE("of weights without names of classes it is said which output a folder is") {
  const ScratchFolder scratch;
  TensorFile file = read_safetensors(trained(scratch) + "/checkpoints/best.safetensors");
  file.metadata.clear();
  write_safetensors(scratch / "plain.safetensors", file);
  fs::create_directories(scratch / "fewer");
  fs::copy(small_pictures() + "/val", scratch / "fewer/val", fs::copy_options::recursive);
  fs::remove_all(fs::directory_iterator(scratch / "fewer/val")->path());
  const auto evaluated = [&](const std::string& data, const std::string& weights) {
    Outcome outcome =
        run({"evaluate", data, "--weights", weights, "--arch", "convnet", "--image-size", "16", "--json"});
    CHECK(outcome.code == 0);
    return outcome;
  };
  const Outcome equal = evaluated(small_pictures(), scratch / "plain.safetensors");
  CHECK_THAT(equal.err, ContainsSubstring("folder i of DATA, in sorted order, is taken for output i"));
  CHECK_THAT(equal.err, !ContainsSubstring("mean nothing"));
  CHECK_THAT(equal.out, !ContainsSubstring("folder i"));
  CHECK_THAT(evaluated(scratch / "fewer", scratch / "plain.safetensors").err,
             ContainsSubstring("DATA has 2 folders but the network 3 outputs"));
  CHECK_THAT(evaluated(scratch / "fewer", scratch / "run").err, !ContainsSubstring("folder i"));
}

TEST_CASE("classes of a folder find their outputs by name") {
  const ScratchFolder scratch;
  const std::string folder = trained(scratch);
  fs::create_directories(scratch / "data");
  fs::copy(small_pictures() + "/val", scratch / "data/val", fs::copy_options::recursive);
  std::vector<fs::path> classes;
  for (const auto& entry : fs::directory_iterator(scratch / "data/val")) classes.push_back(entry.path());
  std::sort(classes.begin(), classes.end());
  fs::remove_all(classes[0]);  // the others keep their outputs
  const CommandOutput fewer = run_radial({"evaluate", scratch / "data", "--weights", folder, "--json"});
  REQUIRE(fewer.code == 0);
  CHECK(fewer.lines().at(0)["images"] == 8);
  fs::rename(classes[1], scratch / "data/val/unknown");
  const Outcome unknown = run({"evaluate", scratch / "data", "--weights", folder});
  CHECK(unknown.code == 3);
  CHECK_THAT(unknown.err, ContainsSubstring("unknown"));
}

TEST_CASE("predict names classes with their probabilities") {
  const ScratchFolder scratch;
  const std::string folder = trained(scratch);
  const CommandOutput output = run_radial({"predict", "--weights", folder, some_picture(0), some_picture(5), "--json"});
  REQUIRE(output.code == 0);
  REQUIRE(output.lines().size() == 2);
  for (const auto& line : output.lines()) {
    double sum = 0, before = 1;
    for (const auto& prediction : line["predictions"]) {
      const double probability = prediction["probability"];
      CHECK(probability <= before);
      CHECK(fs::is_directory(small_pictures() + "/val/" + prediction["class"].get<std::string>()));
      sum += before = probability;
    }
    CHECK(line["predictions"].size() == 3);
    CHECK(sum == Catch::Approx(1).epsilon(1e-5));
  }
  CHECK(output.lines()[0]["file"] == some_picture(0));
  const CommandOutput top = run_radial({"predict", "--weights", folder, some_picture(0), "--top", "1", "--json"});
  CHECK(top.lines().at(0)["predictions"].size() == 1);
}

TEST_CASE("predict reports unreadable pictures after the others") {
  const ScratchFolder scratch;
  const std::string folder = trained(scratch);
  const Outcome outcome = run({"predict", "--weights", folder, "/nowhere.jpg", some_picture(0)});
  CHECK(outcome.code == 3);
  CHECK_THAT(outcome.out, ContainsSubstring(some_picture(0)));
  CHECK_THAT(outcome.err, ContainsSubstring("/nowhere.jpg"));
}
