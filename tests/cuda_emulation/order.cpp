#include "tests/cuda_emulation/order.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>

#include "tests/cuda_emulation/where.h"

namespace cuda_emulation {

Order::Order() {
  const char* asked = std::getenv("RADIAL_EMULATION_ORDER");
  const std::string name = asked ? asked : "forward";
  if (name == "forward") return;
  if (name == "reverse") {
    kind_ = Kind::reverse;
  } else if (name == "random" || name.starts_with("random:")) {
    kind_ = Kind::random;
    if (name != "random") state_ = 2 * std::stoull(name.substr(7)) + 1;  // odd: never 0
  } else {
    throw Error(text("RADIAL_EMULATION_ORDER is ", name, " but must be forward, reverse, random or random:SEED"));
  }
}

uint64_t Order::next() {  // xorshift
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  return state_ ^= state_ << 17;
}

std::vector<size_t> Order::of_blocks(size_t count) {
  std::vector<size_t> blocks(count);
  std::iota(blocks.begin(), blocks.end(), size_t{0});
  if (kind_ == Kind::reverse) std::reverse(blocks.begin(), blocks.end());
  if (kind_ == Kind::random)
    for (size_t i = count; i > 1; --i) std::swap(blocks[i - 1], blocks[next() % i]);
  return blocks;
}

size_t Order::pick(size_t count) { return kind_ == Kind::random ? next() % count : count - 1; }

}  // namespace cuda_emulation
