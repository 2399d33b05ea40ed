#include "core/cuda/context.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "core/error.h"

namespace radial::cuda {

namespace {

// cudaGetDeviceCount, and why it found none.
int count_devices(std::string& why) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorInsufficientDriver)
    why = "there is no NVIDIA driver, or it is older than this Radial's CUDA";
  else if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0))
    why = "there is no CUDA device";
  else if (error != cudaSuccess)
    why = std::string("CUDA says: ") + cudaGetErrorString(error);
  if (error != cudaSuccess) cudaGetLastError();  // not the next call's error
  return why.empty() ? count : 0;
}

int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  check_cuda(cudaDeviceGetAttribute(&value, which, index), "device");
  return value;
}

ConvolutionOptions default_convolutions() {
  ConvolutionOptions options;
  if (const char* text = std::getenv("RADIAL_CUDNN_TIMED_PLANS")) {
    const char* end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, options.timed_plans);
    check(error == std::errc{} && stop == end && options.timed_plans >= 1, "conv2d: RADIAL_CUDNN_TIMED_PLANS is \"",
          text, "\" but must be a number of at least 1");
  }
  return options;
}

std::unique_ptr<Context> open(int index) {
  const std::string why = obstacle(index);
  check(why.empty(), "device: cuda:", index, " cannot be used: ", why);
  check_cuda(cudaSetDevice(index), "device");
  auto context = std::make_unique<Context>();
  context->index = index;
  check_cuda(cudaStreamCreateWithFlags(&context->stream, cudaStreamNonBlocking), "device");
  context->multiprocessors = attribute(cudaDevAttrMultiProcessorCount, index);
  context->shared_bytes = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, index);
  context->convolutions = default_convolutions();
  return context;
}

// The current card becomes this one.
Context& context_of(int index) {
  // Never destroyed: the driver may be gone before static objects are.
  static std::mutex* const mutex = new std::mutex;
  static auto* const contexts = new std::vector<std::unique_ptr<Context>>;
  const std::lock_guard lock(*mutex);
  const auto place = static_cast<size_t>(index);
  if (place >= contexts->size()) contexts->resize(place + 1);
  std::unique_ptr<Context>& context = (*contexts)[place];
  if (!context) context = open(index);
  check_cuda(cudaSetDevice(index), "device");
  return *context;
}

}  // namespace

const Context& use(int index) { return context_of(index); }

void set_convolution_options(int index, const ConvolutionOptions& options) {
  check(options.timed_plans >= 1, "conv2d: 0 plans are to be timed but 1 at least must be taken");
  context_of(index).convolutions = options;
}

std::string obstacle(int index) {
  std::string why;
  const int count = count_devices(why);
  if (why.empty() && (index < 0 || index >= count))
    why = "there " + (count == 1 ? std::string("is 1 CUDA device") : "are " + std::to_string(count) + " CUDA devices") +
          ", counted from 0";
  return why;
}

void synchronize(int index) { check_cuda(cudaStreamSynchronize(use(index).stream), "synchronize"); }

}  // namespace radial::cuda
