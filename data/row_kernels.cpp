#include "data/row_kernels.h"

#include <algorithm>

#define HWY_TARGET_INCLUDE "data/row_kernels.cpp"
#include "core/simd/every_target.h"

HWY_BEFORE_NAMESPACE();
namespace radial::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int32_t one_half = 1 << (weight_bits - 1);

#if HWY_TARGET == HWY_SCALAR
template <int constant_taps>
void filter_along(const uint8_t* row, const Filter& filter, uint8_t* out) {
  const int32_t* weights = filter.weights.data();
  for (int i = 0; i < filter.size(); ++i, weights += filter.taps) {
    for (int c = 0; c < 3; ++c) {
      int32_t sum = one_half;
      for (int k = 0; k < filter.taps; ++k) sum += weights[k] * row[3 * (filter.first[i] + k) + c];
      *out++ = static_cast<uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
    }
  }
}
#else
// One pixel is one vector of four lanes: red, green, blue and a neighbour that is overwritten by the next pixel.
// taps is a constant where it is known (2 when a picture is enlarged), so that the loop over taps unrolls.
template <int constant_taps>
void filter_along(const uint8_t* HWY_RESTRICT row, const Filter& filter, uint8_t* HWY_RESTRICT out) {
  const hn::FixedTag<int32_t, 4> d32;
  const hn::FixedTag<uint8_t, 4> d8;
  const int taps = constant_taps > 0 ? constant_taps : filter.taps;
  const int32_t* HWY_RESTRICT first = filter.first.data();
  const int32_t* HWY_RESTRICT weights = filter.weights.data();
  const int size = filter.size();
  for (int i = 0; i < size; ++i, weights += taps) {
    const uint8_t* source = row + 3 * static_cast<int64_t>(first[i]);
    auto sum = hn::Set(d32, one_half);
    for (int k = 0; k < taps; ++k) {
      const auto pixel = hn::PromoteTo(d32, hn::LoadU(d8, source + 3 * k));
      sum = hn::Add(sum, hn::Mul(pixel, hn::Set(d32, weights[k])));
    }
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<weight_bits>(sum)), d8, out + 3 * static_cast<int64_t>(i));
  }
}
#endif

void filter_along_row(const uint8_t* row, const Filter& filter, uint8_t* out) {
  filter.taps == 2 ? filter_along<2>(row, filter, out) : filter_along<0>(row, filter, out);
}

template <class D32>
auto filter_across(D32 d32, const uint8_t* HWY_RESTRICT column, int64_t stride, const int32_t* weights, int taps) {
  const hn::Rebind<uint8_t, D32> d8;
  auto sum = hn::Set(d32, one_half);
  for (int k = 0; k < taps; ++k) {
    const auto bytes = hn::PromoteTo(d32, hn::LoadU(d8, column + k * stride));
    sum = hn::Add(sum, hn::Mul(bytes, hn::Set(d32, weights[k])));
  }
  return hn::DemoteTo(d8, hn::ShiftRight<weight_bits>(sum));
}

void filter_across_rows(const uint8_t* rows, int64_t stride, const int32_t* weights, int taps, int64_t bytes,
                        uint8_t* HWY_RESTRICT out) {
  const hn::ScalableTag<int32_t> d32;
  const hn::Rebind<uint8_t, decltype(d32)> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d32));
  int64_t i = 0;
  for (; i + lanes <= bytes; i += lanes) {
    hn::StoreU(filter_across(d32, rows + i, stride, weights, taps), d8, out + i);
  }
  const hn::CappedTag<int32_t, 1> one32;
  const hn::Rebind<uint8_t, decltype(one32)> one8;
  for (; i < bytes; ++i) hn::StoreU(filter_across(one32, rows + i, stride, weights, taps), one8, out + i);
}

void normalise_row(const uint8_t* HWY_RESTRICT bytes, int64_t count, const float (&scale)[3], const float (&shift)[3],
                   float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> df;
  const hn::Rebind<int32_t, decltype(df)> d32;
  const hn::Rebind<uint8_t, decltype(df)> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(df));
  // Three vectors hold a whole number of pixels: the pattern of channels repeats after them.
  HWY_ALIGN float scales[3 * HWY_MAX_BYTES / sizeof(float)];
  HWY_ALIGN float shifts[3 * HWY_MAX_BYTES / sizeof(float)];
  for (int64_t j = 0; j < 3 * lanes; ++j) {
    scales[j] = scale[j % 3];
    shifts[j] = shift[j % 3];
  }
  const auto step = [&](int64_t i, int64_t part) {
    const auto value = hn::ConvertTo(df, hn::PromoteTo(d32, hn::LoadU(d8, bytes + i + part)));
    hn::StoreU(hn::MulAdd(value, hn::Load(df, scales + part), hn::Load(df, shifts + part)), df, out + i + part);
  };
  int64_t i = 0;
  for (; i + 3 * lanes <= count; i += 3 * lanes) {
    step(i, 0);
    step(i, lanes);
    step(i, 2 * lanes);
  }
  const hn::CappedTag<float, 1> one;
  for (; i < count; ++i) {
    const auto value = hn::Set(one, static_cast<float>(bytes[i]));
    hn::StoreU(hn::MulAdd(value, hn::Set(one, scale[i % 3]), hn::Set(one, shift[i % 3])), one, out + i);
  }
}

}  // namespace radial::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial::detail {

HWY_EXPORT(filter_along_row);
HWY_EXPORT(filter_across_rows);
HWY_EXPORT(normalise_row);

void filter_along_row(const uint8_t* row, const Filter& filter, uint8_t* out) {
  simd::prepare_dispatch();
  HWY_DYNAMIC_DISPATCH(filter_along_row)(row, filter, out);
}

void filter_across_rows(const uint8_t* rows, int64_t stride, const int32_t* weights, int taps, int64_t bytes,
                        uint8_t* out) {
  simd::prepare_dispatch();
  HWY_DYNAMIC_DISPATCH(filter_across_rows)(rows, stride, weights, taps, bytes, out);
}

void normalise_row(const uint8_t* bytes, int64_t count, const float (&scale)[3], const float (&shift)[3], float* out) {
  simd::prepare_dispatch();
  HWY_DYNAMIC_DISPATCH(normalise_row)(bytes, count, scale, shift, out);
}

}  // namespace radial::detail
#endif
