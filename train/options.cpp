#include "train/options.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "core/error.h"

namespace radial {
namespace {

// A decoder keeps up with several training threads.
int default_workers() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 4, 1, 4); }

void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
}

LoaderOptions loader_options(const TrainOptions& options) {
  LoaderOptions loader;
  loader.transform.image_size = options.image_size;
  loader.transform.resize = options.resize;
  loader.transform.augment = options.augment;
  loader.transform.mean = options.mean;
  loader.transform.std = options.std;
  loader.batch_size = options.batch_size;
  loader.shuffle = options.shuffle;
  loader.seed = options.seed;
  // Bytes are a quarter of what floats are on their way to a GPU, which normalises them.
  const bool on_gpu = device_from(options.device, options.dtype).type == DeviceType::cuda;
  loader.dtype = on_gpu ? DType::u8 : activations_dtype(options.dtype);
  loader.workers = options.workers.value_or(default_workers());
  loader.on_bad_image = options.on_bad_image;
  return loader;
}

}  // namespace

void list_device(OptionList& list, std::string& device) {
  list.add("device", device, "cpu, cuda (the first GPU), cuda:N, or auto: a GPU if there is one", device_name(),
           Role::machine);
}

void list_threads(OptionList& list, int& threads) {
  list.add("threads", threads, "Threads that compute; 0: all cores", at_least(0), Role::machine);
}

void resolve(TrainOptions& options) {
  resolve(options.optimizer);
  if (!options.workers) options.workers = default_workers();
  device_from(options.device, options.dtype);  // throws if it cannot be used
  if (options.resize == 0) options.resize = TransformOptions{.image_size = options.image_size}.short_side();
  check(options.resize >= options.image_size, "train: --resize ", options.resize, " is smaller than --image-size ",
        options.image_size, ", which is cut out of it");
  make_absolute(options.data);
  make_absolute(options.init);
}

ModelOptions model_options(const TrainOptions& options) {
  return {.arch = options.arch,
          .classes = options.classes,
          .stem = options.stem,
          .image_size = options.image_size,
          .seed = options.seed};
}

LoaderOptions train_loader_options(const TrainOptions& options) {
  LoaderOptions loader = loader_options(options);
  loader.limit = options.limit_train;
  loader.drop_last = options.drop_last;
  return loader;
}

LoaderOptions val_loader_options(const TrainOptions& options) {
  LoaderOptions loader = loader_options(options);
  loader.transform.train = false;
  loader.limit = options.limit_val;
  // The first N of a sorted list would be pictures of one class.
  loader.shuffle = options.shuffle && options.limit_val > 0;
  return loader;
}

const std::vector<std::string>& dtype_names() {
  static const std::vector<std::string> names = {"float32", "float64", "tf32", "bfloat16"};
  return names;
}

DType weights_dtype(const std::string& dtype) { return dtype == "float64" ? DType::f64 : DType::f32; }

DType activations_dtype(const std::string& dtype) { return dtype == "bfloat16" ? DType::bf16 : weights_dtype(dtype); }

Device device_from(const std::string& device, const std::string& dtype) {
  const bool needs_cpu = dtype == "float64", needs_gpu = dtype == "tf32" || dtype == "bfloat16";
  check(!needs_cpu || !device.starts_with("cuda"), "device: ", device, " was asked for but ", dtype,
        " is the CPU's alone; use --device cpu or --dtype float32");
  const Device found = parse_device(needs_cpu && device == "auto" ? "cpu" : device);
  check(!needs_gpu || found.type == DeviceType::cuda,
        "device: ", device == "auto" ? "no GPU can be used" : device + " was asked for", " but ", dtype,
        " is a GPU's alone; use --dtype float32 (--device cuda says what a GPU lacks)");
  return found;
}

NetworkInput network_input(const TrainOptions& options, Device device) {
  NetworkInput input{device, activations_dtype(options.dtype), {}};
  for (size_t c = 0; c < 3; ++c) {
    input.pictures.mean[c] = options.mean[c];
    input.pictures.inv_std[c] = 1 / options.std[c];
  }
  return input;
}

}  // namespace radial
