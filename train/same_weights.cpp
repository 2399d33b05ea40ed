#include "train/same_weights.h"

#include "io/checksum.h"
#include "train/checkpoint.h"
#include "train/together.h"

namespace radial {
namespace {

uint64_t checksum(const Tensor& anywhere) {
  const Tensor x = anywhere.to(Device{});
  Checksum checksum;
  checksum.add(x.bytes_data(), x.bytes());
  return checksum.value();
}

}  // namespace

void check_same_weights(Group& group, Task& task, const std::string& when) {
  if (group.size() == 1) return;
  std::vector<std::string> names;
  std::vector<uint64_t> sums;
  for (const Party& party : task.parties())
    for (const NamedTensor& weight : weights_of(*party.network)) {
      names.push_back(party.prefix() + weight.name);
      sums.push_back(checksum(weight.tensor.detach()));
    }
  for (const NamedTensor& kept : task.state()) {
    names.push_back(kept.name);
    sums.push_back(checksum(kept.tensor.detach()));
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
