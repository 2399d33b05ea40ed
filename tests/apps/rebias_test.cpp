// ReBias beside its authors' step, and trainings on painted digits.
#include "tasks/rebias/rebias.h"

#include <cmath>
#include <set>

#include "core/ops.h"
#include "data/colour_bias.h"
#include "models/bagnet.h"
#include "models/rebias.h"
#include "nn/freeze.h"
#include "optim/make_optimizer.h"
#include "tasks/rebias/hsic.h"
#include "tasks/rebias/texture.h"
#include "tests/apps/training.h"
#include "tests/models/formula.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

Tensor waves(int64_t n, int64_t d, double (*value)(double i, double k)) {
  Tensor x = Tensor::empty({n, d}, DType::f64);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < d; ++k) x.data<double>()[i * d + k] = value(static_cast<double>(i), static_cast<double>(k));
  return x;
}

// As radial synth draws them: digits in ten classes would be many pictures for a test.
Arguments rebias() {
  return {"train",        small_pictures(),
          "--task",       "rebias",
          "--arch",       "rebias_conv7_half",
          "--image-size", "8",
          "--rho",        "0.8",
          "--epochs",     "2",
          "--lr",         "0.05",
          "--batch-size", "7",
          "--seed",       "3",
          "--threads",    "1",
          "--device",     "cpu",
          "--workers",    "1"};
}

double largest_difference_of(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b)).item(); }

}  // namespace

TEST_CASE("the dependence of features is that of the formula, and so is its gradient") {
  Tensor x = waves(6, 3, [](double i, double k) { return std::sin(1 + i + 2 * k); });
  const Tensor y = waves(6, 2, [](double i, double k) { return std::cos(1 + 2 * i - k); });
  CHECK(hsic(x, y).item() == Catch::Approx(-0.0451462328522626).epsilon(1e-12));
  CHECK(hsic(x, y, 0.5, 2).item() == Catch::Approx(-0.0023258325745044).epsilon(1e-12));
  CHECK(hsic(x, x).item() == Catch::Approx(0.0622148159474689).epsilon(1e-12));
  x.set_requires_grad();
  hsic(x, y).backward();
  CHECK(x.grad().at(0, 0) == Catch::Approx(0.0072178194).epsilon(1e-8));
  CHECK_THROWS_WITH(hsic(x.detach().slice(0, 3), y.slice(0, 3)), ContainsSubstring("at least 4"));
}

TEST_CASE("colours are split to the picture as the authors of Biased MNIST do") {
  struct Case {
    double rho;
    int64_t foreign;
    std::vector<int> kept_of_0_1_5;
    int piece_of_0, colours_of_0;
  };
  const bool train = GENERATE(true, false);
  const std::vector<int> counts = train ? std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}
                                        : std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
  std::vector<int32_t> labels;
  for (int32_t label = 0; label < 10; ++label) labels.insert(labels.end(), static_cast<size_t>(counts[label]), label);
  const std::vector<Case> cases =
      train ? std::vector<Case>{{.999, 63, {5917, 6735, 5415}, 1, 6},
                                {.997, 184, {5905, 6721, 5404}, 2, 9},
                                {.995, 305, {5893, 6708, 5393}, 4, 8},
                                {.990, 606, {5863, 6674, 5366}, 7, 9}}
            : std::vector<Case>{
                  {.1, 9004, {98, 113, 89}, 98, 9}, {0, 10000, {0, 0, 0}, 109, 9}, {1, 0, {980, 1135, 892}, 0, 0}};
  for (const Case& c : cases) {
    CAPTURE(c.rho);
    const std::vector<int32_t> colours = biased_colours(labels, 10, c.rho, 7);
    CHECK(colours == biased_colours(labels, 10, c.rho, 7));
    int64_t foreign = 0;
    std::vector<int> kept(10), of_0(10);
    for (size_t i = 0; i < labels.size(); ++i) {
      foreign += colours[i] != labels[i];
      kept[static_cast<size_t>(labels[i])] += colours[i] == labels[i];
      if (labels[i] == 0) ++of_0[static_cast<size_t>(colours[i])];
    }
    CHECK(foreign == c.foreign);
    CHECK(std::vector<int>{kept[0], kept[1], kept[5]} == c.kept_of_0_1_5);
    CHECK(*std::max_element(of_0.begin() + 1, of_0.end()) == c.piece_of_0);
    CHECK(std::count_if(of_0.begin() + 1, of_0.end(), [](int n) { return n > 0; }) == c.colours_of_0);
  }
  CHECK(biased_colours(labels, 10, 0.5, 1) != biased_colours(labels, 10, 0.5, 2));
  CHECK_THROWS_WITH(biased_colours(std::vector<int32_t>{0}, 1, 0.5, 1), ContainsSubstring("1 classes"));
}

