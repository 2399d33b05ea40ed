#include "tests/nasty_shapes.h"

#include <functional>
#include <vector>

#include "core/ops.h"

namespace radial {

namespace {

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {{},
                                         {0},
                                         {1},
                                         {3},
                                         {16},
                                         {0, 0},
                                         {0, 3},
                                         {3, 0},
                                         {1, 3},
                                         {3, 3},
                                         {2, 16},
                                         {0, 2, 3},
                                         {2, 0, 3},
                                         {2, 3, 0},
                                         {2, 2, 3},
                                         {0, 4, 4, 3},
                                         {2, 0, 4, 3},
                                         {2, 4, 0, 3},
                                         {2, 4, 4, 0},
                                         {2, 0, 0, 0},
                                         {0, 0, 0, 0},
                                         {2, 4, 4, 3},
                                         {1, 1, 1, 1},
                                         {3, 3, 3, 3},
                                         {0, 3, 3, 3},
                                         {3, 0, 3, 3},
                                         {3, 3, 3, 0},
                                         {16, 3, 3, 16},
                                         {0, 8, 8, 16},
                                         {2, 8, 8, 16},
                                         {2, 0, 8, 16},
                                         {16, 1, 1, 16},
                                         {16, 3, 3, 1},
                                         {2, 3, 4, 3, 2}};
  return all;
}

class Caller {
 public:
  Caller(Device device, DType dtype) : device_(device), dtype_(dtype) {}
  NastyCount count;

  // The index 0 stands for an undefined tensor.
  Tensor tensor(size_t which) const {
    if (which == 0) return {};
    Tensor x = Tensor::full(shapes()[which - 1], 1, dtype_, device_);
    x.set_requires_grad();
    return x;
  }

  void call(const std::function<Tensor()>& op) {
    try {
      const Tensor y = op();
      y.to_vector();
      if (y.requires_grad()) sum(y).backward();
      ++count.results;
    } catch (const Error&) {
      ++count.errors;
    }
  }

  void of_one(const Tensor& x) {
    for (const auto op : {relu, relu6, global_avg_pool}) call([&] { return op(x); });
    call([&] { return sum(x); });
    call([&] { return mean(x); });
    of_lanes(x);
    for (const auto op : {neg, exp, log, sqrt, rsqrt, abs, square, sign, sigmoid, tanh, silu})
      call([&] { return op(x); });
    call([&] { return gelu(x) + softplus(x) * leaky_relu(x) - pow(x, 3) / clamp(x, 0, 1); });
    call([&] { return 1 - 2 / (x * 3 + 4); });
    call([&] { return where(less(x, 1), x, x); });
    call([&] { return scale(x, 2); });
    call([&] { return cast(x, DType::f32); });
    call([&] { return l2_normalize(x); });
    call([&] { return instance_norm(x); });
    call([&] { return normalize_pictures(x.detach().to(DType::u8)); });
    call([&] { return reshape(x, {x.numel()}); });
    call([&] { return reshape(x, {x.numel(), 1, 1}); });
    call([&] { return reshape(x, {0}); });
    call([&] { return x.slice(0, 1); });
    call([&] { return x.slice(0, 0); });
    call([&] { return x.slice(-1, 1); });
    call([&] { return x.slice(1, 0); });
    call([&] { return x.clone(); });
    for (const int64_t kernel : {-1, 0, 1, 2, 3, 9})
      for (const int64_t stride : {-1, 0, 1, 2, 9})
        for (const int64_t padding : {-1, 0, 1, 4}) {
          call([&] { return max_pool2d(x, {kernel, stride, padding}); });
          call([&] { return avg_pool2d(x, {kernel, stride, padding}); });
        }
  }

