// Copies to a card that nobody waits for: the values go to pinned memory first, from where the card fetches them when
// its stream comes to it.
#pragma once

#include <cstddef>

#include "core/cuda/context.h"

namespace radial::cuda {

// `bytes` of the host's memory to the card's, in the order of its stream. The source may be overwritten on return.
void copy_to_card(const Context& context, void* to, const void* from, size_t bytes);

}  // namespace radial::cuda
