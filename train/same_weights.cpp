#include "train/same_weights.h"

#include <cstring>

#include "train/checkpoint.h"
#include "train/together.h"

namespace radial {
namespace {

// FNV-1a, of eight bytes at once.
uint64_t checksum(const Tensor& anywhere) {
  const Tensor x = anywhere.to(Device{});
  const auto* bytes = static_cast<const std::byte*>(x.bytes_data());
  uint64_t hash = 0xCBF29CE484222325;
  size_t at = 0;
  for (uint64_t word = 0; at + sizeof word <= x.bytes(); at += sizeof word) {
    std::memcpy(&word, bytes + at, sizeof word);
    hash = (hash ^ word) * 0x100000001B3;
    hash ^= hash >> 32;
  }
  for (; at < x.bytes(); ++at) hash = (hash ^ static_cast<uint64_t>(bytes[at])) * 0x100000001B3;
  return hash;
}

}  // namespace

void check_same_weights(Group& group, const Task& task, const std::string& when) {
  if (group.size() == 1) return;
  std::vector<std::string> names;
  std::vector<uint64_t> sums;
  for (const Party& party : task.parties())
    for (const NamedTensor& weight : weights_of(*party.network)) {
      names.push_back(party.prefix() + weight.name);
      sums.push_back(checksum(weight.tensor.detach()));
    }
  const std::vector<std::string> all = group.gather(packed<uint64_t>(sums));
  together(group, [&] {
    for (size_t rank = 0; rank < all.size(); ++rank) {
      const std::vector<uint64_t> of_rank = unpacked<uint64_t>(all[rank]);
      for (size_t i = 0; i < names.size(); ++i)
        check(of_rank.at(i) == sums[i], ErrorKind::internal, "several processes: ", when, " rank ", rank, " and rank ",
              group.rank(), " have different values in ", names[i],
              "; do all machines run the same build on the same kind of processor (or GPU)?");
    }
  });
}

}  // namespace radial
