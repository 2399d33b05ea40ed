// Writes models for bench/peers/torch_roundtrip.py, which loads them into torchvision. Hidden: runs when asked for.
#include <cstdlib>

#include "core/ops.h"
#include "models/models.h"
#include "nn/weights.h"
#include "tests/catch.h"
#include "tests/models/formula.h"

using namespace radial;

TEST_CASE("models and their logits in RADIAL_ROUNDTRIP", "[.roundtrip]") {
  const char* folder = std::getenv("RADIAL_ROUNDTRIP");
  REQUIRE(folder);
  for (const std::string arch : {"resnet18", "resnet34", "resnet50"}) {
    const ModelOptions options = {.arch = arch, .image_size = 64, .seed = 42};
    const auto model = make_model(options);
    const Tensor x = formula::pictures(4, options.image_size, DType::f32);
    const NoGrad no_grad;
    model->forward(x);  // gives the batch norms statistics of their own
    model->eval();
    const std::string stem = std::string(folder) + "/" + arch;
    save_weights(*model, stem + ".safetensors", to_metadata(options));
    write_safetensors(stem + ".logits.safetensors",
                      {.tensors = {{"pictures", to_torch_layout({"", x, Kind::conv})}, {"logits", model->forward(x)}},
                       .metadata = {}});
  }
}