  void layers_of_one(const Tensor& x) {
    for (const UpsampleOptions& options :
         {UpsampleOptions{}, UpsampleOptions{.scale = 2}, UpsampleOptions{.scale = -1}, UpsampleOptions{.scale = 0.3},
          UpsampleOptions{.size = {2, 5}, .mode = Interpolation::bilinear},
          UpsampleOptions{.size = 3, .mode = Interpolation::bilinear, .align_corners = true}})
      call([&] { return upsample(x, options); });
    for (const double p : {-1.0, 0.0, 0.5, 1.0}) call([&] { return dropout(x, p, {}); });
    for (const bool causal : {false, true}) call([&] { return attention(x, x, x, {.causal = causal}); });
    for (const Pool2dOptions& options :
         {Pool2dOptions{.ceil_mode = true}, Pool2dOptions{.kernel = {1, 3}, .padding = {0, 1}, .ceil_mode = true},
          Pool2dOptions{.kernel = 3, .stride = {2, 1}, .padding = 1, .count_include_pad = false}}) {
      call([&] { return max_pool2d(x, options); });
      call([&] { return avg_pool2d(x, options); });
    }
  }

  void layers_of_two(const Tensor& a, const Tensor& b) {
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) call([&] { return bmm(a, b, {ta, tb}); });
    call([&] { return attention(a, b, b); });
    call([&] { return attention(a, a, b, {.mask = b}); });
    call([&] { return distances(a, b); });
    call([&] { return squared_distances(a, b); });
    for (const Conv1dOptions& options :
         {Conv1dOptions{}, Conv1dOptions{.stride = 2, .padding = 1}, Conv1dOptions{.groups = 3},
          Conv1dOptions{.stride = 0}, Conv1dOptions{.padding = -1}})
      call([&] { return conv1d(a, b, options); });
    for (const ConvTranspose2dOptions& options :
         {ConvTranspose2dOptions{}, ConvTranspose2dOptions{.stride = 2, .padding = 1, .output_padding = 1},
          ConvTranspose2dOptions{.padding = 3}, ConvTranspose2dOptions{.dilation = {1, 2}, .groups = 3},
          ConvTranspose2dOptions{.groups = 16}, ConvTranspose2dOptions{.stride = {0, 1}},
          ConvTranspose2dOptions{.output_padding = -1}, ConvTranspose2dOptions{.groups = 0}})
      call([&] { return conv_transpose2d(a, b, options); });
    for (const Conv2dOptions& options :
         {Conv2dOptions{.stride = {2, 1}, .padding = {0, 1}}, Conv2dOptions{.dilation = {0, 1}},
          Conv2dOptions{.padding = {2, 0}, .dilation = {2, 1}, .groups = 16}})
      call([&] { return conv2d(a, b, options); });
  }

  void of_lanes(const Tensor& x) {
    for (const Dims& dims : {Dims{}, Dims{0}, Dims{-1}, Dims{0, 2}, Dims{1, -1}, Dims{7}}) {
      call([&] { return sum(x, dims); });
      call([&] { return mean(x, dims, true); });
      call([&] { return logsumexp(x, dims); });
      call([&] { return var(x, dims); });
      call([&] { return max(x, dims); });
      call([&] { return argmin(x, dims); });
      call([&] { return flip(x, dims); });
      call([&] { return squeeze(x, dims); });
    }
    const Tensor index = Tensor::zeros({2}, DType::i32, device_);
    for (const int dim : {0, 1, -1, 4, -6}) {
      call([&] { return softmax(x, dim); });
      call([&] { return log_softmax(x, dim); });
      call([&] { return transpose(x, dim, 0); });
      call([&] { return unsqueeze(x, dim); });
      call([&] { return flatten(x, 0, dim); });
      call([&] { return concat({x, x}, dim); });
      call([&] { return stack({x, x}, dim); });
      call([&] { return cumsum(x, dim); });
      call([&] { return sort(x, dim).value; });
      call([&] { return index_select(x, dim, index); });
      for (const int64_t length : {-1, 0, 1, 2, 9}) {
        call([&] { return narrow(x, dim, 0, length); });
        call([&] { return narrow(x, dim, 1, length); });
        call([&] { return concat(split(x, length, dim), dim); });
        call([&] { return topk(x, length, dim).value; });
      }
    }
    call([&] { return expand(x, {2, 3, 4, 3, 2}); });
    call([&] { return repeat(x, {2, 0, 1, 2}); });
    call([&] { return pad(x, {{1, 0}, {0, 2}}); });
    call([&] { return pad_reflect(x, {{1, 0}, {0, 2}}); });
    call([&] { return embedding(x, index); });
    call([&] { return nonzero(x); });
    call([&] { return permute(x, {1, 0}); });
  }

