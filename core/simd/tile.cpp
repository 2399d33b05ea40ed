#include "core/simd/tile.h"

#include <array>
#include <cstddef>
#include <utility>

#define HWY_TARGET_INCLUDE "core/simd/tile.cpp"
#include "core/simd/every_target.h"

HWY_BEFORE_NAMESPACE();
namespace radial::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
// 14 x 2 accumulators, 2 of b and 1 of a fit in 32 registers (AVX-512, NEON), 6 x 2 in 16.
constexpr bool has_32_registers = HWY_TARGET < HWY_AVX2 || !HWY_ARCH_X86;
constexpr int max_rows = has_32_registers ? 14 : 6;

// All loops over i and j below have constant bounds and must unroll, so that `sum` lives in registers.
#define RADIAL_UNROLL _Pragma("GCC unroll 16")

template <int rows, int vectors>
using Accumulators = V[rows][vectors];

template <int rows, int vectors>
HWY_INLINE void clear(Accumulators<rows, vectors>& sum) {
  RADIAL_UNROLL for (int i = 0; i < rows; ++i) {
    RADIAL_UNROLL for (int j = 0; j < vectors; ++j) sum[i][j] = hn::Zero(D());
  }
}

// sum[i][j] += a[i][k] * b[j]
template <int rows, int vectors>
HWY_INLINE void add_product(Accumulators<rows, vectors>& sum, const float* const* a, int64_t k, const float* b) {
  const D d;
  V row[vectors];
  RADIAL_UNROLL for (int j = 0; j < vectors; ++j) row[j] = hn::LoadU(d, b + j * lanes);
  RADIAL_UNROLL for (int i = 0; i < rows; ++i) {
    const V factor = hn::Set(d, a[i][k]);
    RADIAL_UNROLL for (int j = 0; j < vectors; ++j) sum[i][j] = hn::MulAdd(factor, row[j], sum[i][j]);
  }
}

// y (+)= sum, in place for full tiles, through a buffer for those at the right edge.
template <int rows, int vectors, class Row>
HWY_INLINE void finish(Accumulators<rows, vectors>& sum, int columns, bool accumulate, const Row& row) {
  const D d;
  if (columns == vectors * lanes) {
    RADIAL_UNROLL for (int i = 0; i < rows; ++i) {
      float* y = row(i);
      RADIAL_UNROLL for (int j = 0; j < vectors; ++j) {
        const V value = accumulate ? hn::Add(sum[i][j], hn::LoadU(d, y + j * lanes)) : sum[i][j];
        hn::StoreU(value, d, y + j * lanes);
      }
    }
    return;
  }
  HWY_ALIGN float edge[rows][vectors * lanes];
  RADIAL_UNROLL for (int i = 0; i < rows; ++i) {
    RADIAL_UNROLL for (int j = 0; j < vectors; ++j) hn::Store(sum[i][j], d, edge[i] + j * lanes);
  }
  for (int i = 0; i < rows; ++i) {
    float* y = row(i);
    for (int j = 0; j < columns; ++j) y[j] = accumulate ? y[j] + edge[i][j] : edge[i][j];
  }
}

// Fetches the lines of y for writing while the sum runs.
template <int rows, int vectors, class Row>
HWY_INLINE void prefetch(const Row& row) {
  constexpr int cache_line = 16;
  RADIAL_UNROLL for (int i = 0; i < rows; ++i) {
    RADIAL_UNROLL for (int j = 0; j < vectors * lanes; j += cache_line) __builtin_prefetch(row(i) + j, 1);
  }
}

// Hides where a pointer comes from: else GCC 12 keeps the address of each a[i] in a register of its own and spills.
HWY_INLINE const float* opaque(const float* pointer) {
  __asm__("" : "+r"(pointer));
  return pointer;
}

HWY_INLINE void fetch_ahead(const float* line) { __builtin_prefetch(line, 0, 2); }

template <int rows, int vectors>
HWY_NOINLINE void inner_tile(const InnerTile& tile) {
  const auto row = [&](int i) HWY_ATTR { return tile.y[i] + tile.y_offset; };
  prefetch<rows, vectors>(row);
  Accumulators<rows, vectors> sum;
  clear<rows, vectors>(sum);
  const float* const* run = tile.a;
  const float* b = tile.b;
  const int64_t length = tile.length;
  const float* ahead = tile.ahead != nullptr ? tile.ahead : b;
  for (int64_t r = 0; r < tile.runs; ++r, run += tile.a_step) {
    const float* a[rows];
    RADIAL_UNROLL for (int i = 0; i < rows; ++i) a[i] = run[i] + tile.a_offset;
    for (int64_t k = 0; k < length; ++k, b += vectors * lanes) {
      fetch_ahead(ahead + k * floats_ahead_of_term);
      add_product<rows, vectors>(sum, a, k, b);
    }
    ahead += length * floats_ahead_of_term;
  }
  finish<rows, vectors>(sum, tile.columns, tile.accumulate, row);
}

