#include "apps/environment.h"

#include <cstdio>
#include <fstream>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include <CLI/Version.hpp>
#include <Eigen/Core>
#include <fmt/format.h>
#include <hwy/highway.h>
#include <jpeglib.h>
#include <nlohmann/json.hpp>

#include "core/parallel.h"
#include "core/simd/target.h"
#include "core/version.h"

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
  return fmt::format("radial {}\ncommit {}\ncompiler {}, {}\nSIMD {} (of {})\ncpu only", version, commit, compiler,
                     build, simd::target(), fmt::join(simd::supported_targets(), ", "));
}

nlohmann::ordered_json environment() {
  const int64_t memory = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return {{"version", version},
          {"commit", commit},
          {"compiler", compiler},
          {"build", build},
          {"simd", simd::target()},
          {"threads", threads()},
          {"processor", processor()},
          {"cores", std::thread::hardware_concurrency()},
          {"gpu", nullptr},
          {"memory_bytes", memory},
          {"system", system_name()},
          {"libraries",
           {{"CLI11", CLI11_VERSION},
            {"Eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
            {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
            {"Highway", fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH)},
            {"libjpeg-turbo", LIBJPEG_TURBO_VERSION_NUMBER},
            {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                          NLOHMANN_JSON_VERSION_PATCH)}}}};
}

}  // namespace radial::apps
