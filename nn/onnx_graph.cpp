// Tensors are [n, h, w, c] here and [n, c, h, w] there. Values of four dimensions are kept in ONNX's order as long as
// ops work on pixels; what sees the order of elements (reshape, permute) gets them in ours.
#include "nn/onnx_graph.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/ops/conv2d.h"
#include "core/ops/pool2d.h"
#include "core/ops/told.h"
#include "nn/trace.h"
#include "nn/weights.h"

namespace radial {

namespace {

using Integers = std::vector<int64_t>;

// Where dimension i of [n, h, w, c] is in [n, c, h, w].
constexpr std::array<int64_t, 4> place_in_nchw = {0, 2, 3, 1};

Integers with_ends(const Pair& padding) { return {padding.h, padding.w, padding.h, padding.w}; }

Integers pair_of(const Pair& pair) { return {pair.h, pair.w}; }

template <class Options>
const Options& options_of(const TracedOp& op) {
  const auto* options = std::any_cast<Options>(&op.options);
  check(options != nullptr, ErrorKind::internal, "onnx: the op \"", op.op, "\" told other options than expected");
  return *options;
}

struct OnnxOfTensor {
  std::string name;
  bool channels_first = false;  // [n, c, h, w]
};

class GraphMaker {
 public:
  explicit GraphMaker(Layer& model) {
    for (const auto& list : {model.parameters(), model.buffers()})
      for (const NamedTensor& named : list) named_[named.tensor.bytes_data()] = named;
  }

  void begin(const Tensor& pictures, const std::optional<PixelScale>& pixels) {
    const int64_t height = pictures.dim(1), width = pictures.dim(2), channels = pictures.dim(3);
    graph_.inputs = {{"pictures", {-1, channels, height, width}}};
    std::string name = "pictures";
    if (pixels) {
      const auto each = [&](const char* constant, const std::array<double, 3>& of_channel) {
        Tensor values = Tensor::zeros({1, channels, 1, 1});
        std::copy_n(of_channel.begin(), channels, values.data<float>());
        graph_.constants.emplace_back(constant, values);
        return constant;
      };
      name = node("Sub", {name, each("mean", pixels->mean)});
      name = node("Div", {name, each("std", pixels->std)});
    }
    values_[key(pictures)] = {name, true};
  }

  void add(const TracedOp& op) {
    static const std::map<std::string, void (GraphMaker::*)(const TracedOp&)> ops = {
        {"conv2d", &GraphMaker::conv2d},
        {"bias", &GraphMaker::bias},
        {"linear", &GraphMaker::linear},
        {"batch_norm", &GraphMaker::batch_norm},
        {"relu", &GraphMaker::relu},
        {"relu6", &GraphMaker::relu6},
        {"add", &GraphMaker::sum},
        {"max_pool2d", &GraphMaker::max_pool2d},
        {"avg_pool2d", &GraphMaker::avg_pool2d},
        {"global_avg_pool", &GraphMaker::global_avg_pool},
        {"reshape", &GraphMaker::reshape},
        {"permute", &GraphMaker::permute},
        {"narrow", &GraphMaker::narrow},
        {"pad", &GraphMaker::pad}};
    const auto found = ops.find(op.op);
    check(found != ops.end(), "onnx: the op \"", op.op, "\" has no counterpart among those that are exported");
    (this->*found->second)(op);
  }

  OnnxModel end(const Tensor& logits) {
    require(logits.rank() == 2, "the network's result", logits);
    const std::string last = in_our_order(logits);
    for (OnnxNode& one : graph_.nodes)
      for (auto* names : {&one.inputs, &one.outputs})
        std::replace(names->begin(), names->end(), last, std::string("logits"));
    graph_.outputs = {{"logits", {-1, logits.dim(1)}}};
    return std::move(graph_);
  }

 private:
  // Views share their data: the shape tells them apart.
  using Key = std::pair<const void*, Integers>;
  static Key key(const Tensor& tensor) {
    return {tensor.bytes_data(), Integers(tensor.shape().begin(), tensor.shape().end())};
  }

