#include "train/precision.h"

#include "core/error.h"
#include "dist/group.h"

namespace radial {

const std::vector<std::string>& dtype_names() {
  static const std::vector<std::string> names = {"float32", "float64", "tf32", "bfloat16"};
  return names;
}

DType weights_dtype(const std::string& dtype) { return dtype == "float64" ? DType::f64 : DType::f32; }

DType activations_dtype(const std::string& dtype) { return dtype == "bfloat16" ? DType::bf16 : weights_dtype(dtype); }

namespace {

// Of several processes on a machine each takes a card of its own.
Device one_for_each_process(const std::string& device) {
  const Device first = parse_device(device);
  if (device != "auto" || first.type == DeviceType::cpu || world().local_size() == 1) return first;
  return parse_device("cuda:" + std::to_string(world().local_rank()));
}

}  // namespace

Device device_from(const std::string& device, const std::string& dtype) {
  const bool needs_cpu = dtype == "float64", needs_gpu = dtype == "tf32" || dtype == "bfloat16";
  check(!needs_cpu || !device.starts_with("cuda"), "device: ", device, " was asked for but ", dtype,
        " is the CPU's alone; use --device cpu or --dtype float32");
  const Device found = needs_cpu && device == "auto" ? Device{} : one_for_each_process(device);
  check(!needs_gpu || found.type == DeviceType::cuda,
        "device: ", device == "auto" ? "no GPU can be used" : device + " was asked for", " but ", dtype,
        " is a GPU's alone; use --dtype float32 (--device cuda says what a GPU lacks)");
  return found;
}

void place(Module& network, const std::string& device, const std::string& dtype) {
  const Device where = device_from(device, dtype);
  network.to(weights_dtype(dtype));
  network.to(where);
  set_tf32(where, dtype == "tf32");
}

}  // namespace radial
