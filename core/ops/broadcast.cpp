#include "core/ops/broadcast.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/kernels.h"
#include "core/untracked.h"

namespace radial {

namespace {

// Of dimension i of the result, 1 where the input lacks it.
int64_t extent_of(const Shape& input, int rank, int i) {
  const int own = i - (rank - input.rank());
  return own < 0 ? 1 : input[own];
}

}  // namespace

Shape joined_shape(const char* op, std::initializer_list<Shape> inputs) {
  int rank = 0;
  for (const Shape& input : inputs) rank = std::max(rank, input.rank());
  std::vector<int64_t> extents(static_cast<size_t>(rank), 1);
  bool fits = true;
  for (const Shape& input : inputs) {
    for (int i = 0; i < rank; ++i) {
      int64_t& extent = extents[static_cast<size_t>(i)];
      const int64_t other = extent_of(input, rank, i);
      fits = fits && (extent == other || extent == 1 || other == 1);
      if (extent == 1) extent = other;
    }
  }
  if (!fits) {
    std::string shapes;
    for (const Shape& input : inputs) shapes += (shapes.empty() ? "" : ", ") + input.str();
    fail(ErrorKind::usage, op, ": the shapes ", shapes,
         " do not join: counted from the last, extents must be equal or 1");
  }
  return Shape(extents);
}

Broadcast broadcast(const Shape& y, std::initializer_list<Shape> inputs) {
  Broadcast result;
  for (const Shape& input : inputs) result.same = result.same && input == y;
  // From the last dimension to the first; `moves` says which inputs go on along it.
  int64_t extents[Shape::max_rank], strides[Broadcast::most_inputs][Shape::max_rank], next[Broadcast::most_inputs];
  std::fill(std::begin(next), std::end(next), 1);
  unsigned last_moves = 0;
  int rank = 0;
  for (int i = y.rank() - 1; i >= 0; --i) {
    if (y[i] == 1) continue;
    unsigned moves = 0, bit = 1;
    for (const Shape& input : inputs) {
      if (extent_of(input, y.rank(), i) != 1) moves |= bit;
      bit *= 2;
    }
    if (rank == 0 || moves != last_moves) {
      extents[rank] = 1;
      for (size_t k = 0; k < inputs.size(); ++k) strides[k][rank] = (moves >> k & 1) ? next[k] : 0;
      ++rank;
    }
    extents[rank - 1] *= y[i];
    for (size_t k = 0; k < inputs.size(); ++k)
      if (moves >> k & 1) next[k] *= y[i];
    last_moves = moves;
  }
  result.rank = rank;
  for (int d = 0; d < rank; ++d) {
    result.extents[d] = extents[rank - 1 - d];
    for (size_t k = 0; k < inputs.size(); ++k) result.strides[k][d] = strides[k][rank - 1 - d];
  }
  return result;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x.detach();
  if (shape.numel() == 0 || x.numel() == 0) return Tensor::zeros(shape, x.dtype(), x.device());
  const DType wide = accumulator_of(x.dtype());
  // Runs of dimensions that go together, of which the first sum takes one after another.
  const Broadcast g = broadcast(x.shape(), {shape});
  std::vector<int64_t> extents(g.extents, g.extents + g.rank);
  Tensor sums = x.detach();
  for (int d = 0; d < g.rank; ++d) {
    if (g.strides[0][d] != 0) continue;
    int64_t outer = 1, inner = 1;
    for (int i = 0; i < d; ++i) outer *= extents[static_cast<size_t>(i)];
    for (int i = d + 1; i < g.rank; ++i) inner *= extents[static_cast<size_t>(i)];
    const int64_t count = std::exchange(extents[static_cast<size_t>(d)], 1);
    Tensor y = Tensor::empty({outer, inner}, wide, x.device());
    Tensor nothing_kept;
    const Reduction sum{.kind = Reduction::Kind::sum, .lanes = {outer, count, inner}};
    kernels::reduce_lanes(y, nothing_kept, sums, sum);
    sums = y;
  }
  return Untracked::to(Untracked::view(sums, shape), x.dtype());
}

}  // namespace radial
