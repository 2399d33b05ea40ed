// Class weights and the losses that they weigh against scikit-learn and PyTorch (tests/golden/make_classes_golden.py),
// and what a file of weights may not hold.
#include "tasks/classify/class_weights.h"

#include <fstream>

#include "core/error.h"
#include "core/ops.h"
#include "io/safetensors.h"
#include "tasks/classify/mix.h"
#include "tests/catch.h"
#include "tests/formula.h"
#include "tests/io/scratch_folder.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

const std::vector<std::string> three = {"cat", "cow", "dog"};

std::string message_of(const std::string& csv, ErrorKind kind) {
  const ScratchFolder scratch;
  std::ofstream(scratch / "w.csv") << csv;
  try {
    read_class_weights(scratch / "w.csv", three);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "";
}

bool near(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  bool same = x.size() == y.size();
  for (size_t i = 0; same && i < x.size(); ++i) same = std::abs(x[i] - y[i]) < 1e-12;
  return same;
}

}  // namespace

TEST_CASE("balanced weights and weighted losses are scikit-learn's and PyTorch's") {
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/classes.safetensors");
  std::vector<int64_t> counts;
  for (const double count : golden.tensors.at("counts").to_vector()) counts.push_back(static_cast<int64_t>(count));
  const Tensor weights = Tensor::from(balanced_class_weights(counts), {5});
  CHECK(near(weights, golden.tensors.at("balanced weights")));

  const Tensor labels = Tensor::from<int32_t>({0, 4, 2, 3, 3, 1, 0, 4, 2}, {9});
  const Mix mix{.kind = Mix::Kind::mixup, .lambda = 0.7, .partner = {3, 1, 4, 0, 8, 2, 7, 6, 5}};
  for (const std::string smoothing : {"0.0", "0.1"})
    for (const std::string targets : {"labels", "mixed"}) {
      Tensor logits = scale(formula::tensor("logits", {9, 5}), 3).detach();
      logits.set_requires_grad();
      const CrossEntropyOptions how{.label_smoothing = std::stod(smoothing), .class_weights = weights};
      const Tensor loss = targets == "mixed" ? mix.loss(logits, labels, how) : cross_entropy(logits, labels, how);
      loss.backward();
      CAPTURE(smoothing, targets);
      CHECK(near(loss, golden.tensors.at(targets + " " + smoothing + " loss")));
      CHECK(near(logits.grad(), golden.tensors.at(targets + " " + smoothing + " gradient")));
    }
}

TEST_CASE("classes without pictures take no part in balanced weights") {
  CHECK(balanced_class_weights(std::vector<int64_t>{2, 0, 6}) == std::vector<double>{2, 1, 8.0 / 12});
}

TEST_CASE("a file of class weights is read in any order") {
  const ScratchFolder scratch;
  std::ofstream(scratch / "w.csv") << "note,weight,class\n,2,dog\n\n,0,cat\n,1.5e-1,cow\n";
  CHECK(read_class_weights(scratch / "w.csv", three) == std::vector<double>{0, 0.15, 2});
}

TEST_CASE("class weights that make no sense are refused with their line") {
  const std::string two = "class,weight\ncat,1\n\ncow,2\n";
  CHECK_THAT(message_of(two + "dog,-1\n", ErrorKind::file_format),
             ContainsSubstring("w.csv:5: the weight of dog is \"-1\" but must be a number of at least 0"));
  for (const std::string wrong : {"", "nan", "inf", "1x", "0x1", " "})
    CHECK_THAT(message_of(two + "dog," + wrong + "\n", ErrorKind::file_format), ContainsSubstring("w.csv:5: "));
  CHECK_THAT(message_of(two + "dog,1\ndig,1\n", ErrorKind::dataset),
             ContainsSubstring("w.csv:6: there is no class \"dig\""));
  CHECK_THAT(message_of(two + "cow,1\n", ErrorKind::file_format),
             ContainsSubstring("w.csv:5: the class cow comes twice"));
  CHECK_THAT(message_of(two, ErrorKind::dataset), ContainsSubstring("no row for the class dog"));
  CHECK_THAT(message_of("class,weight\ncat,0\ncow,0\ndog,0\n", ErrorKind::file_format),
             ContainsSubstring("all weights are 0"));
  CHECK_THAT(message_of("class,wight\ncat,1\n", ErrorKind::file_format), ContainsSubstring("no column weight"));
}

}  // namespace radial
