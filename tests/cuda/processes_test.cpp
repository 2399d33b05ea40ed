// Several processes, a card each, which exchange gradients by NCCL. That of the emulated device takes MPI's way
// (tests/cuda_emulation/nccl.cpp).
#include "tests/apps/processes.h"

#include <cstdlib>

#include "tests/apps/training.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

// While one lives, the emulated device has so many cards.
class EmulatedCards {
 public:
  explicit EmulatedCards(int number) { setenv("RADIAL_EMULATION_CARDS", std::to_string(number).c_str(), 1); }
  ~EmulatedCards() { unsetenv("RADIAL_EMULATION_CARDS"); }
  EmulatedCards(const EmulatedCards&) = delete;
  EmulatedCards& operator=(const EmulatedCards&) = delete;
};

bool has_cards(int number) {
  const std::string why = cuda::obstacle(number - 1);
  if (!why.empty()) WARN("skipped: no GPU can be used: " << why);
  return why.empty();
}

// Four batches an epoch.
std::string on_cards(const std::string& options) {
  return "train " + small_pictures() +
         " --arch convnet --image-size 8 --batch-size 8 --lr 0.05 --threads 1 --workers 1 --accumulate 4 --device "
         "auto " +
         options;
}

std::string said_by(const std::string& folder) { return read_text(folder + ".err"); }

}  // namespace

TEST_CASE("a training on several cards has the bits of that on one", "[processes]") {
  const int ranks = GENERATE(2, 4);
  const EmulatedCards cards(ranks);
  if (!has_mpi() || !has_cards(ranks)) return;
  CAPTURE(ranks);
  const ScratchFolder scratch;
  const std::string one = scratch / "one", nccl = scratch / "nccl", host = scratch / "host";
  const std::string training = on_cards("--epochs 2 --optimizer adamp --clip-grad 1");
  REQUIRE(run_to(one, "%R " + training) == 0);
  REQUIRE(run_to(nccl, mpirun(ranks) + training) == 0);
  check_same_runs(one, nccl);
  CHECK(occurrences_of("gradients by NCCL 2.", said_by(nccl)) == static_cast<size_t>(ranks));
  CHECK(occurrences_of("cuda:1", said_by(nccl)) == 1);
  if (ranks > 2) return;
  REQUIRE(run_to(host, mpirun(ranks, "-x RADIAL_NCCL_LIBRARY=off") + training) == 0);
  check_same_runs(one, host);
}

TEST_CASE("without NCCL cards exchange gradients through the host, which is said", "[processes]") {
  const EmulatedCards cards(2);
  if (!has_mpi() || !has_cards(2)) return;
  const ScratchFolder scratch;
  const std::string run = scratch / "run";
  REQUIRE(run_to(run, mpirun(2, "-x RADIAL_NCCL_LIBRARY=/nowhere/libnccl.so.2") + on_cards("--epochs 1")) == 0);
  CHECK(occurrences_of("gradients through the host (no NCCL: /nowhere/libnccl.so.2", said_by(run)) == 2);
}

TEST_CASE("what NCCL finds wrong ends all, with rank and call", "[processes]") {
  const EmulatedCards cards(2);
  if (!has_mpi() || !has_cards(2)) return;
  const ScratchFolder scratch;
  const std::string twice = scratch / "twice", lost = scratch / "lost";
  CHECK(run_to(twice, mpirun(2) + on_cards("--device cuda:0")) == 2);
  CHECK_THAT(said_by(twice), ContainsSubstring("rank ") && ContainsSubstring("ncclCommInitRank") &&
                                 ContainsSubstring("Duplicate GPU") && ContainsSubstring("a card of its own"));
  CHECK_FALSE(std::filesystem::exists(twice));
#ifdef RADIAL_CUDA_EMULATED
  CHECK(run_to(lost, mpirun(2, "-x RADIAL_EMULATION_NCCL_LOST=2") + on_cards("--epochs 3")) == 1);
  CHECK_THAT(said_by(lost), ContainsSubstring("rank ") && ContainsSubstring("an exchange between cards") &&
                                ContainsSubstring("remote process exited"));
  CHECK(state_of(lost)["finished_epochs"] == 1);  // goes on from there
#endif
}

}  // namespace radial
