// Copies to a card through pinned memory: the source may be overwritten at once, whatever is still under way.
#include "core/cuda/staging.h"

#include <cstring>
#include <thread>
#include <vector>

#include "core/tensor.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

Tensor bytes_of(int64_t n, int value) {
  Tensor bytes = Tensor::empty({n}, DType::u8);
  std::memset(bytes.bytes_data(), value, bytes.bytes());
  return bytes;
}

bool all_are(const Tensor& there, int value) {
  const Tensor here = there.to(Device{});
  return std::memcmp(here.bytes_data(), bytes_of(here.numel(), value).bytes_data(), here.bytes()) == 0;
}

// Pinned buffers grow while copies from the others are under way, and are used again for less than they hold.
TEST_CASE("copies of changing sizes that nobody waits for do not disturb each other") {
  const auto card = find_card();
  if (!card) return;
  std::vector<int64_t> sizes = {1, 1000, 70000, 3, 200000, 70001, 0, 400000, 5, 100, 300000, 1, 400001, 2, 65536};
  // More than there are buffers, small and large.
  for (size_t i = 0, n = sizes.size(); i < n; ++i) sizes.push_back(sizes[i]);
  Tensor source = Tensor::empty({400001}, DType::u8);
  std::vector<Tensor> there;
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::memset(source.bytes_data(), static_cast<int>(i + 1), source.bytes());
    there.push_back(source.slice(0, sizes[i]).to(*card));
  }
  std::memset(source.bytes_data(), 0xEE, source.bytes());
  for (size_t i = 0; i < sizes.size(); ++i) {
    CAPTURE(i, sizes[i]);
    CHECK(all_are(there[i], static_cast<int>(i + 1)));
  }
}

TEST_CASE("a tensor larger than a pinned buffer may be goes to the card in pieces") {
  const auto card = find_card();
  if (!card) return;
  constexpr int64_t piece = int64_t{128} << 20;
  Tensor source = bytes_of(piece + 5, 1);
  source.data<uint8_t>()[piece - 1] = 2;
  source.data<uint8_t>()[piece] = 3;
  const Tensor back = source.to(*card).to(Device{});
  CHECK(std::memcmp(back.bytes_data(), source.bytes_data(), source.bytes()) == 0);
}

TEST_CASE("several threads copy to one card") {
  const auto card = find_card();
  if (!card) return;
  constexpr int threads = 4, copies = 12;
  std::vector<std::vector<Tensor>> there(threads);
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&there, t, card] {
      for (int i = 0; i < copies; ++i)
        there[static_cast<size_t>(t)].push_back(bytes_of(1000 + 90000 * (i % 2), copies * t + i).to(*card));
    });
  for (std::thread& thread : running) thread.join();
  for (int t = 0; t < threads; ++t)
    for (int i = 0; i < copies; ++i)
      CHECK(all_are(there[static_cast<size_t>(t)][static_cast<size_t>(i)], copies * t + i));
}

}  // namespace
}  // namespace radial
