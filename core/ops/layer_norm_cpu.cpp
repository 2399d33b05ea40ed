// Row by row; statistics and sums in double.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

void cpu::layer_norm_forward(Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
                             const Tensor& beta, double eps) {
  const int64_t c = x.channels();
  dispatch_float("layer_norm", x.dtype(), [&]<class T>() {
    const T *g = gamma.data<T>(), *b = beta.data<T>();
    parallel_ranges(x.rows(), rows_per_task(c), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T* row = x.data<T>() + r * c;
        T* out = y.data<T>() + r * c;
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < c; ++i) sum += row[i];
        const double m = sum / static_cast<double>(c);
        for (int64_t i = 0; i < c; ++i) squares += (row[i] - m) * (row[i] - m);
        const double inverse = 1 / std::sqrt(squares / static_cast<double>(c) + eps);
        mean.data<T>()[r] = static_cast<T>(m);
        inv_std.data<T>()[r] = static_cast<T>(inverse);
        for (int64_t i = 0; i < c; ++i) out[i] = static_cast<T>((row[i] - m) * inverse * g[i] + b[i]);
      }
    });
  });
}

// With xhat = (x - mean) inv_std and h = dy gamma: dx = inv_std (h - mean of h - xhat mean of (h xhat)).
void cpu::layer_norm_backward(Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
                              const Tensor& gamma, const Tensor& mean, const Tensor& inv_std) {
  const int64_t c = x.channels(), rows = x.rows(), block = rows_per_task(c), blocks = divide_up(rows, block);
  dispatch_float("layer_norm", x.dtype(), [&]<class T>() {
    const T* g = gamma.data<T>();
    std::vector<double> partial(static_cast<size_t>(blocks * 2 * c), 0.0);  // dgamma and dbeta of each block
    parallel_for(blocks, [&](int64_t k) {
      double *dg = partial.data() + k * 2 * c, *db = dg + c;
      for (int64_t r = k * block; r < std::min(rows, (k + 1) * block); ++r) {
        const T *row = x.data<T>() + r * c, *dout = dy.data<T>() + r * c;
        T* to = dx.data<T>() + r * c;
        const double m = mean.data<T>()[r], inverse = inv_std.data<T>()[r];
        double sum = 0, products = 0;
        for (int64_t i = 0; i < c; ++i) {
          const double xhat = (row[i] - m) * inverse, h = static_cast<double>(dout[i]) * g[i];
          sum += h;
          products += h * xhat;
          dg[i] += dout[i] * xhat;
          db[i] += dout[i];
        }
        const double n = static_cast<double>(c);
        for (int64_t i = 0; i < c; ++i) {
          const double xhat = (row[i] - m) * inverse, h = static_cast<double>(dout[i]) * g[i];
          to[i] = static_cast<T>(inverse * (h - sum / n - xhat * products / n));
        }
      }
    });
    for (int64_t i = 0; i < c; ++i) {
      double dg = 0, db = 0;
      for (int64_t k = 0; k < blocks; ++k) {
        dg += partial[static_cast<size_t>(k * 2 * c + i)];
        db += partial[static_cast<size_t>(k * 2 * c + c + i)];
      }
      dgamma.data<T>()[i] = static_cast<T>(dg);
      dbeta.data<T>()[i] = static_cast<T>(db);
    }
  });
}

}  // namespace radial
