// Copies between many pairs of tensors in one launch: a block takes up to 16 KiB of one.
#include <algorithm>

#include "core/cuda/elementwise.h"
#include "core/cuda/row_teams.h"
#include "core/cuda/uploaded.h"
#include "core/kernels.h"

namespace radial {

namespace {

struct Copy {
  unsigned char* to;
  const unsigned char* from;
  int64_t bytes;
  cuda::RowBlocks rows;  // the pieces of the blocks
  bool in_packs;         // of 16 bytes
};

__global__ void __launch_bounds__(cuda::row_threads) copy_all_kernel(const Copy* copies, int count) {
  const Copy& copy = cuda::entry_of_block(copies, count);
  const int64_t begin = (blockIdx.x - copy.rows.first_block) * copy.rows.length;
  const int64_t bytes = min(copy.bytes - begin, copy.rows.length), packed = copy.in_packs ? bytes / 16 * 16 : 0;
  unsigned char* to = copy.to + begin;
  const unsigned char* from = copy.from + begin;
  for (int64_t i = int64_t{16} * threadIdx.x; i < packed; i += 16 * cuda::row_threads)
    cuda::pack_at<4>(reinterpret_cast<uint32_t*>(to + i)) =
        cuda::pack_at<4>(reinterpret_cast<const uint32_t*>(from + i));
  for (int64_t i = packed + threadIdx.x; i < bytes; i += cuda::row_threads) to[i] = from[i];
}

}  // namespace

void cuda::copy_all(std::vector<Tensor>& y, const std::vector<Tensor>& x, KernelMemory& memory) {
  constexpr int64_t piece = 16384;
  std::vector<Copy> copies;
  int64_t blocks = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    Copy copy{};
    copy.bytes = static_cast<int64_t>(x[i].bytes());
    if (copy.bytes == 0) continue;
    copy.to = static_cast<unsigned char*>(y[i].bytes_data());
    copy.from = static_cast<const unsigned char*>(x[i].bytes_data());
    copy.in_packs = reinterpret_cast<uintptr_t>(copy.to) % 16 == 0 && reinterpret_cast<uintptr_t>(copy.from) % 16 == 0;
    copy.rows = {(copy.bytes + piece - 1) / piece, piece, blocks};
    blocks += copy.rows.blocks();
    copies.push_back(copy);
  }
  if (blocks == 0) return;
  const Context& context = use(y[0].device());
  if (!memory) memory = std::make_shared<Uploaded<Copy>>();
  launch(context.stream, static_cast<unsigned>(blocks), row_threads, 0, copy_all_kernel,
         static_cast<Uploaded<Copy>*>(memory.get())->upload(context, copies), static_cast<int>(copies.size()));
}

}  // namespace radial
