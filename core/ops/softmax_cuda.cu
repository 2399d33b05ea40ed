// A team of threads a lane, whose elements come from memory once and from the cache after that. Floats within a thread,
// doubles across threads.
#include <cmath>

#include "core/cuda/dtypes.h"
#include "core/cuda/lane_teams.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::lane_threads;
using cuda::load;
using cuda::store;

template <class T>
__global__ void __launch_bounds__(lane_threads)
    softmax_kernel(T* y, const T* x, cuda::LaneTeams teams, bool logarithm) {
  const cuda::LaneOfThread mine(teams);
  const auto place = [&](int64_t r) { return mine.base + r * mine.inner; };
  float top = -INFINITY, sum = 0;
  for (int64_t r = mine.begin; r < mine.end; r += mine.step) top = fmaxf(top, load(x[place(r)]));
  top = mine.combined(top, cuda::Larger{});
  for (int64_t r = mine.begin; r < mine.end; r += mine.step) sum += expf(load(x[place(r)]) - top);
  const double total = mine.combined(double{sum}, cuda::Plus{});
  const auto log_sum = static_cast<float>(log(total)), factor = static_cast<float>(1 / total);
  for (int64_t r = mine.begin; r < mine.end; r += mine.step) {
    const float below = load(x[place(r)]) - top;
    store(y[place(r)], logarithm ? below - log_sum : expf(below) * factor);
  }
}

template <class T>
__global__ void __launch_bounds__(lane_threads)
    softmax_backward_kernel(T* dx, const T* dy, const T* y, cuda::LaneTeams teams, bool logarithm) {
  const cuda::LaneOfThread mine(teams);
  const auto place = [&](int64_t r) { return mine.base + r * mine.inner; };
  float sum = 0;
  for (int64_t r = mine.begin; r < mine.end; r += mine.step)
    sum += logarithm ? load(dy[place(r)]) : load(y[place(r)]) * load(dy[place(r)]);
  const auto total = static_cast<float>(mine.combined(double{sum}, cuda::Plus{}));
  for (int64_t r = mine.begin; r < mine.end; r += mine.step) {
    const float slope = load(dy[place(r)]), out = load(y[place(r)]);
    store(dx[place(r)], logarithm ? slope - expf(out) * total : out * (slope - total));
  }
}

}  // namespace

void cuda::softmax(Tensor& y, const Tensor& x, const Lanes& lanes, bool logarithm) {
  if (x.numel() == 0) return;
  const LaneTeams teams = teams_for(lanes);
  dispatch_cuda("softmax", x.dtype(), [&]<class T>() {
    launch(use(x.device()).stream, teams.blocks(), lane_threads, 0, softmax_kernel<T>, y.data<T>(), x.data<T>(), teams,
           logarithm);
  });
}

void cuda::softmax_backward(Tensor& dx, const Tensor& dy, const Tensor& y, const Lanes& lanes, bool logarithm) {
  if (y.numel() == 0) return;
  const LaneTeams teams = teams_for(lanes);
  dispatch_cuda("softmax", y.dtype(), [&]<class T>() {
    launch(use(y.device()).stream, teams.blocks(), lane_threads, 0, softmax_backward_kernel<T>, dx.data<T>(),
           dy.data<T>(), y.data<T>(), teams, logarithm);
  });
}

}  // namespace radial