TEST_CASE("backgrounds are painted, and all else becomes white") {
  Image image{.width = 2, .height = 1, .pixels = {0, 0, 0, 0, 1, 0}};
  paint_background(image, 3);
  CHECK(image.pixels == std::vector<uint8_t>{225, 225, 0, 255, 255, 255});
}

TEST_CASE("the networks of Biased MNIST have the parameters of the authors'") {
  CHECK(RebiasConv(7, 16, 10).parameter_count() == 531210);
  CHECK(RebiasConv(1, 16, 10).parameter_count() == 12810);
  CHECK(BagNet18(9).parameter_count() == 1480905);
}

TEST_CASE("three steps of ReBias are PyTorch's, with statistics that move twice a batch") {
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/rebias.safetensors");
  const int accumulate = GENERATE(1, 2);  // 2: each turn computes f anew; here its steps have a batch each, too
  auto f = std::make_unique<RebiasConv>(7, 2, 8), g = std::make_unique<RebiasConv>(1, 2, 8);
  for (RebiasConv* network : {f.get(), g.get()}) {
    network->to(DType::f64);
    formula::fill(*network);
    network->train();
  }
  RebiasConv* networks[] = {f.get(), g.get()};
  Rebias task({.network = {.arch = "rebias_conv7", .classes = 8, .image_size = 8},
               .model = std::move(f),
               .input = {Device{}, DType::f64, {}}},
              {.model = std::move(g), .arch = "rebias_conv1", .accumulate = accumulate});
  const OptimizerOptions options{.name = "sgd", .lr = 0.05, .momentum = 0.9, .weight_decay = 0};
  const auto of_f = make_optimizer(options, trainable(*networks[0])),
             of_g = make_optimizer(options, trainable(*networks[1]));
  Optimizer* optimizers[] = {of_f.get(), of_g.get()};
  CHECK(task.facts().turns == std::vector<size_t>{1, 0});
  for (int step = 0; step < 3; ++step) {
    std::vector<int32_t> labels;
    for (int i = 0; i < 6; ++i) labels.push_back((3 * i + step) % 8);
    const Tensor pictures = formula::tensor("pictures." + std::to_string(step), {6, 3, 8, 8});
    const Batch batch{.fields = {from_torch_layout(pictures, Kind::conv), Tensor::from(labels, {6})},
                      .samples = {0, 1, 2, 3, 4, 5},
                      .number = step,
                      .epoch = 1};
    Tensor numbers = Tensor::zeros({static_cast<int64_t>(task.facts().measures.size())}, DType::f64);
    for (const size_t party : task.facts().turns) {
      optimizers[party]->zero_grad();
      task.gradients(batch, {.party = party}, numbers);
      optimizers[party]->step();
    }
    const Tensor& expected = golden.tensors.at("numbers");
    CHECK(numbers.at(0) == Catch::Approx(expected.at(step, 0)).epsilon(1e-10));
    CHECK(numbers.at(3) == Catch::Approx(expected.at(step, 1)).epsilon(1e-10));
    CHECK(numbers.at(6) == Catch::Approx(expected.at(step, 2)).epsilon(1e-9));
  }
  for (size_t party : {0, 1})
    for (const auto& list : {networks[party]->parameters(), networks[party]->buffers()})
      for (const NamedTensor& tensor : list) {
        const auto found = golden.tensors.find((party == 0 ? "f." : "g.") + tensor.name);
        if (found == golden.tensors.end()) continue;
        CAPTURE(party, tensor.name);
        CHECK(largest_difference_of(tensor.tensor, found->second) < 1e-10);
      }
}