  static void require(bool condition, const std::string& what, const Tensor& x) {
    check(condition, "onnx: ", what, " of a tensor ", x.shape(), " is not exported");
  }

  // ---- names of values ----

  std::string node(const std::string& op, std::vector<std::string> inputs,
                   std::vector<std::pair<std::string, OnnxAttribute>> attributes = {}) {
    const std::string output = op + "_" + std::to_string(graph_.nodes.size() + 1) + ".y";
    graph_.nodes.push_back({op, std::move(inputs), {output}, std::move(attributes)});
    return output;
  }

  std::string integers(const Integers& values) {
    std::string name = "integers_" + std::to_string(graph_.integers.size() + 1);
    graph_.integers.emplace_back(name, values);
    return name;
  }

  std::string number(double value) {
    const auto [entry, is_new] = numbers_.try_emplace(value, "number_" + std::to_string(numbers_.size() + 1));
    if (is_new) graph_.constants.emplace_back(entry->second, Tensor::full({}, value));
    return entry->second;
  }

  // A parameter, a buffer, or what the network has made of nothing but shapes.
  std::string constant(const Tensor& tensor) {
    const auto [entry, is_new] = constants_.try_emplace(key(tensor));
    if (!is_new) return entry->second;
    const auto named = named_.find(tensor.bytes_data());
    const bool is_whole = named != named_.end() && named->second.tensor.shape() == tensor.shape();
    entry->second = is_whole ? named->second.name : "constant_" + std::to_string(constants_.size());
    graph_.constants.emplace_back(entry->second, is_whole ? to_torch_layout(named->second) : tensor);
    return entry->second;
  }

  const OnnxOfTensor& value(const Tensor& tensor) {
    const auto found = values_.find(key(tensor));
    if (found != values_.end()) return found->second;
    return values_[key(tensor)] = {constant(tensor), false};
  }

  std::string in_our_order(const Tensor& x) {
    const auto [name, channels_first] = value(x);
    return channels_first ? node("Transpose", {name}, {{"perm", Integers{0, 2, 3, 1}}}) : name;
  }

  std::string channels_first(const Tensor& x) {
    require(x.rank() == 4, "pixels", x);
    const auto [name, is_so] = value(x);
    return is_so ? name : node("Transpose", {name}, {{"perm", Integers{0, 3, 1, 2}}});
  }

  void made(const TracedOp& op, const std::string& name, bool channels_first) {
    values_[key(op.y)] = {name, channels_first};
  }

  // ---- ops ----

  void conv2d(const TracedOp& op) {
    const auto& g = options_of<Conv2dGeometry>(op);
    made(op,
         node("Conv", {channels_first(op.inputs[0]), constant(op.inputs[1])},
              {{"kernel_shape", Integers{g.kh, g.kw}},
               {"strides", pair_of(g.stride)},
               {"pads", with_ends(g.padding)},
               {"dilations", pair_of(g.dilation)},
               {"group", g.groups}}),
         true);
  }

  // A convolution takes its bias with it. Other ops add it to the last dimension, as ONNX does.
  void bias(const TracedOp& op) {
    const OnnxOfTensor x = value(op.inputs[0]);
    OnnxNode* last = graph_.nodes.empty() ? nullptr : &graph_.nodes.back();
    if (last != nullptr && last->op == "Conv" && last->outputs[0] == x.name && last->inputs.size() == 2) {
      last->inputs.push_back(constant(op.inputs[1]));
      made(op, x.name, true);
    } else {
      made(op, node("Add", {in_our_order(op.inputs[0]), constant(op.inputs[1])}), false);
    }
  }

  void linear(const TracedOp& op) {
    require(op.inputs[0].rank() == 2, "a linear map", op.inputs[0]);
    std::vector<std::string> inputs = {in_our_order(op.inputs[0]), constant(op.inputs[1])};
    if (op.inputs[2]) inputs.push_back(constant(op.inputs[2]));
    made(op, node("Gemm", inputs, {{"transB", int64_t{1}}}), false);
  }

