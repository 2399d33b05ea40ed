#include "train/options.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "core/error.h"

namespace radial {
namespace {

// A decoder keeps up with several training threads.
int default_workers() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 4, 1, 4); }

void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
}

Loader loader(const TrainOptions& options, const ImageFolder& folder, const TransformOptions& transform,
              const Order& order, bool drop_last) {
  // Bytes are a quarter of what floats are on their way to a GPU, which normalises them.
  const bool on_gpu = device_from(options.device, options.dtype).type == DeviceType::cuda;
  const DType dtype = on_gpu ? DType::u8 : activations_dtype(options.dtype);
  return {std::make_shared<PictureSamples>(folder, transform, dtype), order,
          LoaderOptions{.batch_size = options.batch_size,
                        .drop_last = drop_last,
                        .seed = options.seed,
                        .workers = options.workers.value_or(default_workers()),
                        .on_bad = options.on_bad}};
}

Order order(const TrainOptions& options, const ImageFolder& folder, bool shuffle, int64_t limit) {
  return limited(shuffle ? shuffled(folder.size(), options.seed) : in_order(folder.size()), limit);
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

TransformOptions transform_options(const TrainOptions& options, bool train) {
  return {.image_size = options.image_size,
          .resize = options.resize,
          .augment = options.augment,
          .train = train,
          .mean = options.mean,
          .std = options.std};
}

Loader train_loader(const TrainOptions& options, const ImageFolder& folder) {
  return loader(options, folder, transform_options(options, true),
                order(options, folder, options.shuffle, options.limit_train), options.drop_last);
}

Loader val_loader(const TrainOptions& options, const ImageFolder& folder) {
  // The first N of a sorted list would be pictures of one class.
  const bool shuffle = options.shuffle && options.limit_val > 0;
  return loader(options, folder, transform_options(options, false), order(options, folder, shuffle, options.limit_val),
                false);
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
