// Predictions of a classifier as a file.
#include "tasks/classify/predictions.h"

#include <cmath>

#include "io/csv.h"
#include "io/file.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;

namespace {

class NamedSamples : public Samples {
 public:
  int64_t size() const override { return 4; }
  std::span<const Field> fields() const override { return {}; }
  std::unique_ptr<Reader> reader() const override { return nullptr; }
  std::string name(int64_t sample) const override { return names[static_cast<size_t>(sample)]; }
  std::string place() const override { return "nowhere"; }
  std::vector<std::string> names = {"a/1.png", "a/x, \"y\".png", "b/line\nend.png", "b/4.png"};
};

}  // namespace

TEST_CASE("predictions have a row a picture in the pictures' order, with the probability of the answer") {
  const ScratchFolder scratch;
  Predictions predictions;
  const std::vector<int64_t> first = {3, 1}, second = {0, 2};
  predictions.add(first, Tensor::from<int32_t>({1, 0}, {2}), Tensor::from<float>({0, 2, 1, 800, 800, -800}, {2, 3}));
  predictions.add(second, Tensor::from<int32_t>({0, 1}, {2}), Tensor::from<float>({0, 0, 3, 1, 1, 1}, {2, 3}));
  const std::string path = scratch / "predictions.csv";
  predictions.write(path, NamedSamples(), {"cat", "dog, \"hot\""});
  const CsvTable table = CsvTable::read(path);
  CHECK(table.columns() == std::vector<std::string>{"file", "class", "predicted", "probability"});
  CHECK(table.texts("file") == NamedSamples().names);
  CHECK(table.texts("class") == std::vector<std::string>{"cat", "cat", "dog, \"hot\"", "dog, \"hot\""});
  CHECK(table.texts("predicted") == std::vector<std::string>{"2", "cat", "cat", "dog, \"hot\""});
  const std::vector<double> p = table.numbers("probability");
  CHECK(p[0] == Catch::Approx(std::exp(3) / (std::exp(3) + 2)).epsilon(1e-15));
  CHECK(p[1] == 0.5);
  CHECK(p[2] == Catch::Approx(1.0 / 3).epsilon(1e-15));
  CHECK(p[3] == Catch::Approx(1 / (std::exp(-2) + 1 + std::exp(-1))).epsilon(1e-15));
}