  void batch_norm(const TracedOp& op) {
    const Tensor& x = op.inputs[0];
    const auto& [state, options] = options_of<BatchNormCall>(op);
    require(x.rank() == 2 || x.rank() == 4, "a batch norm", x);
    check(!options.training, ErrorKind::internal, "onnx: a batch norm is in training");
    const auto in_order = [&](const Tensor& t) { return x.rank() == 4 ? channels_first(t) : in_our_order(t); };
    std::string y = node("BatchNormalization",
                         {in_order(x), constant(op.inputs[1]), constant(op.inputs[2]), constant(state.running_mean),
                          constant(state.running_var)},
                         {{"epsilon", static_cast<float>(options.eps)}});
    if (options.residual) y = node("Add", {y, in_order(options.residual)});
    if (options.relu) y = node("Relu", {y});
    made(op, y, x.rank() == 4);
  }

  void relu(const TracedOp& op) {
    const OnnxOfTensor x = value(op.inputs[0]);
    made(op, node("Relu", {x.name}), x.channels_first);
  }

  void relu6(const TracedOp& op) {
    const OnnxOfTensor x = value(op.inputs[0]);
    made(op, node("Clip", {x.name, number(0), number(6)}), x.channels_first);
  }

  void sum(const TracedOp& op) {
    check(op.inputs.size() == 2, "onnx: the sum of a tensor and a number is not exported");
    const Tensor &a = op.inputs[0], &b = op.inputs[1];
    const bool pixels = a.shape() == b.shape() && (value(a).channels_first || value(b).channels_first);
    made(op,
         node("Add", pixels ? std::vector{channels_first(a), channels_first(b)}
                            : std::vector{in_our_order(a), in_our_order(b)}),
         pixels);
  }

  void pool(const TracedOp& op, const std::string& name, std::vector<std::pair<std::string, OnnxAttribute>> more) {
    const auto& options = options_of<Pool2dOptions>(op);
    check(!options.ceil_mode, "onnx: ", op.op, " with ceil_mode is not exported");
    more.insert(more.end(), {{"kernel_shape", pair_of(options.kernel)},
                             {"strides", pair_of(options.stride)},
                             {"pads", with_ends(options.padding)}});
    made(op, node(name, {channels_first(op.inputs[0])}, std::move(more)), true);
  }

  void max_pool2d(const TracedOp& op) { pool(op, "MaxPool", {}); }

  void avg_pool2d(const TracedOp& op) {
    const bool padding_counts = options_of<Pool2dOptions>(op).count_include_pad;
    pool(op, "AveragePool", {{"count_include_pad", int64_t{padding_counts}}});
  }

  void global_avg_pool(const TracedOp& op) {
    const std::string means = node("GlobalAveragePool", {channels_first(op.inputs[0])});
    made(op, node("Flatten", {means}, {{"axis", int64_t{1}}}), false);
  }

  // The first dimension holds the number of pictures, which is free.
  void reshape(const TracedOp& op) {
    if (op.y.shape() == op.inputs[0].shape()) return;
    Integers shape(op.y.shape().begin(), op.y.shape().end());
    require(!shape.empty(), "another shape", op.inputs[0]);
    shape[0] = -1;
    made(op, node("Reshape", {in_our_order(op.inputs[0]), integers(shape)}), false);
  }

  void permute(const TracedOp& op) {
    const OnnxOfTensor x = value(op.inputs[0]);
    Integers order;
    for (const int dim : options_of<std::vector<int>>(op))
      order.push_back(x.channels_first ? place_in_nchw.at(static_cast<size_t>(dim)) : dim);
    Integers as_it_is(order.size());
    std::iota(as_it_is.begin(), as_it_is.end(), 0);
    made(op, order == as_it_is ? x.name : node("Transpose", {x.name}, {{"perm", order}}), false);
  }

  void narrow(const TracedOp& op) {
    const auto [dim, begin, length] = options_of<NarrowCall>(op);
    require(dim > 0, "a part of the pictures", op.inputs[0]);
    const OnnxOfTensor x = value(op.inputs[0]);
    const int64_t axis = x.channels_first ? place_in_nchw.at(static_cast<size_t>(dim)) : dim;
    made(op, node("Slice", {x.name, integers({begin}), integers({begin + length}), integers({axis})}),
         x.channels_first);
  }