TEST_CASE("without lambda, f is trained as by --task classify") {
  const ScratchFolder scratch;
  const Arguments same = {"--bias", "none"};
  REQUIRE(run(rebias() + same + Arguments{"--lambda", "0", "--lambda-g", "0", "--out", scratch / "rebias"}).code == 0);
  Arguments classify = rebias();
  classify.erase(std::find(classify.begin(), classify.end(), "--rho"),
                 std::find(classify.begin(), classify.end(), "--epochs"));
  *std::find(classify.begin(), classify.end(), "rebias") = "classify";
  REQUIRE(run(classify + Arguments{"--out", scratch / "classify"}).code == 0);
  const auto a = values_of(scratch / "rebias/checkpoints/best.safetensors"),
             last = values_of(scratch / "rebias/checkpoints/last.safetensors"),
             b = values_of(scratch / "classify/checkpoints/last.safetensors");
  for (const auto& [name, values] : a) CHECK(b.contains(name));
  for (const auto& [name, values] : b)
    if (last.contains("f." + name)) CHECK(last.at("f." + name) == values);
  CHECK(last.contains("g.conv1.weight"));
}

TEST_CASE("a training of two networks on painted pictures, stopped anywhere, goes on bit for bit") {
  const ScratchFolder scratch;
  const Arguments training = rebias() + GENERATE(Arguments{}, Arguments{"--accumulate", "2", "--optimizer", "adamp"});
  const Outcome whole = run(training + Arguments{"--out", scratch / "whole", "--threads", "2", "--workers", "2"});
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  const int at = GENERATE(4, 12, 19);
  {
    const AtLoss stop(at, [] { std::raise(SIGTERM); });
    CHECK(run(training + Arguments{"--out", scratch / "cut"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "cut"}).code == 0);
  for (const char* file : {"/train.csv", "/val.csv"})
    CHECK(lasting_columns(scratch / "whole" + file) == lasting_columns(scratch / "cut" + file));
  CHECK(values_of(scratch / "whole/checkpoints/last.safetensors") ==
        values_of(scratch / "cut/checkpoints/last.safetensors"));
}

TEST_CASE("the files of a ReBias training, and its evaluation") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(rebias() + Arguments{"--out", folder}).code == 0);
  const auto columns = [&](const char* file) { return CsvTable::read(folder + file).columns(); };
  CHECK(columns("/train.csv") ==
        Arguments{"step", "epoch", "lr", "loss", "top1", "loss_g", "top1_g", "hsic", "images_per_second", "data_wait"});
  CHECK(columns("/val.csv") == Arguments{"epoch", "loss", "biased", "unbiased", "rho0", "seconds"});
  CHECK(result_of(folder)["decides"] == "val_unbiased");
  const CommandOutput found = run_radial({"evaluate", small_pictures(), "--weights", folder, "--json"});
  REQUIRE(found.code == 0);
  const nlohmann::json line = nlohmann::json::parse(found.out);
  CHECK(line["images"] == 12);
  for (const char* name : {"loss", "biased", "unbiased", "rho0"})
    CHECK(line[name] == result_of(folder)["last"][std::string("val_") + name]);
}

TEST_CASE("unbiased accuracy is a mean over cells of class and cluster with at least ten pictures") {
  const ScratchFolder scratch;
  ImageFolder folder{.root = "val", .classes = {"a", "b"}, .samples = {}, .unusable = {}};
  std::string csv = "file,cluster1,cluster2\n";
  std::vector<Clusters::Answer> answers;
  const auto add = [&](int label, const char* clusters, int n, int right) {
    for (int i = 0; i < n; ++i) {
      const std::string file = std::to_string(folder.size()) + ".png";
      folder.samples.push_back({file, label});
      csv += folder.classes[static_cast<size_t>(label)] + "/" + file + "," + clusters + "\n";
      answers.push_back({std::ssize(answers), i < right});
    }
  };
  add(0, "0,7", 10, 5);
  add(0, "1,7", 20, 20);
  add(1, "0,7", 9, 0);  // too few
  add(1, "1,7", 10, 1);
  put(scratch / "clusters.csv", csv);
  const Clusters clusters(scratch / "clusters.csv", folder);
  const double first = (50 + 100 + 10) / 3.0, second = (100 * 25 / 30.0 + 100 * 1 / 19.0) / 2;
  CHECK(clusters.unbiased_accuracy(answers) == Catch::Approx((first + second) / 2));
  answers.resize(4);  // no cell has ten: all count
  CHECK(clusters.unbiased_accuracy(answers) == 100);
  folder.samples.push_back({"new.png", 1});
  CHECK_THROWS_WITH(Clusters(scratch / "clusters.csv", folder), ContainsSubstring("does not name b/new.png"));
}

