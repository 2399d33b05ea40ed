// A thread has one channel of a tap, or one tap of a pixel, or one channel of a picture, which it sums in the order of
// the taps: no atomics.
#include <limits>

#include "core/cuda/dtypes.h"
#include "core/cuda/each.h"
#include "core/ops/deform_conv2d.h"

namespace radial {

namespace {

using cuda::load;
using cuda::store;

using DeformPlace = DeformConv2dGeometry::Place<float>;

__device__ float deform_share(const DeformPlace& at, int corner) {
  const float v = corner / 2 == 1 ? at.below : 1 - at.below, u = corner % 2 == 1 ? at.right : 1 - at.right;
  return v * u;
}

template <class T>
struct DeformForward {
  T* columns;
  const T *x, *offset, *mask;
  DeformConv2dGeometry g;

  __device__ void operator()(int64_t i) const {
    const int64_t channel = i % g.c, k = i / g.c % g.taps(), row = i / g.c / g.taps();
    const int64_t number = (row * g.groups + channel / g.group_channels()) * g.taps() + k;
    const DeformPlace at = g.place(row, k, load(offset[2 * number]), load(offset[2 * number + 1]));
    float sum = at.is_nan ? std::numeric_limits<float>::quiet_NaN() : 0;
    if (at.inside)
      for (int corner = 0; corner < 4; ++corner) {
        const int64_t y = at.top + corner / 2, u = at.left + corner % 2;
        if (g.has_pixel(y, u))
          sum += deform_share(at, corner) * load(x[((row / (g.oh * g.ow) * g.h + y) * g.w + u) * g.c + channel]);
      }
    store(columns[i], load(mask[number]) * sum);
  }
};

template <class T>
struct DeformPlaces {
  T *doffset, *dmask;
  const T *dcolumns, *x, *offset, *mask;
  DeformConv2dGeometry g;

  __device__ void operator()(int64_t number) const {
    const int64_t taps = g.taps(), k = number % taps, group = number / taps % g.groups, row = number / taps / g.groups;
    const int64_t channels = g.group_channels();
    const DeformPlace at = g.place(row, k, load(offset[2 * number]), load(offset[2 * number + 1]));
    float dot[4] = {}, value = 0;
    if (at.is_nan) value = dot[0] = std::numeric_limits<float>::quiet_NaN();
    const T* slopes = dcolumns + (row * taps + k) * g.c + group * channels;
    if (at.inside)
      for (int corner = 0; corner < 4; ++corner) {
        const int64_t y = at.top + corner / 2, u = at.left + corner % 2;
        if (!g.has_pixel(y, u)) continue;
        const T* pixel = x + ((row / (g.oh * g.ow) * g.h + y) * g.w + u) * g.c + group * channels;
        for (int64_t i = 0; i < channels; ++i) dot[corner] += load(slopes[i]) * load(pixel[i]);
        value += deform_share(at, corner) * dot[corner];
      }
    const float weight = load(mask[number]);
    store(dmask[number], value);
    store(doffset[2 * number], weight * ((1 - at.right) * (dot[2] - dot[0]) + at.right * (dot[3] - dot[1])));
    store(doffset[2 * number + 1], weight * ((1 - at.below) * (dot[1] - dot[0]) + at.below * (dot[3] - dot[2])));
  }
};

template <class T>
struct DeformInput {
  float* dx;  // zeros before
  const T *dcolumns, *offset, *mask;
  DeformConv2dGeometry g;

  __device__ void operator()(int64_t i) const {
    const int64_t channel = i % g.c, picture = i / g.c, pixels = g.oh * g.ow, taps = g.taps();
    for (int64_t row = picture * pixels; row < (picture + 1) * pixels; ++row)
      for (int64_t k = 0; k < taps; ++k) {
        const int64_t number = (row * g.groups + channel / g.group_channels()) * taps + k;
        const DeformPlace at = g.place(row, k, load(offset[2 * number]), load(offset[2 * number + 1]));
        if (!at.inside) continue;
        const float slope = load(mask[number]) * load(dcolumns[(row * taps + k) * g.c + channel]);
        for (int corner = 0; corner < 4; ++corner) {
          const int64_t y = at.top + corner / 2, u = at.left + corner % 2;
          if (g.has_pixel(y, u))
            dx[((picture * g.h + y) * g.w + u) * g.c + channel] += deform_share(at, corner) * slope;
        }
      }
  }
};

}  // namespace

void cuda::deform_columns_forward(Tensor& columns, const Tensor& x, const Tensor& offset, const Tensor& mask,
                                  const DeformConv2dGeometry& g) {
  dispatch_cuda("deform_conv2d", x.dtype(), [&]<class T>() {
    each(use(x.device()), columns.numel(),
         DeformForward<T>{columns.data<T>(), x.data<T>(), offset.data<T>(), mask.data<T>(), g});
  });
}

void cuda::deform_columns_backward_places(Tensor& doffset, Tensor& dmask, const Tensor& dcolumns, const Tensor& x,
                                          const Tensor& offset, const Tensor& mask, const DeformConv2dGeometry& g) {
  dispatch_cuda("deform_conv2d", x.dtype(), [&]<class T>() {
    each(use(x.device()), dmask.numel(),
         DeformPlaces<T>{doffset.data<T>(), dmask.data<T>(), dcolumns.data<T>(), x.data<T>(), offset.data<T>(),
                         mask.data<T>(), g});
  });
}

void cuda::deform_columns_backward_input(Tensor& dx, const Tensor& dcolumns, const Tensor& offset, const Tensor& mask,
                                         const DeformConv2dGeometry& g) {
  dispatch_cuda("deform_conv2d", dcolumns.dtype(), [&]<class T>() {
    each(use(dcolumns.device()), g.n * g.c,
         DeformInput<T>{dx.data<float>(), dcolumns.data<T>(), offset.data<T>(), mask.data<T>(), g});
  });
}

}  // namespace radial