template <int rows, int vectors>
HWY_NOINLINE void outer_tile(const OuterTile& tile) {
  const auto row = [&](int i) HWY_ATTR { return tile.y + i * tile.y_step; };
  prefetch<rows, vectors>(row);
  Accumulators<rows, vectors> sum;
  clear<rows, vectors>(sum);
  const int64_t count = tile.count;
  const float* const* ahead = tile.ahead != nullptr ? tile.ahead : tile.a;
  for (int64_t p = 0; p < count; ++p) {
    fetch_ahead(ahead[p] + tile.ahead_offset);
    const float* a_row = opaque(tile.a[p] + tile.a_offset);
    const float* a[rows];
    RADIAL_UNROLL for (int i = 0; i < rows; ++i) a[i] = a_row + i;
    add_product<rows, vectors>(sum, a, 0, opaque(tile.b[p] + tile.b_offset));
  }
  finish<rows, vectors>(sum, tile.columns, tile.accumulate, row);
}

// The kernels by [rows - 1][vectors - 1].
template <class Tile>
using Kernel = void (*)(const Tile&);

template <size_t... i>
constexpr auto inner_kernels(std::index_sequence<i...>) {
  return std::array<std::array<Kernel<InnerTile>, 2>, sizeof...(i)>{{{inner_tile<i + 1, 1>, inner_tile<i + 1, 2>}...}};
}
template <size_t... i>
constexpr auto outer_kernels(std::index_sequence<i...>) {
  return std::array<std::array<Kernel<OuterTile>, 2>, sizeof...(i)>{{{outer_tile<i + 1, 1>, outer_tile<i + 1, 2>}...}};
}

void inner(const InnerTile& tile) {
  static constexpr auto kernels = inner_kernels(std::make_index_sequence<max_rows>());
  kernels[static_cast<size_t>(tile.rows - 1)][tile.columns > lanes](tile);
}

void outer(const OuterTile& tile) {
  static constexpr auto kernels = outer_kernels(std::make_index_sequence<max_rows>());
  kernels[static_cast<size_t>(tile.rows - 1)][tile.columns > lanes](tile);
}

#if HWY_TARGET != HWY_SCALAR
// A block of 4 x 4.
HWY_INLINE void transpose_block(const float* HWY_RESTRICT source, int64_t step, float* HWY_RESTRICT out, int width) {
  const hn::FixedTag<float, 4> d;
  const auto r0 = hn::LoadU(d, source), r1 = hn::LoadU(d, source + step);
  const auto r2 = hn::LoadU(d, source + 2 * step), r3 = hn::LoadU(d, source + 3 * step);
  const auto low02 = hn::InterleaveLower(d, r0, r2), low13 = hn::InterleaveLower(d, r1, r3);
  const auto high02 = hn::InterleaveUpper(d, r0, r2), high13 = hn::InterleaveUpper(d, r1, r3);
  hn::StoreU(hn::InterleaveLower(d, low02, low13), d, out);
  hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, out + width);
  hn::StoreU(hn::InterleaveLower(d, high02, high13), d, out + 2 * width);
  hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, out + 3 * width);
}
#endif

void transpose(const float* source, int64_t step, int columns, int64_t count, float* out, int width) {
  constexpr int64_t cache_line = 16;  // of each column, at a time
  for (int64_t begin = 0; begin < count; begin += cache_line) {
    const int64_t end = begin + cache_line < count ? begin + cache_line : count;
    int j = 0;
#if HWY_TARGET != HWY_SCALAR
    for (; j + 4 <= columns; j += 4) {
      int64_t k = begin;
      for (; k + 4 <= end; k += 4) transpose_block(source + j * step + k, step, out + k * width + j, width);
      for (; k < end; ++k)
        for (int i = 0; i < 4; ++i) out[k * width + j + i] = source[(j + i) * step + k];
    }
#endif
    for (; j < columns; ++j)
      for (int64_t k = begin; k < end; ++k) out[k * width + j] = source[j * step + k];
  }
}

const Tiles& tiles_of_target() {
  static constexpr Tiles tiles{max_rows, lanes, 2 * lanes, inner, outer, transpose};
  return tiles;
}

#undef RADIAL_UNROLL

}  // namespace radial::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial::simd {

HWY_EXPORT(tiles_of_target);

const Tiles& tiles() {
  prepare_dispatch();
  return HWY_DYNAMIC_DISPATCH(tiles_of_target)();
}

}  // namespace radial::simd
#endif
