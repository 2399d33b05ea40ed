#include "data/fingerprint.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/fnv.h"
#include "data/picture_file.h"

namespace radial {
namespace {

constexpr int64_t piece_bytes = 16 << 10;

uint64_t digest_of(const std::filesystem::path& path) {
  const PictureFile file(path);
  const int64_t size = file.size();
  std::array<char, sizeof size + 3 * piece_bytes> bytes;
  std::memcpy(bytes.data(), &size, sizeof size);
  size_t used = sizeof size;
  if (size <= 3 * piece_bytes)
    used += file.read(bytes.data() + used, static_cast<size_t>(size), 0);
  else
    for (const int64_t at : {int64_t{0}, size / 2 - piece_bytes / 2, size - piece_bytes})
      used += file.read(bytes.data() + used, piece_bytes, at);
  return XXH3_64bits(bytes.data(), used);
}

// Calls work(0) ... work(n - 1) in several threads; throws what the first that failed threw. More threads than cores:
// they wait for the disk.
template <class Work>
void in_threads(int64_t n, const Work& work) {
  std::atomic<int64_t> next = 0;
  std::exception_ptr error;
  int64_t failed = n;
  std::mutex mutex;
  const auto run = [&] {
    for (int64_t i = 0; (i = next++) < n;) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed) error = std::current_exception(), failed = i;
        return;
      }
    }
  };
  std::vector<std::jthread> threads;  // joined whatever is thrown
  const auto wanted = std::min<int64_t>(std::clamp(2 * std::thread::hardware_concurrency(), 2u, 16u), n / 32);
  try {
    while (static_cast<int64_t>(threads.size()) + 1 < wanted) threads.emplace_back(run);
  } catch (const std::system_error&) {  // no more than these are to be had
  }
  run();
  threads.clear();
  if (error) std::rethrow_exception(error);
}

}  // namespace

std::vector<std::string> fingerprints(const ImageFolder& folder) {
  std::vector<uint64_t> digests(folder.samples.size());
  in_threads(folder.size(), [&](int64_t i) { digests[static_cast<size_t>(i)] = digest_of(folder.path(i)); });
  std::vector<std::vector<uint64_t>> of_class(folder.classes.size());
  for (size_t i = 0; i < digests.size(); ++i)
    of_class[static_cast<size_t>(folder.samples[i].label)].push_back(digests[i]);
  std::vector<std::string> result;
  for (const std::vector<uint64_t>& pictures : of_class)
    result.push_back(hex_digits(XXH3_64bits(pictures.data(), pictures.size() * sizeof(uint64_t))));
  return result;
}

}  // namespace radial
