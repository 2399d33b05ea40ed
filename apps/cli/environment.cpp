#include "apps/cli/environment.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include <CLI/Version.hpp>
#include <Eigen/Core>
#include <fmt/format.h>
#include <jpeglib.h>
#include <nlohmann/json.hpp>

#include "core/gpu_names.h"
#include "core/parallel.h"
#include "core/simd/target.h"
#include "core/version.h"
#include "data/archive_format.h"
#include "data/sound.h"
#include "io/protocol_buffers.h"

namespace radial::apps {
namespace {

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string system_name() {
  utsname names{};
  return uname(&names) == 0 ? fmt::format("{} {} {}", names.sysname, names.release, names.machine) : "unknown";
}

}  // namespace

std::string version_text() {
  return fmt::format(
      "radial {}\ncommit {}\ncompiler {}, {}\nSIMD {} (of {})\n{}\nsounds {}\ntar {}\nevent files, ONNX {}", version,
      commit, compiler, build, simd::target(), fmt::join(simd::supported_targets(), ", "), gpu_libraries(),
      sound_libraries(), archive_library(), protocol_buffers_library());
}

nlohmann::ordered_json environment(Device device) {
  nlohmann::ordered_json gpu;  // null where there is none
  if (device.type == DeviceType::cuda) gpu = gpu_name(device);
  std::ostringstream device_text;
  device_text << device;
  const int64_t memory = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return {{"version", version},
          {"commit", commit},
          {"compiler", compiler},
          {"build", build},
          {"simd", simd::target()},
          {"threads", threads()},
          {"processor", processor()},
          {"cores", std::thread::hardware_concurrency()},
          {"device", device_text.str()},
          {"gpu", gpu},
          {"memory_bytes", memory},
          {"system", system_name()},
          {"libraries",
           {{"CLI11", CLI11_VERSION},
            {"Eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
            {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
            {"Highway", simd::highway_version()},
            {"libjpeg-turbo", LIBJPEG_TURBO_VERSION_NUMBER},
            {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                          NLOHMANN_JSON_VERSION_PATCH)}}}};
}

}  // namespace radial::apps