TEST_CASE("folders are parts of larger classes, clusters tell how biased an accuracy is") {
  const ScratchFolder scratch;
  const std::string data = small_pictures();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/train"))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  REQUIRE(names.size() == 3);
  put(scratch / "classes.csv", "folder,class\n" + names[2] + ",thing\n" + names[0] + ",other\nnowhere,thing\n");
  std::string csv = "file,cluster1\n";
  for (const std::string& name : names)
    for (const auto& entry : std::filesystem::directory_iterator(data + "/val/" + name))
      csv += name + "/" + entry.path().filename().string() + ",0\n";
  put(scratch / "clusters.csv", csv);
  const Arguments training = {"train",          data,
                              "--task",         "rebias",
                              "--arch",         "resnet18",
                              "--stem",         "cifar",
                              "--image-size",   "8",
                              "--batch-size",   "10",
                              "--epochs",       "1",
                              "--lr",           "0.01",
                              "--device",       "cpu",
                              "--superclasses", scratch / "classes.csv",
                              "--clusters",     scratch / "clusters.csv",
                              "--extra-val",    data + "/val",
                              "--record-every", "0"};
  const std::string folder = scratch / "run";
  const Outcome outcome = run(training + Arguments{"--out", folder});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("2 classes, beside bagnet18") && ContainsSubstring("20 training and 8"));
  CHECK(CsvTable::read(folder + "/val.csv").columns() ==
        Arguments{"epoch", "loss", "biased", "unbiased", "extra", "seconds"});
  const auto last = result_of(folder)["last"];
  CHECK(last["val_extra"] == last["val_biased"]);
  CHECK(last["val_unbiased"] == last["val_biased"]);  // one cluster, classes of one size
  const auto values = values_of(folder + "/checkpoints/last.safetensors");
  CHECK(values.at("task.sigmas")[0] == 1);
  CHECK((values.at("task.sigmas")[1] > 0 && values.at("task.sigmas")[1] != 1));
  put(scratch / "twice.csv", "folder,class\na,b\na,c\n");
  CHECK_THAT(run(training + Arguments{"--superclasses", scratch / "twice.csv"}).err, ContainsSubstring("comes twice"));
}

TEST_CASE("k-means finds what lies apart, and radial clusters writes what evaluate reads") {
  std::vector<float> points;
  for (int i = 0; i < 30; ++i)
    points.insert(points.end(),
                  {static_cast<float>(i % 3 * 10) + 0.01F * static_cast<float>(i), static_cast<float>(i % 3)});
  const std::vector<int32_t> cluster = k_means(Tensor::from(points, {30, 2}), 3, GENERATE(0u, 1u, 2u));
  for (size_t i = 3; i < cluster.size(); ++i) CHECK(cluster[i] == cluster[i - 3]);
  CHECK(std::set<int32_t>(cluster.begin(), cluster.end()).size() == 3);

  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--epochs", "1", "--out", scratch / "run"}).code == 0);
  const auto clusters = [&](const char* file, const Arguments& more = {}) {
    return run(Arguments{"clusters", small_pictures(), "--weights", scratch / "run", "--convolution", "3", "--clusters",
                         "4", "--out", scratch / file} +
               more);
  };
  const Outcome outcome = clusters("a.csv");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const CsvTable table = CsvTable::read(scratch / "a.csv");
  CHECK(table.columns() == Arguments{"file", "cluster1", "cluster2", "cluster3"});
  CHECK(table.rows() == 12);
  REQUIRE(clusters("b.csv", {"--threads", "2"}).code == 0);
  CHECK(read_text(scratch / "a.csv") == read_text(scratch / "b.csv"));
  CHECK_THAT(clusters("c.csv", {"--convolution", "4"}).err, ContainsSubstring("has 3 convolutions"));
  CHECK_THAT(clusters("c.csv", {"--clusters", "13"}).err, ContainsSubstring("13 clusters of 12 pictures"));
  CHECK_FALSE(std::filesystem::exists(scratch / "c.csv"));
}

TEST_CASE("options of ReBias that make no sense are refused") {
  CHECK_THAT(run(rebias() + Arguments{"--batch-size", "3"}).err, ContainsSubstring("at least 4 samples"));
  CHECK_THAT(run(rebias() + Arguments{"--arch", "mlp"}).err, ContainsSubstring("no second network beside mlp"));
  CHECK_THAT(run(rebias() + Arguments{"--rho", "1.5"}).err, ContainsSubstring("--rho"));
}
