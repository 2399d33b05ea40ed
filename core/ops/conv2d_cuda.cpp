// Convolutions on the GPU: what cuDNN is asked for, and what is left to do around it.
#include "core/cuda/convolve.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::ConvPass;

struct ConvTensors {
  const Tensor &x, &w, &y;  // or their gradients
};

cuda::ConvPlanKey key_of(ConvPass pass, const ConvTensors& t, const Conv2dGeometry& g, bool accumulate) {
  const DType dtype = (pass == ConvPass::forward ? t.x : t.y).dtype();
  check(dtype == DType::f32 || dtype == DType::bf16, "conv2d: got ", name_of(dtype),
        " but needs float32 or bfloat16 on the GPU");
  return {.geometry = g,
          .pass = pass,
          .dtype = dtype,
          .result_dtype = cuda::result_of(pass, t).dtype(),
          .accumulate = accumulate,
          .tf32 = dtype == DType::f32 && cuda::use(t.x.device()).convolutions.tf32,
          .alignment = cuda::common_alignment({t.x.bytes_data(), t.w.bytes_data(), t.y.bytes_data()})};
}

// Whether the pass was computed; if not, `obstacle` says why.
bool try_pass(const cuda::ConvPlanKey& key, const ConvTensors& t, std::string& obstacle) {
  obstacle = cuda::convolve(cuda::use(t.x.device()), key, {t.x.bytes_data(), t.w.bytes_data(), t.y.bytes_data()});
  return obstacle.empty();
}

void run_pass(ConvPass pass, const ConvTensors& t, const Conv2dGeometry& g, bool accumulate) {
  const cuda::ConvPlanKey key = key_of(pass, t, g, accumulate);
  std::string obstacle;
  check(try_pass(key, t, obstacle), name_of(pass), ": cuDNN has no engine for ", key, ": ", obstacle);
}

// dw in float32 from dy and x in bfloat16. Where cuDNN has no engine that writes its float32 sums as they are, it
// rounds them to bfloat16 first.
void weight_gradient_of_bf16(Tensor& dw, const Tensor& dy, const Tensor& x, const Conv2dGeometry& g) {
  const ConvTensors exact{x, dw, dy};
  std::string obstacle;
  if (try_pass(key_of(ConvPass::backward_weight, exact, g, false), exact, obstacle)) return;
  Tensor rounded = Tensor::empty(dw.shape(), DType::bf16, dw.device());
  run_pass(ConvPass::backward_weight, {x, rounded, dy}, g, false);
  cuda::copy(dw, rounded);
}

}  // namespace

void cuda::conv2d_forward(Tensor& y, const Tensor& x, const Tensor& w, const Conv2dGeometry& g) {
  run_pass(ConvPass::forward, {x, w, y}, g, false);
}

void cuda::conv2d_backward_input(Tensor& dx, const Tensor& dy, const Tensor& w, const Conv2dGeometry& g,
                                 bool accumulate) {
  run_pass(ConvPass::backward_input, {dx, w, dy}, g, accumulate);
}

void cuda::conv2d_backward_weight(Tensor& dw, const Tensor& dy, const Tensor& x, const Conv2dGeometry& g,
                                  bool accumulate) {
  if (dw.dtype() == dy.dtype()) {
    run_pass(ConvPass::backward_weight, {x, dw, dy}, g, accumulate);
  } else if (!accumulate) {
    weight_gradient_of_bf16(dw, dy, x, g);
  } else {
    Tensor summand = empty_like(dw);
    weight_gradient_of_bf16(summand, dy, x, g);
    cuda::accumulate(dw, summand, 1);
  }
}

}  // namespace radial
