// Patterns for the names of parameters: a name or its leading parts, where "*" stands for any part. layer1,
// layer1.0.conv1 and layer1.*.conv1 fit layer1.0.conv1.weight; layer does not.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace radial {

bool fits(std::string_view name, std::string_view pattern);
bool fits_any(std::string_view name, std::span<const std::string> patterns);

// Throws Error(usage) for a pattern that fits none of the names, with the nearest one that would, or with how names
// begin. `what` is for the message: "freeze:".
void check_patterns(const std::string& what, std::span<const std::string> patterns, std::span<const std::string> names);

// What a parameter belongs to: of layer1.0.conv1.weight layer1.0.conv1, of weight "".
std::string layer_of(const std::string& name);

}  // namespace radial
