#include "nn/homogeneity.h"

#include <algorithm>
#include <map>

namespace radial {

namespace {

// What becomes of a tensor t(w) when w is replaced by c w, c > 0.
enum class Scaling {
  invariant,    // t
  homogeneous,  // c t
  shifted,      // c a + b with a + b = t, b constant over each channel
  dependent,    // anything else
};

bool one_of(const std::string& op, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), op) != names.end();
}

Scaling product(Scaling a, Scaling b) {
  if (a == Scaling::invariant) return b == Scaling::shifted ? Scaling::dependent : b;
  return b == Scaling::invariant && a == Scaling::homogeneous ? a : Scaling::dependent;
}

Scaling sum_of(Scaling a, Scaling b) { return a == b && a != Scaling::shifted ? a : Scaling::dependent; }

Scaling with_bias(Scaling x, Scaling bias) {
  if (bias != Scaling::invariant) return Scaling::dependent;
  return x == Scaling::homogeneous ? Scaling::shifted : x;
}

// Norms divide by what grows with c; those over single channels also subtract what is constant over each.
Scaling normalised(Scaling x, bool over_channels) {
  if (x == Scaling::homogeneous || (x == Scaling::shifted && over_channels)) return Scaling::invariant;
  return x == Scaling::invariant ? x : Scaling::dependent;
}

Scaling of_output(const TracedOp& traced, const std::vector<Scaling>& in) {
  const std::string& op = traced.op;
  const auto input = [&](size_t i) { return i < in.size() ? in[i] : Scaling::invariant; };
  const auto given = [&](size_t i) { return i < in.size() && traced.inputs[i].defined(); };
  if (std::all_of(in.begin(), in.end(), [](Scaling s) { return s == Scaling::invariant; })) return Scaling::invariant;
  if (one_of(op, {"conv2d", "conv_transpose2d", "linear", "matmul", "bmm", "mul"})) {
    const Scaling y = product(input(0), input(1));
    return given(2) ? with_bias(y, input(2)) : y;
  }
  // Linear in what it samples, not in where.
  if (op == "deform_columns") return product(input(0), sum_of(input(1), input(2)));
  if (op == "bias") return with_bias(input(0), input(1));
  if (one_of(op, {"add", "sub"})) return sum_of(input(0), input(1));
  if (one_of(op, {"batch_norm", "instance_norm"})) return sum_of(normalised(input(0), true), input(3));  // 3: residual
  if (one_of(op, {"layer_norm", "group_norm", "l2_normalize"})) return normalised(input(0), false);
  if (one_of(op, {"relu", "max_pool2d", "avg_pool2d", "global_avg_pool", "reshape", "slice", "clone", "scale", "mean",
                  "sum", "cast", "to", "permute", "dropout", "upsample", "flip"})) {
    return input(0) == Scaling::shifted ? Scaling::dependent : input(0);
  }
  return Scaling::dependent;
}

bool is_invariant(const std::vector<TracedOp>& ops, std::span<const Tensor> outputs, const Tensor& weight) {
  std::map<const void*, Scaling> scaling = {{weight.bytes_data(), Scaling::homogeneous}};  // invariant where absent
  for (const TracedOp& op : ops) {
    std::vector<Scaling> inputs;
    for (const Tensor& x : op.inputs) {
      const auto found = x ? scaling.find(x.bytes_data()) : scaling.end();
      inputs.push_back(found == scaling.end() ? Scaling::invariant : found->second);
    }
    scaling[op.y.bytes_data()] = of_output(op, inputs);
  }
  return std::all_of(outputs.begin(), outputs.end(), [&](const Tensor& output) {
    const auto found = scaling.find(output.bytes_data());
    return found == scaling.end() || found->second == Scaling::invariant;
  });
}

}  // namespace

std::set<std::string> scale_invariant_weights(const std::vector<TracedOp>& ops,
                                              const std::vector<NamedTensor>& parameters) {
  if (ops.empty()) return scale_invariant_weights(ops, parameters, {});
  return scale_invariant_weights(ops, parameters, std::span(&ops.back().y, 1));
}

std::set<std::string> scale_invariant_weights(const std::vector<TracedOp>& ops,
                                              const std::vector<NamedTensor>& parameters,
                                              std::span<const Tensor> outputs) {
  std::set<std::string> names;
  for (const auto& [name, tensor, kind] : parameters) {
    if ((kind == Kind::conv || kind == Kind::linear) && is_invariant(ops, outputs, tensor)) names.insert(name);
  }
  return names;
}

}  // namespace radial
