// What is found of each class is scikit-learn's (tests/golden/make_classes_golden.py), and its files say it.
#include "tasks/classify/confusion.h"

#include <cmath>

#include "io/csv.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace radial {
namespace {

Confusion golden_confusion(const TensorFile& golden) {
  const std::vector<double> label = golden.tensors.at("true").to_vector(),
                            answer = golden.tensors.at("predicted").to_vector();
  Confusion confusion(6);
  for (size_t i = 0; i < label.size(); ++i)
    confusion.add(static_cast<size_t>(label[i]), static_cast<size_t>(answer[i]));
  return confusion;
}

}  // namespace

TEST_CASE("precision, recall, F1 and the confusion of classes are scikit-learn's") {
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/classes.safetensors");
  const auto expected = [&](const char* name) { return golden.tensors.at(name).to_vector(); };
  const Confusion confusion = golden_confusion(golden);
  const std::vector<Confusion::Scores> scores = confusion.scores();
  const std::vector<double> precision = expected("precision"), recall = expected("recall"), f1 = expected("f1"),
                            support = expected("support"), counts = expected("confusion");
  for (size_t k = 0; k < 6; ++k) {
    CHECK(static_cast<double>(scores[k].images) == support[k]);
    CHECK(std::abs(scores[k].precision - precision[k]) < 1e-15);
    CHECK(std::abs(scores[k].recall - recall[k]) < 1e-15);
    CHECK(std::abs(scores[k].f1 - f1[k]) < 1e-15);
    for (size_t j = 0; j < 6; ++j) CHECK(static_cast<double>(confusion.count(k, j)) == counts[6 * k + j]);
  }
}

TEST_CASE("shares in per cent are as short as they can be") {
  Confusion confusion(2);
  for (int i = 0; i < 100; ++i) confusion.add(0, i < 58 ? 0 : 1);
  CHECK(confusion.scores()[0].top1 == 58);
}

TEST_CASE("the answer is the first of the highest logits") {
  Confusion confusion(3);
  confusion.add(Tensor::from<int32_t>({2, 0, 1, 1}, {4}),
                Tensor::from<float>({1, 2, 3, 5, 5, 1, 0, -1, -2, 0, 7, 7}, {4, 3}));
  CHECK(confusion.count(2, 2) == 1);
  CHECK(confusion.count(0, 0) == 1);
  CHECK(confusion.count(1, 0) == 1);
  CHECK(confusion.count(1, 1) == 1);
}

TEST_CASE("the tables of classes have a row an output, named or numbered") {
  const ScratchFolder scratch;
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/classes.safetensors");
  write_confusion(golden_confusion(golden), {"cat", "a, \"b\"", "class"}, scratch / "");
  const CsvTable classes = CsvTable::read(scratch / "classes.csv"),
                 confusion = CsvTable::read(scratch / "confusion.csv");
  const std::vector<std::string> names = {"cat", "a, \"b\"", "class", "3", "4", "5"};
  CHECK(classes.columns() == std::vector<std::string>{"class", "images", "top1", "precision", "recall", "f1"});
  CHECK(classes.texts("class") == names);
  CHECK(classes.numbers("images") == golden.tensors.at("support").to_vector());
  CHECK(classes.numbers("top1")[0] == Catch::Approx(100 * classes.numbers("recall")[0]).epsilon(1e-15));
  CHECK(classes.texts("top1")[2] == "50");
  CHECK(confusion.columns().size() == 7);
  CHECK(confusion.texts("class") == names);
  CHECK(confusion.numbers("5") == std::vector<double>(6, 0));
  CHECK(confusion.numbers("4") == std::vector<double>{2, 1, 1, 0, 2, 2});
}

}  // namespace radial