  void of_two(const Tensor& a, const Tensor& b) {
    for (const auto op : {add, sub, mul, div, minimum, maximum, less, not_equal, bias, row_dots})
      call([&] { return op(a, b); });
    call([&] { return concat({a, b}, 0); });
    call([&] { return concat({a, b}, -1); });
    call([&] { return gather(a, 0, b.detach().to(DType::i32)); });
    call([&] { return scatter_add(a, -1, b.detach().to(DType::i32), b); });
    call([&] { return l1_loss(a, b); });
    call([&] { return bce_with_logits(a, b.detach()); });
    call([&] { return nms(a, b, 0.5); });
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) call([&] { return matmul(a, b, {ta, tb}); });
    call([&] { return where(less(a, b), a, b); });
    call([&] { return linear(a, b); });
    call([&] { return linear(a, b, b); });
    call([&] { return linear(a, b, Tensor::full({b.defined() && b.rank() > 0 ? b.dim(0) : 1}, 1, dtype_, device_)); });
    call([&] { return layer_norm(a, b, b); });
    call([&] { return instance_norm(a, b, b); });
    for (const int64_t groups : {-1, 0, 1, 3, 16}) call([&] { return group_norm(a, b, b, groups); });
    for (const bool training : {false, true}) {
      call([&] {
        BatchNormState state{Tensor::zeros(b.shape(), dtype_, device_), Tensor::full(b.shape(), 1, dtype_, device_)};
        return batch_norm(a, b, b, state, {.training = training, .relu = true});
      });
      call([&] {
        BatchNormState state;
        return batch_norm(a, b, b, state, {.training = training});
      });
    }
    for (const Conv2dOptions& options :
         {Conv2dOptions{}, Conv2dOptions{.stride = 2, .padding = 1}, Conv2dOptions{.padding = 1},
          Conv2dOptions{.padding = 2, .dilation = 2}, Conv2dOptions{.padding = 1, .groups = 16},
          Conv2dOptions{.groups = 3}, Conv2dOptions{.stride = 0}, Conv2dOptions{.stride = -1},
          Conv2dOptions{.padding = -1}, Conv2dOptions{.dilation = 0}, Conv2dOptions{.groups = 0},
          Conv2dOptions{.groups = -1}, Conv2dOptions{.groups = 2}})
      call([&] { return conv2d(a, b, options); });
    call([&] { return cross_entropy(a, b.detach()); });
    call([&] { return cross_entropy(a, b.detach().to(DType::i32)); });
    call([&] {
      Tensor score = Tensor::zeros({3}, DType::f64, device_);
      score_batch(score, Tensor::full({}, 1, dtype_, device_), a, b.detach().to(DType::i32));
      return score;
    });
  }

 private:
  Device device_;
  DType dtype_;
};

}  // namespace

NastyCount call_all_with_nasty_shapes(Device device, DType dtype) {
  Caller caller(device, dtype);
  for (size_t a = 0; a <= shapes().size(); ++a) {
    caller.of_one(caller.tensor(a));
    caller.layers_of_one(caller.tensor(a));
    for (size_t b = 0; b <= shapes().size(); ++b) {
      caller.of_two(caller.tensor(a), caller.tensor(b));
      caller.layers_of_two(caller.tensor(a), caller.tensor(b));
    }
  }
  return caller.count;
}

}  // namespace radial
