// Scratch memory that kernels share.
#include "core/cuda/workspace.h"

#include "tests/cuda/card.h"

namespace radial {
namespace {

TEST_CASE("a workspace grows and is one block, but what a CUDA graph remembers stays beside it") {
  const auto card = find_card();
  if (!card) return;
  const size_t before = pool_statistics(*card).used;
  const auto used = [&] { return pool_statistics(*card).used - before; };
  {
    cuda::Workspace workspace(*card);
    CHECK(used() == 0);
    const void* block = workspace.take(1024, false);
    CHECK(workspace.take(512, false) == block);
    CHECK(used() == 1024);
    workspace.take(2048, false);
    CHECK(used() == 2048);
    workspace.take(100, true);
    CHECK(used() == 2048);
    workspace.take(4096, false);
    CHECK(used() == 2048 + 4096);
    workspace.take(8192, false);
    CHECK(used() == 2048 + 8192);
  }
  CHECK(used() == 0);
}

}  // namespace
}  // namespace radial
