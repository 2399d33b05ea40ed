// What a network says of sounds, piece by piece, and what that comes to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace radial {

// Mean over the pieces of a sound of softmax (of one class) or sigmoid (of tags), in double: logits [pieces, outputs].
std::vector<double> mean_probabilities(std::span<const double> logits, int64_t outputs, bool tagged);

// -log p of the label, or the mean over tags of -(t log p + (1 - t) log(1 - p)), with p at least 1e-300.
double class_loss(std::span<const double> probabilities, int32_t label);
double tag_loss(std::span<const double> probabilities, std::span<const float> targets);

}  // namespace radial
