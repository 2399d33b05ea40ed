// What Radial is and where it runs: for `radial --version` and env.json.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace radial::apps {

std::string version_text();

// Commit, compiler, instruction set, threads, processor, memory, libraries.
nlohmann::ordered_json environment();

}  // namespace radial::apps
