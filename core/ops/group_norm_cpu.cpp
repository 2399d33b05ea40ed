// A task a picture: per-channel sums over its pixels first (long vectors, whatever the groups), then groups.
#include <cmath>
#include <vector>

#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

namespace {

// f(pixel row, channel sums) for all pixels of a picture.
template <class F>
void each_pixel(const GroupNormGeometry& g, F&& f) {
  for (int64_t p = 0; p < g.pixels; ++p) f(p * g.c);
}

size_t at(int64_t i) { return static_cast<size_t>(i); }

}  // namespace

void cpu::group_norm_forward(Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
                             const Tensor& beta, const GroupNormGeometry& g) {
  const int64_t size = g.c / g.groups;
  const double count = static_cast<double>(g.pixels * size);
  dispatch_float("group_norm", x.dtype(), [&]<class T>() {
    parallel_for(g.n, [&](int64_t n) {
      const T* from = x.data<T>() + n * g.pixels * g.c;
      T* to = y.data<T>() + n * g.pixels * g.c;
      std::vector<double> sums(at(g.c), 0.0), squares(at(g.c), 0.0), a(at(g.c)), b(at(g.c)), means(at(g.c));
      each_pixel(g, [&](int64_t row) {
        for (int64_t i = 0; i < g.c; ++i) sums[at(i)] += from[row + i];
      });
      for (int64_t k = 0; k < g.groups; ++k) {
        double total = 0;
        for (int64_t i = k * size; i < (k + 1) * size; ++i) total += sums[at(i)];
        mean.data<T>()[n * g.groups + k] = static_cast<T>(total / count);
        for (int64_t i = k * size; i < (k + 1) * size; ++i) means[at(i)] = total / count;
      }
      each_pixel(g, [&](int64_t row) {
        for (int64_t i = 0; i < g.c; ++i) {
          const double d = from[row + i] - means[at(i)];
          squares[at(i)] += d * d;
        }
      });
      for (int64_t k = 0; k < g.groups; ++k) {
        double total = 0;
        for (int64_t i = k * size; i < (k + 1) * size; ++i) total += squares[at(i)];
        const double inverse = 1 / std::sqrt(total / count + g.eps);
        inv_std.data<T>()[n * g.groups + k] = static_cast<T>(inverse);
        for (int64_t i = k * size; i < (k + 1) * size; ++i) {
          a[at(i)] = inverse * (gamma ? static_cast<double>(gamma.data<T>()[i]) : 1.0);
          b[at(i)] = beta ? static_cast<double>(beta.data<T>()[i]) : 0.0;
        }
      }
      each_pixel(g, [&](int64_t row) {
        for (int64_t i = 0; i < g.c; ++i)
          to[row + i] = static_cast<T>((from[row + i] - means[at(i)]) * a[at(i)] + b[at(i)]);
      });
    });
  });
}

// With xhat = (x - mean) inv_std and h = dy gamma: dx = inv_std (h - mean of h - xhat mean of (h xhat)), means over
// the group.
void cpu::group_norm_backward(Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
                              const Tensor& gamma, const Tensor& mean, const Tensor& inv_std,
                              const GroupNormGeometry& g) {
  const int64_t size = g.c / g.groups;
  const double count = static_cast<double>(g.pixels * size);
  dispatch_float("group_norm", x.dtype(), [&]<class T>() {
    std::vector<double> partial(at(g.n * 2 * g.c), 0.0);  // sums of dy and dy xhat of each picture
    parallel_for(g.n, [&](int64_t n) {
      const T *from = x.data<T>() + n * g.pixels * g.c, *dout = dy.data<T>() + n * g.pixels * g.c;
      T* to = dx.data<T>() + n * g.pixels * g.c;
      double *sums = partial.data() + n * 2 * g.c, *products = sums + g.c;
      std::vector<double> m(at(g.c)), inverse(at(g.c)), weight(at(g.c)), first(at(g.c)), second(at(g.c));
      for (int64_t i = 0; i < g.c; ++i) {
        m[at(i)] = mean.data<T>()[n * g.groups + i / size];
        inverse[at(i)] = inv_std.data<T>()[n * g.groups + i / size];
        weight[at(i)] = gamma ? static_cast<double>(gamma.data<T>()[i]) : 1.0;
      }
      each_pixel(g, [&](int64_t row) {
        for (int64_t i = 0; i < g.c; ++i) {
          sums[i] += dout[row + i];
          products[i] += dout[row + i] * ((from[row + i] - m[at(i)]) * inverse[at(i)]);
        }
      });
      for (int64_t k = 0; k < g.groups; ++k) {
        double s = 0, q = 0;
        for (int64_t i = k * size; i < (k + 1) * size; ++i) {
          s += sums[i] * weight[at(i)];
          q += products[i] * weight[at(i)];
        }
        for (int64_t i = k * size; i < (k + 1) * size; ++i) {
          first[at(i)] = s / count;
          second[at(i)] = q / count;
        }
      }
      each_pixel(g, [&](int64_t row) {
        for (int64_t i = 0; i < g.c; ++i) {
          const double xhat = (from[row + i] - m[at(i)]) * inverse[at(i)];
          to[row + i] =
              static_cast<T>(inverse[at(i)] * (dout[row + i] * weight[at(i)] - first[at(i)] - xhat * second[at(i)]));
        }
      });
    });
    if (!dgamma) return;
    for (int64_t i = 0; i < g.c; ++i) {
      double db = 0, dg = 0;
      for (int64_t n = 0; n < g.n; ++n) {
        db += partial[at(n * 2 * g.c + i)];
        dg += partial[at(n * 2 * g.c + g.c + i)];
      }
      dbeta.data<T>()[i] = static_cast<T>(db);
      dgamma.data<T>()[i] = static_cast<T>(dg);
    }
  });
}

}  // namespace radial
