// What an op was told beside tensors: the stride of a convolution, the order of a permutation. The tape needs none of
// it; who observes forward passes to make the network again elsewhere does (nn/trace.h).
#pragma once

#include <any>

namespace radial {

// Right before record(): the options of the op, which its observers may ask for. Costs nothing where nobody asks.
//
//   const ToldOptions told(geometry);
//   return record("conv2d", ...);
class ToldOptions {
 public:
  template <class Options>
  explicit ToldOptions(const Options& options)
      : options_(&options), copy_([](const void* told) { return std::any(*static_cast<const Options*>(told)); }) {
    before_ = told_;
    told_ = this;
  }
  template <class Options>
  explicit ToldOptions(const Options&&) = delete;  // they must outlive it
  ~ToldOptions() { told_ = before_; }
  ToldOptions(const ToldOptions&) = delete;
  ToldOptions& operator=(const ToldOptions&) = delete;

  // In the function of a ForwardObserver: a copy of what the op told, whose type the op's source says; nothing of an op
  // that tells nothing.
  static std::any of_op() { return told_ != nullptr ? told_->copy_(told_->options_) : std::any(); }

 private:
  static inline thread_local const ToldOptions* told_ = nullptr;
  const void* options_;
  std::any (*copy_)(const void*);
  const ToldOptions* before_;
};

}  // namespace radial
