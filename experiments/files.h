// The files experiments/*.toml, as CMake put them into the program.
#pragma once

#include <string>
#include <string_view>

namespace radial {

std::string_view experiment_file(const std::string& name);  // Error(internal) if there is none

}  // namespace radial
