// What cuDNN does on a card: convolutions, by plain loops over the emulated device's memory.
#include <vector>

#include "core/cuda/convolve.h"
#include "tests/cuda_emulation/capture.h"
#include "tests/cuda_emulation/device_memory.h"
#include "tests/cuda_emulation/where.h"

namespace radial::cuda {

namespace {

float read(const void* values, DType dtype, int64_t i) {
  return dtype == DType::bf16 ? static_cast<float>(static_cast<const bf16*>(values)[i])
                              : static_cast<const float*>(values)[i];
}

void write(void* values, DType dtype, int64_t i, float value) {
  if (dtype == DType::bf16)
    static_cast<bf16*>(values)[i] = bf16(value);
  else
    static_cast<float*>(values)[i] = value;
}

// Calls f(i, j, k) for each product x[i] w[j] of the convolution, which is a summand of y[k].
template <class F>
void for_each_product(const Conv2dGeometry& g, const F& f) {
  for (int64_t n = 0; n < g.n; ++n)
    for (int64_t p = 0; p < g.oh; ++p)
      for (int64_t q = 0; q < g.ow; ++q)
        for (int64_t r = 0; r < g.kh; ++r)
          for (int64_t s = 0; s < g.kw; ++s) {
            const int64_t h = p * g.stride.h + r * g.dilation.h - g.padding.h,
                          w = q * g.stride.w + s * g.dilation.w - g.padding.w;
            if (h < 0 || h >= g.h || w < 0 || w >= g.w) continue;
            const int64_t pixel = ((n * g.h + h) * g.w + w) * g.c, out = ((n * g.oh + p) * g.ow + q) * g.o;
            for (int64_t o = 0; o < g.o; ++o)
              for (int64_t c = 0; c < g.cg; ++c)
                f(pixel + o / g.og() * g.cg + c, ((o * g.kh + r) * g.kw + s) * g.cg + c, out + o);
          }
}

void check_operands(const ConvPlanKey& key, const ConvOperands& operands) {
  for (const void* address : {operands.x, operands.w, operands.y})
    if (!cuda_emulation::on_device(address))
      throw cuda_emulation::Error(cuda_emulation::text(name_of(key.pass), " is given host memory"));
  if (common_alignment({operands.x, operands.w, operands.y}) < key.alignment)
    throw cuda_emulation::Error(cuda_emulation::text(name_of(key.pass), " is given addresses of less alignment"));
}

void compute(const ConvPlanKey& key, const ConvOperands& operands) {
  cuda_emulation::finish_copies();
  const cuda_emulation::DeviceAccess access;
  const Conv2dGeometry& g = key.geometry;
  const auto x = [&](int64_t i) { return read(operands.x, key.dtype, i); };
  const auto w = [&](int64_t j) { return read(operands.w, key.dtype, j); };
  const auto y = [&](int64_t k) { return read(operands.y, key.dtype, k); };
  std::vector<float> sums(static_cast<size_t>(key.result_shape().numel()));
  const auto add = [&](int64_t place, float product) { sums[static_cast<size_t>(place)] += product; };
  for_each_product(g, [&](int64_t i, int64_t j, int64_t k) {
    switch (key.pass) {
      case ConvPass::forward:
        return add(k, x(i) * w(j));
      case ConvPass::backward_input:
        return add(i, y(k) * w(j));
      case ConvPass::backward_weight:
        return add(j, x(i) * y(k));
    }
  });
  void* result = const_cast<void*>(result_of(key.pass, operands));
  for (size_t place = 0; place < sums.size(); ++place) {
    const auto i = static_cast<int64_t>(place);
    write(result, key.result_dtype, i, sums[place] + (key.accumulate ? read(result, key.result_dtype, i) : 0));
  }
}

}  // namespace

// cuDNN 9.19 sums bfloat16 into float32 for such convolutions alone (core/cuda/conv_graph.h).
std::string convolve(const Context&, const ConvPlanKey& key, const ConvOperands& operands) {
  check_operands(key, operands);
  const Conv2dGeometry& g = key.geometry;
  if (key.result_dtype != key.dtype && (g.groups > 1 || g.c % 8 != 0 || g.o % 8 != 0 || key.accumulate))
    return "the loops that stand for cuDNN want one group, channels in multiples of 8 and no values to add to";

  cuda_emulation::now_or_in_graph([key, operands] { compute(key, operands); });
  return {};
}

}  // namespace radial::cuda
