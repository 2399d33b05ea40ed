// Command lines as people type them.
#pragma once

#include <string>
#include <vector>

namespace radial::apps {

// As a shell would take it; `arguments` as main() gets them.
std::string shell_command(const std::vector<std::string>& arguments);
std::vector<std::string> process_arguments();  // of this process

}  // namespace radial::apps
