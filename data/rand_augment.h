// RandAugment (Cubuk et al., NeurIPS 2020) with torchvision's 14 operations, magnitudes and order.
#pragma once

#include <string>
#include <vector>

#include "core/random.h"
#include "data/image.h"

namespace radial {

inline constexpr int rand_augment_operations = 2, rand_augment_magnitude = 9;  // of 30

// Identity, ShearX, ... Equalize: in torchvision's order.
const std::vector<std::string>& rand_augment_names();

// How strong an operation is, of 0 .. 30, on pictures of this size; 0 for those that have no strength.
double rand_augment_strength(const std::string& name, int magnitude, int width, int height);
bool is_signed(const std::string& name);  // its strength is positive or negative, at random
void apply_operation(Image& image, const std::string& name, double strength);

// Two operations at random, one after the other.
void rand_augment(Image& image, Random& random);

}  // namespace radial
