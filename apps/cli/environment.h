// What Radial is and where it runs: for `radial --version` and env.json.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/device.h"

namespace radial::apps {

std::string version_text();

// Commit, compiler, instruction set, threads, processor, the device that is computed on, memory, libraries.
nlohmann::ordered_json environment(Device device);

}  // namespace radial::apps