  void pad(const TracedOp& op) {
    const auto& [margins, fill] = options_of<PadCall>(op);
    const OnnxOfTensor x = value(op.inputs[0]);
    const size_t rank = margins.size();
    Integers pads(2 * rank);
    for (size_t dim = 0; dim < rank; ++dim) {
      const auto place = static_cast<size_t>(x.channels_first ? place_in_nchw.at(dim) : static_cast<int64_t>(dim));
      pads[place] = margins[dim].before;
      pads[rank + place] = margins[dim].after;
    }
    made(op, node("Pad", {x.name, integers(pads), number(fill)}), x.channels_first);
  }

  OnnxModel graph_;
  std::map<const void*, NamedTensor> named_;
  std::map<Key, OnnxOfTensor> values_;
  std::map<Key, std::string> constants_;
  std::map<double, std::string> numbers_;
};

// Different pixels in each call and picture.
Tensor some_pictures(int64_t count, const Shape& picture, DType dtype) {
  Tensor pictures = Tensor::empty({count, picture[0], picture[1], picture[2]}, DType::f32);
  float* pixel = pictures.data<float>();
  for (int64_t i = 0; i < pictures.numel(); ++i)
    pixel[i] = static_cast<float>((i * 7919 + count * 104729) % 2048) / 1024 - 1;
  return pictures.to(dtype);
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  if (a.bytes_data() == b.bytes_data() && a.shape() == b.shape()) return true;
  return a.shape() == b.shape() && a.dtype() == b.dtype() && a.to_vector() == b.to_vector();
}

// Whether all of it scales with the number of pictures alone: `of_two` is what the same op makes of two others. Tensors
// that no op made must be the same.
void check_free_of_batch(const std::vector<TracedOp>& of_one, const std::vector<TracedOp>& of_two, const Tensor& one,
                         const Tensor& two) {
  const auto refuse_unless = [](bool condition, const std::string& op) {
    check(condition, "onnx: what the op \"", op, "\" does depends on the number of pictures or on their pixels");
  };
  check(of_one.size() == of_two.size(), "onnx: what the network does depends on the number of pictures");
  std::vector<const void*> made = {one.bytes_data()}, others = {two.bytes_data()};
  for (size_t i = 0; i < of_one.size(); ++i) {
    const TracedOp &a = of_one[i], &b = of_two[i];
    Shape twice = a.y.shape();
    if (twice.rank() > 0) twice.set(0, 2 * twice[0]);
    refuse_unless(a.op == b.op && a.inputs.size() == b.inputs.size() && b.y.shape() == twice, a.op);
    for (size_t k = 0; k < a.inputs.size(); ++k) {
      if (!a.inputs[k]) continue;
      const bool is_made = std::find(made.begin(), made.end(), a.inputs[k].bytes_data()) != made.end();
      refuse_unless(is_made == (std::find(others.begin(), others.end(), b.inputs[k].bytes_data()) != others.end()),
                    a.op);
      refuse_unless(is_made || same_bytes(a.inputs[k], b.inputs[k]), a.op);
    }
    made.push_back(a.y.bytes_data());
    others.push_back(b.y.bytes_data());
  }
}

}  // namespace

OnnxModel onnx_graph(Layer& model, const Shape& picture, const std::optional<PixelScale>& pixels) {
  check(picture.rank() == 3 && picture[2] <= 3, "onnx: pictures are ", picture, " but must be [h, w, c], c at most 3");
  const auto parameters = model.parameters();
  const DType dtype = parameters.empty() ? DType::f32 : parameters[0].tensor.dtype();
  const Tensor one = some_pictures(1, picture, dtype).to(model.device());
  const Tensor two = some_pictures(2, picture, dtype).to(model.device());
  trace(model, one);  // a network may keep something of its first pass
  const std::vector<TracedOp> ops = trace(model, one);
  check(!ops.empty(), "onnx: the network does nothing");
  check_free_of_batch(ops, trace(model, two), one, two);
  GraphMaker graph(model);
  graph.begin(one, pixels);
  for (const TracedOp& op : ops) graph.add(op);
  return graph.end(ops.back().y);
}

}  // namespace radial
