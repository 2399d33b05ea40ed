// The loops of pointwise ops on a GPU: a thread takes packs of neighbouring elements where all inputs have the result's
// shape, else single ones, whose places in the inputs it computes.
#include <utility>
#include <variant>

#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

// What a gradient of T is worth once it is stored: adding it gives the same bits as adding the stored one.
template <class T>
__device__ float rounded(float gradient) {
  T place;
  cuda::store(place, gradient);
  return cuda::load(place);
}

template <class Formula>
struct Forward {
  Formula f;
  template <class... X>
  __device__ auto operator()(X... x) const {
    return f.forward(x...);
  }
};

template <class Formula, class T>
struct UnaryBackward {
  Formula f;
  __device__ float operator()(float dy, float kept) const { return f.backward(dy, kept); }
  __device__ float operator()(float dy, float kept, float dx) const {
    return __fadd_rn(dx, rounded<T>(f.backward(dy, kept)));
  }
};

template <class Formula, class T, int Side>
struct BinaryBackward {
  Formula f;
  __device__ float operator()(float dy, float a, float b) const {
    return Side == 0 ? f.backward_a(dy, a, b) : f.backward_b(dy, a, b);
  }
  __device__ float operator()(float dy, float a, float b, float d) const {
    return __fadd_rn(d, rounded<T>((*this)(dy, a, b)));
  }
};

struct Choose {
  template <class T>
  __device__ T operator()(uint8_t condition, T a, T b) const {
    return condition != 0 ? a : b;
  }
};

template <class F, class Y, class... X, size_t... K>
__device__ void write_joined(const F& f, Y& y, const int64_t* places, std::index_sequence<K...>, const X*... x) {
  cuda::store(y, f(cuda::load(x[places[K]])...));
}

template <class F, class Y, class... X>
__global__ void __launch_bounds__(cuda::elementwise_threads)
    joined_kernel(F f, Broadcast g, int64_t n, Y* y, const X*... x) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride) {
    int64_t places[sizeof...(X)] = {}, rest = i;
    for (int d = g.rank - 1; d >= 0; --d) {
      const int64_t at = d > 0 ? rest % g.extents[d] : rest;
      if (d > 0) rest /= g.extents[d];
      for (size_t k = 0; k < sizeof...(X); ++k) places[k] += at * g.strides[k][d];
    }
    write_joined(f, y[i], places, std::index_sequence_for<X...>{}, x...);
  }
}

// y[i] = f(x...), where the x join.
template <class F, class Y, class... X>
void joined(const cuda::Context& context, const F& f, const Broadcast& g, int64_t n, Y* y, const X*... x) {
  if (g.same) return cuda::elementwise(context, f, n, y, x...);
  if (n == 0) return;
  cuda::launch(context.stream, cuda::elementwise_blocks(context, n), cuda::elementwise_threads, 0,
               joined_kernel<F, Y, X...>, f, g, n, y, x...);
}

}  // namespace

void cuda::unary_forward(Tensor& y, const Tensor& x, const UnaryFormula& formula) {
  dispatch_cuda("unary", y.dtype(), [&]<class T>() {
    std::visit(
        [&]<class Formula>(const Formula& f) {
          elementwise(use(y.device()), Forward<Formula>{f}, y.numel(), y.data<T>(), x.data<T>());
        },
        formula);
  });
}

void cuda::unary_backward(Tensor& dx, const Tensor& dy, const Tensor& kept, const UnaryFormula& formula,
                          bool accumulate) {
  dispatch_cuda("unary", dx.dtype(), [&]<class T>() {
    std::visit(
        [&]<class Formula>(const Formula& f) {
          const Context& context = use(dx.device());
          const UnaryBackward<Formula, T> backward{f};
          T* to = dx.data<T>();
          if (accumulate)
            elementwise(context, backward, dx.numel(), to, dy.data<T>(), kept.data<T>(), to);
          else
            elementwise(context, backward, dx.numel(), to, dy.data<T>(), kept.data<T>());
        },
        formula);
  });
}

void cuda::binary_forward(Tensor& y, const Tensor& a, const Tensor& b, const BinaryFormula& formula,
                          const Broadcast& g) {
  dispatch_cuda("binary", y.dtype(), [&]<class T>() {
    const Context& context = use(y.device());
    if (b.dtype() != a.dtype()) {  // a bias
      joined(context, Forward<pointwise::Add>{}, g, y.numel(), y.data<T>(), a.data<T>(), b.data<float>());
      return;
    }
    std::visit(
        [&]<class Formula>(const Formula& f) {
          joined(context, Forward<Formula>{f}, g, y.numel(), y.data<T>(), a.data<T>(), b.data<T>());
        },
        formula);
  });
}

void cuda::binary_backward(Tensor& d, const Tensor& dy, const Tensor& a, const Tensor& b, const BinaryFormula& formula,
                           int side, const Broadcast& g, bool accumulate) {
  dispatch_cuda("binary", d.dtype(), [&]<class T>() {
    std::visit(
        [&]<class Formula>(const Formula& f) {
          const Context& context = use(d.device());
          const auto run = [&](const auto& backward) {
            T* to = d.data<T>();
            if (!accumulate) return joined(context, backward, g, d.numel(), to, dy.data<T>(), a.data<T>(), b.data<T>());
            Broadcast with_target = g;
            for (int i = 0; i < g.rank; ++i) with_target.strides[3][i] = g.strides[0][i];
            joined(context, backward, with_target, d.numel(), to, dy.data<T>(), a.data<T>(), b.data<T>(), to);
          };
          if (side == 0)
            run(BinaryBackward<Formula, T, 0>{f});
          else
            run(BinaryBackward<Formula, T, 1>{f});
        },
        formula);
  });
}

void cuda::compare(Tensor& y, const Tensor& a, const Tensor& b, const Comparison& comparison, const Broadcast& g) {
  dispatch_cuda_number("compare", a.dtype(), [&]<class T>() {
    std::visit(
        [&]<class Formula>(const Formula& f) {
          joined(use(y.device()), Forward<Formula>{f}, g, y.numel(), y.data<uint8_t>(), a.data<T>(), b.data<T>());
        },
        comparison);
  });
}

void cuda::where(Tensor& y, const Tensor& condition, const Tensor& a, const Tensor& b, const Broadcast& g) {
  dispatch_cuda_number("where", a.dtype(), [&]<class T>() {
    joined(use(y.device()), Choose{}, g, y.numel(), y.data<T>(), condition.data<uint8_t>(), a.data<T>(), b.data<T>());
  });
}

}  // namespace radial
