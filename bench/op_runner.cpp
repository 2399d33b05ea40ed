// op_runner IN OUT: one op forward and backward on given values, for peers/accuracy_float32.py.
// IN is a safetensors file with the op's name and options in its metadata, its inputs under their names and dy, the
// gradient of its output; all in Radial's layouts. OUT gets y and, for each input x, dx (float inputs only).
#include <functional>
#include <iostream>
#include <map>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "io/safetensors.h"

namespace {

using namespace radial;

struct Case {
  std::map<std::string, Tensor> inputs;
  std::map<std::string, std::string> options;

  const Tensor& tensor(const std::string& name) const {
    const auto found = inputs.find(name);
    check(found != inputs.end(), "op_runner: there is no tensor ", name, " but the op needs it");
    return found->second;
  }
  Tensor optional(const std::string& name) const { return inputs.contains(name) ? inputs.at(name) : Tensor(); }
  double number(const std::string& name, double otherwise) const {
    return options.contains(name) ? std::stod(options.at(name)) : otherwise;
  }
  int64_t integer(const std::string& name, int64_t otherwise) const {
    return options.contains(name) ? std::stoll(options.at(name)) : otherwise;
  }
};

Tensor run_batch_norm(const Case& c) {
  const Tensor& gamma = c.tensor("gamma");
  BatchNormState state{zeros_like(gamma), Tensor::full(gamma.shape(), 1, gamma.dtype())};
  BatchNormOptions options;
  options.residual = c.optional("residual");
  options.relu = c.integer("relu", 0) != 0;
  return batch_norm(c.tensor("x"), gamma, c.tensor("beta"), state, options);
}

Pool2dOptions pool_options(const Case& c) {
  return {.kernel = c.integer("kernel", 2), .stride = c.integer("stride", 2), .padding = c.integer("padding", 0)};
}

const std::map<std::string, std::function<Tensor(const Case&)>> ops = {
    {"conv2d",
     [](const Case& c) {
       return conv2d(
           c.tensor("x"), c.tensor("w"),
           {c.integer("stride", 1), c.integer("padding", 0), c.integer("dilation", 1), c.integer("groups", 1)});
     }},
    {"linear", [](const Case& c) { return linear(c.tensor("x"), c.tensor("w"), c.tensor("b")); }},
    {"matmul", [](const Case& c) { return matmul(c.tensor("a"), c.tensor("b")); }},
    {"batch_norm", run_batch_norm},
    {"layer_norm", [](const Case& c) { return layer_norm(c.tensor("x"), c.tensor("gamma"), c.tensor("beta")); }},
    {"group_norm",
     [](const Case& c) {
       return group_norm(c.tensor("x"), c.tensor("gamma"), c.tensor("beta"), c.integer("groups", 1));
     }},
    {"instance_norm", [](const Case& c) { return instance_norm(c.tensor("x"), c.tensor("gamma"), c.tensor("beta")); }},
    {"avg_pool2d", [](const Case& c) { return avg_pool2d(c.tensor("x"), pool_options(c)); }},
    {"max_pool2d", [](const Case& c) { return max_pool2d(c.tensor("x"), pool_options(c)); }},
    {"global_avg_pool", [](const Case& c) { return global_avg_pool(c.tensor("x")); }},
    {"cross_entropy",
     [](const Case& c) {
       return cross_entropy(c.tensor("logits"), c.tensor("labels"), {c.number("label_smoothing", 0)});
     }},
    {"l2_normalize", [](const Case& c) { return l2_normalize(c.tensor("x")); }},
    {"row_dots", [](const Case& c) { return row_dots(c.tensor("a"), c.tensor("b")); }},
};

void run(const std::string& in, const std::string& out) {
  const TensorFile file = read_safetensors(in);
  const auto name = file.metadata.find("op");
  check(name != file.metadata.end(), ErrorKind::file_format, in, ": there is no \"op\" in its metadata");
  check(ops.contains(name->second), "op_runner: ", name->second, " is no op that it knows");

  Case c{file.tensors, file.metadata};
  for (auto& [input, tensor] : c.inputs)
    if (is_float(tensor.dtype()) && input != "dy") tensor.set_requires_grad();
  const Tensor y = ops.at(name->second)(c);
  sum(mul(y, c.tensor("dy"))).backward();

  TensorFile results;
  results.tensors["y"] = y.detach();
  for (const auto& [input, tensor] : c.inputs)
    if (const Tensor gradient = tensor.grad(); gradient.defined()) results.tensors["d" + input] = gradient;
  write_safetensors(out, results);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: op_runner IN.safetensors OUT.safetensors\n";
    return 2;
  }
  try {
    run(argv[1], argv[2]);
    return 0;
  } catch (const radial::Error& error) {
    std::cerr << "op_runner: " << error.what() << '\n';
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    std::cerr << "op_runner: " << error.what() << '\n';
    return 1;
  }
}
