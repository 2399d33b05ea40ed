// `--task detect` from the command line: trained, stopped, resumed, evaluated, its boxes predicted and drawn.
#include <fstream>

#include "data/image.h"
#include "data/synth.h"
#include "io/safetensors.h"
#include "models/resnet.h"
#include "nn/init.h"
#include "nn/weights.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// Eight pictures in batches of 3, the last of 2, and two to evaluate on.
const std::string& scenes() {
  static const ScratchFolder scratch;
  static const std::string folder = [] {
    const std::string path = scratch / "scenes \xC3\xA4";
    write_synth_scenes(path, {.classes = 2, .train = 8, .val = 2, .size = 40});
    return path;
  }();
  return folder;
}

Arguments detection(const std::string& data = scenes()) {
  return {"train",     data,   "--task",      "detect", "--image-size",   "32", "--batch-size", "3",
          "--lr",      "1e-3", "--optimizer", "sgd",    "--epochs",       "2",  "--threads",    "1",
          "--workers", "1",    "--device",    "cpu",    "--layers-every", "3"};
}

// The n-th loss: each gathers twice.
class AtCenterLoss {
 public:
  AtCenterLoss(int n, std::function<void()> action)
      : observer_([this, n, action = std::move(action)](const char* op, const auto&...) {
          if (std::string(op) == "gather" && ++seen_ == 2 * n) action();
        }) {}

 private:
  int seen_ = 0;
  ForwardObserver observer_;
};

}  // namespace

TEST_CASE("a detector is trained, stopped in mid-epoch, goes on bit for bit, is evaluated and predicts") {
  const ScratchFolder scratch;
  const std::string whole = scratch / "whole", cut = scratch / "cut";
  const Outcome trained = run(detection() + Arguments{"--out", whole});
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  const auto columns = [&](const char* file) { return CsvTable::read(whole + file).columns(); };
  CHECK(columns("/train.csv") ==
        Arguments{"step", "epoch", "lr", "loss", "heat", "size", "offset", "images_per_second", "data_wait"});
  CHECK(columns("/val.csv") == Arguments{"epoch", "loss", "AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large",
                                         "AR1", "AR10", "AR100", "seconds"});
  CHECK(result_of(whole)["decides"] == "val_AP");
  {
    const AtCenterLoss stop(2, [] { std::raise(SIGTERM); });
    CHECK(run(detection() + Arguments{"--out", cut, "--workers", "2", "--threads", "2"}).code == 143);
  }
  CHECK(state_of(cut)["step"] == 2);
  REQUIRE(run({"train", "--resume", cut, "--threads", "1", "--workers", "1"}).code == 0);
  for (const char* file : {"/train.csv", "/val.csv"})
    CHECK(lasting_columns(whole + file) == lasting_columns(cut + file));
  CHECK(values_of(whole + "/checkpoints/last.safetensors") == values_of(cut + "/checkpoints/last.safetensors"));

  const std::string truth = scratch / "truth.json", results = scratch / "results.json";
  const CommandOutput evaluated = run_radial({"evaluate", scenes(), "--weights", whole, "--predictions", results,
                                              "--ground-truth", truth, "--json", "--batch-size", "1"});
  REQUIRE(evaluated.code == 0);
  CHECK(evaluated.lines().at(0)["images"] == 2);
  CHECK(evaluated.lines().at(0)["AP"] == result_of(whole)["last"]["val_AP"]);
  const CommandOutput numbers = run_radial({"coco-ap", truth, results, "--json"});
  CHECK(100 * numbers.lines().at(0)["AR100"].get<double>() ==
        Approx(evaluated.lines().at(0)["AR100"].get<double>()).margin(1e-9));

  const std::string picture = scenes() + "/val/000000.jpg";
  const CommandOutput predicted = run_radial(
      {"predict", "--weights", whole, picture, picture, "--json", "--min-score", "0.01", "--draw", scratch / "drawn"});
  REQUIRE(predicted.code == 0);
  CHECK(predicted.lines().at(0)["file"] == picture);
  CHECK(predicted.lines().at(0)["boxes"] == predicted.lines().at(1)["boxes"]);
  for (const char* name : {"/drawn/000000.png", "/drawn/000000-2.png"}) {
    const Image drawn = read_image(scratch.path().string() + name);
    CHECK(drawn.width == 40);
  }
}

TEST_CASE("a detector's backbone begins with a classifier's weights") {
  const ScratchFolder scratch;
  ResNet classifier(resnet18());
  initialise(classifier, 5);
  save_weights(classifier, scratch / "resnet18.safetensors");
  const Outcome found = run(
      detection() + Arguments{"--init", scratch / "resnet18.safetensors", "--epochs", "0", "--out", scratch / "run"});
  INFO(found.err);
  CHECK(found.code == 0);
  CHECK_THAT(found.err + found.out, ContainsSubstring("the backbone begins with the weights of"));
}

TEST_CASE("an evaluation on Pascal VOC's files has VOC's AP beside COCO's, a training has not") {
  const ScratchFolder scratch;
  for (const char* folder : {"voc/Annotations", "voc/ImageSets/Main", "voc/JPEGImages"})
    fs::create_directories(scratch / folder);
  for (const std::string name : {"a", "b", "c"}) {
    Image picture;
    picture.resize(64, 64);
    write_png(scratch / ("voc/JPEGImages/" + name + ".png"), picture);
    std::ofstream(scratch / ("voc/Annotations/" + name + ".xml"))
        << "<annotation><size><width>64</width><height>64</height></size><object><name>cat</name><bndbox><xmin>9</xmin>"
           "<ymin>9</ymin><xmax>40</xmax><ymax>40</ymax></bndbox></object></annotation>";
    std::ofstream(scratch / (name == "c" ? "voc/ImageSets/Main/val.txt" : "voc/ImageSets/Main/train.txt"),
                  std::ios::app)
        << name << "\n";
  }
  REQUIRE(run(detection(scratch / "voc") + Arguments{"--epochs", "1", "--out", scratch / "run"}).code == 0);
  CHECK_FALSE(CsvTable::read(scratch / "run/val.csv").has("voc_AP"));
  const auto line = run_radial({"evaluate", scratch / "voc", "--weights", scratch / "run", "--json"}).lines().at(0);
  for (const char* name : {"voc07_AP", "voc_AP"}) {
    CHECK(line[name].get<double>() >= 0);
    CHECK(line[name].get<double>() <= 100);
  }
}

TEST_CASE("what a detector cannot do is refused") {
  const ScratchFolder scratch;
  CHECK_THAT(run(detection() + Arguments{"--image-size", "40", "--dry-run"}).err,
             ContainsSubstring("--image-size is 40 but must be a multiple of 32"));
  CHECK_THAT(run(detection() + Arguments{"--arch", "centernet_resnet81"}).err, ContainsSubstring("centernet_resnet18"));
  const Outcome empty = run({"train", scratch.path().string(), "--task", "detect"});
  CHECK(empty.code == 3);
  CHECK_THAT(empty.err, ContainsSubstring("holds no boxes"));
  CHECK_THAT(run({"train", "--task", "detect", "--help"}).out,
             ContainsSubstring("--heat-weight") && !ContainsSubstring("--label-smoothing"));
}
