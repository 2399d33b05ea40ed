// The ranks of a group as cards, which exchange what lies in their memory by NCCL.
#pragma once

#include <memory>

#include "core/device.h"
#include "dist/group.h"
#include "dist/nccl_library.h"

namespace radial {

// all_to_all() and all_gather() go from card to card, in the order of the card's stream; the rest is done by `hosts`,
// which must outlive it. Each rank has a card of its own. Throws Error with the rank and NCCL's call.
std::unique_ptr<Group> nccl_group(Group& hosts, Device card);

}  // namespace radial
