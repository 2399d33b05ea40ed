// Averages against timm's ModelEmaV2: tests/golden/make_ema_golden.py.
#include "optim/average.h"

#include "core/untracked.h"
#include "io/safetensors.h"
#include "tests/catch.h"

using namespace radial;

TEST_CASE("averages of parameters and buffers are timm's") {
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/ema.safetensors");
  std::vector<NamedTensor> tensors;
  for (const char* name : {"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"})
    tensors.push_back({name, Untracked::clone(golden.tensors.at(std::string("0.") + name)), Kind::buffer});
  MovingAverage average(tensors, 0.9);
  for (const char* step : {"1.", "2.", "3.", "4.", "5."}) {
    for (NamedTensor& named : tensors) named.tensor.copy_from(golden.tensors.at(step + named.name));
    average.update();
  }
  for (const NamedTensor& named : average.state()) {
    const std::vector<double> expected = golden.tensors.at("timm." + named.name).to_vector();
    const std::vector<double> found = named.tensor.to_vector();
    REQUIRE(found.size() == expected.size());
    for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Catch::Approx(expected[i]).epsilon(1e-6).margin(1e-7));
  }
}
