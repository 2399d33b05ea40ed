#include "tests/models/onnx_interpreter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using Extents = std::vector<int64_t>;

int64_t elements(const Extents& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

void need(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

class Node {
 public:
  Node(const radial::OnnxNode& node, const std::map<std::string, OnnxTensor>& values) : node_(node), values_(values) {}

  const OnnxTensor& in(size_t i) const {
    const auto found = values_.find(node_.inputs.at(i));
    need(found != values_.end(), node_.op + ": there is no value " + node_.inputs[i]);
    return found->second;
  }
  bool has(size_t i) const { return i < node_.inputs.size(); }
  Extents ints(size_t i) const {
    const std::vector<double>& values = in(i).values;
    return {values.begin(), values.end()};
  }
  template <class T>
  T attribute(const std::string& name, const T& otherwise) const {
    for (const auto& [known, value] : node_.attributes)
      if (known == name) return std::get<T>(value);
    return otherwise;
  }
  const std::string& op() const { return node_.op; }

 private:
  const radial::OnnxNode& node_;
  const std::map<std::string, OnnxTensor>& values_;
};

// Calls visit(index in y, index in x or -1 in the padding, which filter tap) for all windows of all channels.
struct Windows {
  Extents x, y, kernel, strides, pads, dilations;
  Windows(const Node& node, const Extents& shape, int64_t channels)
      : x(shape),
        kernel(node.attribute<Extents>("kernel_shape", {})),
        strides(node.attribute<Extents>("strides", {1, 1})),
        pads(node.attribute<Extents>("pads", {0, 0, 0, 0})),
        dilations(node.attribute<Extents>("dilations", {1, 1})) {
    need(x.size() == 4 && kernel.size() == 2, node.op() + " is of pictures");
    const auto result = [&](size_t d) {
      return (x[2 + d] + pads[d] + pads[2 + d] - dilations[d] * (kernel[d] - 1) - 1) / strides[d] + 1;
    };
    y = {x[0], channels, result(0), result(1)};
  }
  template <class Visit>
  void taps(int64_t row, int64_t column, Visit visit) const {
    for (int64_t i = 0; i < kernel[0]; ++i)
      for (int64_t k = 0; k < kernel[1]; ++k) {
        const int64_t r = row * strides[0] - pads[0] + i * dilations[0],
                      c = column * strides[1] - pads[1] + k * dilations[1];
        visit(r >= 0 && r < x[2] && c >= 0 && c < x[3] ? r * x[3] + c : -1, i * kernel[1] + k);
      }
  }
  // y[n, c, row, column] = value(picture, channel, row, column)
  template <class Value>
  OnnxTensor each(Value value) const {
    OnnxTensor result{y, {}};
    for (int64_t n = 0; n < y[0]; ++n)
      for (int64_t c = 0; c < y[1]; ++c)
        for (int64_t row = 0; row < y[2]; ++row)
          for (int64_t column = 0; column < y[3]; ++column) result.values.push_back(value(n, c, row, column));
    return result;
  }
};

OnnxTensor conv(const Node& node) {
  const OnnxTensor &x = node.in(0), &w = node.in(1);
  const int64_t groups = node.attribute<int64_t>("group", 1), in = w.shape.at(1), out = w.shape[0] / groups;
  const Windows windows(node, x.shape, w.shape[0]);
  need(in * groups == x.shape[1] && Extents(w.shape.begin() + 2, w.shape.end()) == windows.kernel, "Conv: shapes");
  const int64_t pixels = x.shape[2] * x.shape[3], taps = windows.kernel[0] * windows.kernel[1];
  return windows.each([&](int64_t n, int64_t o, int64_t row, int64_t column) {
    double sum = node.has(2) ? node.in(2).values.at(static_cast<size_t>(o)) : 0;
    windows.taps(row, column, [&](int64_t pixel, int64_t tap) {
      for (int64_t c = 0; c < in && pixel >= 0; ++c)
        sum += x.values[static_cast<size_t>((n * x.shape[1] + o / out * in + c) * pixels + pixel)] *
               w.values[static_cast<size_t>((o * in + c) * taps + tap)];
    });
    return sum;
  });
}

OnnxTensor pool(const Node& node, bool max) {
  const OnnxTensor& x = node.in(0);
  const Windows windows(node, x.shape, x.shape.at(1));
  need(node.attribute<int64_t>("ceil_mode", 0) == 0, "ceil_mode");
  const bool padding_counts = node.attribute<int64_t>("count_include_pad", 0) != 0;
  return windows.each([&](int64_t n, int64_t c, int64_t row, int64_t column) {
    double sum = 0, largest = -std::numeric_limits<double>::infinity();
    int64_t count = 0;
    windows.taps(row, column, [&](int64_t pixel, int64_t) {
      count += pixel >= 0 || padding_counts;
      if (pixel < 0) return;
      const double value = x.values[static_cast<size_t>((n * x.shape[1] + c) * x.shape[2] * x.shape[3] + pixel)];
      sum += value;
      largest = std::max(largest, value);
    });
    return max ? largest : sum / static_cast<double>(count);
  });
}

OnnxTensor batch_normalization(const Node& node) {
  OnnxTensor y = node.in(0);
  const double eps = static_cast<double>(node.attribute<float>("epsilon", 1e-5F));
  const int64_t channels = y.shape.at(1), pixels = elements(Extents(y.shape.begin() + 2, y.shape.end()));
  for (size_t i = 0; i < y.values.size(); ++i) {
    const size_t c = i / static_cast<size_t>(pixels) % static_cast<size_t>(channels);
    y.values[i] =
        (y.values[i] - node.in(3).values.at(c)) / std::sqrt(node.in(4).values.at(c) + eps) * node.in(1).values.at(c) +
        node.in(2).values.at(c);
  }
  return y;
}

OnnxTensor gemm(const Node& node) {
  const OnnxTensor &a = node.in(0), &b = node.in(1);
  need(a.rank() == 2 && b.rank() == 2 && node.attribute<int64_t>("transB", 0) == 1 && a.shape[1] == b.shape[1], "Gemm");
  OnnxTensor y{{a.shape[0], b.shape[0]}, {}};
  for (int64_t i = 0; i < a.shape[0]; ++i)
    for (int64_t k = 0; k < b.shape[0]; ++k) {
      double sum = node.has(2) ? node.in(2).values.at(static_cast<size_t>(k)) : 0;
      for (int64_t j = 0; j < a.shape[1]; ++j)
        sum += a.values[static_cast<size_t>(i * a.shape[1] + j)] * b.values[static_cast<size_t>(k * a.shape[1] + j)];
      y.values.push_back(sum);
    }
  return y;
}

// The element of x for each element of a result of this shape, by the indices along its dimensions; -1: `otherwise`.
OnnxTensor picked(const OnnxTensor& x, const Extents& shape, double otherwise,
                  const std::function<Extents(const Extents& index)>& from) {
  OnnxTensor y{shape, {}};
  Extents index(shape.size(), 0);
  for (int64_t i = 0; i < elements(shape); ++i) {
    int64_t rest = i;
    for (size_t d = shape.size(); d-- > 0; rest /= shape[d]) index[d] = rest % shape[d];
    const Extents place = from(index);
    int64_t at = 0;
    bool inside = true;
    for (size_t d = 0; d < place.size(); ++d) {
      inside = inside && place[d] >= 0 && place[d] < x.shape[d];
      at = at * x.shape[d] + place[d];
    }
    y.values.push_back(inside ? x.values[static_cast<size_t>(at)] : otherwise);
  }
  return y;
}

OnnxTensor transpose(const Node& node) {
  const OnnxTensor& x = node.in(0);
  const auto perm = node.attribute<Extents>("perm", {});
  Extents shape;
  for (const int64_t dim : perm) shape.push_back(x.shape.at(static_cast<size_t>(dim)));
  return picked(x, shape, 0, [&](const Extents& index) {
    Extents place(index.size());
    for (size_t d = 0; d < index.size(); ++d) place[static_cast<size_t>(perm[d])] = index[d];
    return place;
  });
}

OnnxTensor pad(const Node& node) {
  const OnnxTensor& x = node.in(0);
  const Extents pads = node.ints(1);
  Extents shape = x.shape;
  for (size_t d = 0; d < shape.size(); ++d) shape[d] += pads.at(d) + pads.at(d + shape.size());
  return picked(x, shape, node.in(2).values.at(0), [&](Extents index) {
    for (size_t d = 0; d < index.size(); ++d) index[d] -= pads[d];
    return index;
  });
}

OnnxTensor slice(const Node& node) {
  const OnnxTensor& x = node.in(0);
  const auto axis = static_cast<size_t>(node.ints(3).at(0));
  const int64_t begin = node.ints(1).at(0), end = node.ints(2).at(0);
  Extents shape = x.shape;
  need(begin >= 0 && end <= shape.at(axis), "Slice");
  shape[axis] = end - begin;
  return picked(x, shape, 0, [&](Extents index) {
    index[axis] += begin;
    return index;
  });
}

OnnxTensor reshape(const OnnxTensor& x, Extents shape) {
  const int64_t known = std::abs(elements(shape));
  for (int64_t& extent : shape)
    if (extent == -1) extent = elements(x.shape) / known;
  need(elements(shape) == elements(x.shape), "Reshape");
  return {shape, x.values};
}

OnnxTensor global_average_pool(const OnnxTensor& x) {
  OnnxTensor y{{x.shape.at(0), x.shape.at(1), 1, 1}, {}};
  const auto pixels = static_cast<size_t>(x.shape.at(2) * x.shape.at(3));
  for (size_t begin = 0; begin < x.values.size(); begin += pixels) {
    double sum = 0;
    for (size_t i = 0; i < pixels; ++i) sum += x.values[begin + i];
    y.values.push_back(sum / static_cast<double>(pixels));
  }
  return y;
}

// Of tensors of one shape, or with extents of 1 in the second.
OnnxTensor joined(const Node& node, const std::function<double(double, double)>& formula) {
  OnnxTensor y = node.in(0);
  const OnnxTensor& b = node.in(1);
  need(y.rank() == b.rank(), node.op() + ": ranks");
  const OnnxTensor repeated = picked(b, y.shape, 0, [&](Extents index) {
    for (size_t d = 0; d < index.size(); ++d)
      if (b.shape[d] == 1) index[d] = 0;
    return index;
  });
  for (size_t i = 0; i < y.values.size(); ++i) y.values[i] = formula(y.values[i], repeated.values[i]);
  return y;
}

OnnxTensor each(OnnxTensor x, const std::function<double(double)>& formula) {
  for (double& value : x.values) value = formula(value);
  return x;
}

OnnxTensor result_of(const Node& node) {
  const std::string& op = node.op();
  if (op == "Conv") return conv(node);
  if (op == "MaxPool") return pool(node, true);
  if (op == "AveragePool") return pool(node, false);
  if (op == "GlobalAveragePool") return global_average_pool(node.in(0));
  if (op == "BatchNormalization") return batch_normalization(node);
  if (op == "Gemm") return gemm(node);
  if (op == "Relu") return each(node.in(0), [](double x) { return std::max(x, 0.0); });
  if (op == "Clip")
    return each(node.in(0), [&](double x) { return std::clamp(x, node.in(1).values.at(0), node.in(2).values.at(0)); });
  if (op == "Add") return joined(node, [](double a, double b) { return a + b; });
  if (op == "Sub") return joined(node, [](double a, double b) { return a - b; });
  if (op == "Div") return joined(node, [](double a, double b) { return a / b; });
  if (op == "Transpose") return transpose(node);
  if (op == "Pad") return pad(node);
  if (op == "Slice") return slice(node);
  if (op == "Reshape") return reshape(node.in(0), node.ints(1));
  if (op == "Flatten") {
    need(node.attribute<int64_t>("axis", 1) == 1, "Flatten");
    return reshape(node.in(0), {node.in(0).shape.at(0), -1});
  }
  throw std::runtime_error("the operator " + op + " is unknown here");
}

}  // namespace

OnnxTensor compute_onnx(const radial::OnnxModel& model, const OnnxTensor& pictures) {
  std::map<std::string, OnnxTensor> values = {{model.inputs.at(0).name, pictures}};
  const auto put = [&](const std::string& name, OnnxTensor value) {
    need(values.emplace(name, std::move(value)).second, "there are two values " + name);
  };
  for (const auto& [name, tensor] : model.constants)
    put(name, {Extents(tensor.shape().begin(), tensor.shape().end()), tensor.to_vector()});
  for (const auto& [name, integers] : model.integers)
    put(name, {{std::ssize(integers)}, std::vector<double>(integers.begin(), integers.end())});
  for (const radial::OnnxNode& node : model.nodes) put(node.outputs.at(0), result_of(Node(node, values)));
  return values.at(model.outputs.at(0).name);
}
