// The cards of a training's processes, where they exchange gradients among themselves.
#pragma once

#include <memory>
#include <string>

#include "core/device.h"
#include "dist/group.h"

namespace radial {

struct LinkedCards {
  std::unique_ptr<Group> group = nullptr;  // of the same ranks, whose memory() is the card; none: exchange on the host
  std::string told = "";                   // for people: "gradients by NCCL 2.28.9", or why not; "" without a card
};

// All ranks call it together, each with the device that it computes on. They use NCCL where all of them have it, in one
// version. Throws Error where NCCL is there and fails, with rank and call: usage for two ranks on one card.
LinkedCards link_cards(Group& hosts, Device own);

// "2.28.9"; throws Error(usage) that says why there is none.
std::string nccl_version();

}  // namespace radial
