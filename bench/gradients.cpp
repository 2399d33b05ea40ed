// gradients IN OUT: loss and gradients of a network for one batch, for peers/accuracy_float32.py.
// IN is a safetensors file with arch, classes and image_size in its metadata, images [n, h, w, 3], labels [n] and the
// weights as weights.NAME, in PyTorch's layouts. OUT gets loss and the gradients under the parameters' names and
// layouts. Batch norms normalise with the batch's statistics; the dtype is that of images.
#include <iostream>

#include "core/error.h"
#include "core/ops.h"
#include "io/safetensors.h"
#include "models/models.h"
#include "nn/weights.h"

namespace {

using namespace radial;

void run(const std::string& in, const std::string& out) {
  const TensorFile file = read_safetensors(in);
  const Tensor& images = file.tensors.at("images");
  ModelOptions options;
  options.arch = file.metadata.at("arch");
  options.classes = std::stoi(file.metadata.at("classes"));
  options.image_size = static_cast<int>(images.dim(1));
  const auto model = make_model(options);
  std::vector<NamedTensor> targets = model->parameters();
  for (const NamedTensor& buffer : model->buffers()) targets.push_back(buffer);
  assign_tensors(targets, file, in, "weights.");
  model->to(images.dtype());

  const Tensor loss = cross_entropy((*model)(images), file.tensors.at("labels"));
  loss.backward();

  TensorFile results;
  results.tensors["loss"] = loss.detach();
  for (const NamedTensor& parameter : model->parameters())
    results.tensors[parameter.name] = to_torch_layout({parameter.name, parameter.tensor.grad(), parameter.kind});
  write_safetensors(out, results);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: gradients IN.safetensors OUT.safetensors\n";
    return 2;
  }
  try {
    run(argv[1], argv[2]);
    return 0;
  } catch (const radial::Error& error) {
    std::cerr << "gradients: " << error.what() << '\n';
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    std::cerr << "gradients: " << error.what() << '\n';
    return 1;
  }
}
