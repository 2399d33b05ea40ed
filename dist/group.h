// The processes of a training (ranks), and what they tell each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/device.h"

namespace radial {

// A part of a buffer.
struct Piece {
  int64_t offset = 0, bytes = 0;
};

// All ranks call the same functions in the same order; each waits for the others. A rank that is lost ends all of them:
// the launcher sees to that. Of size 1, where there is nobody to wait for, so that callers need not ask.
class Group {
 public:
  Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  virtual ~Group() = default;

  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  virtual int local_rank() const { return 0; }  // among those of this machine
  virtual int local_size() const { return 1; }
  bool leads() const { return rank() == 0; }  // the one that writes files and messages

  // What each rank gave, in the order of ranks. For what is small.
  virtual std::vector<std::string> gather(const std::string& mine) { return {mine}; }
  // Where what the next two read and write lies.
  virtual Device memory() const { return {}; }
  // sent[r] of `from` goes to rank r; what rank r sends here arrives in received[r] of `to`. Pieces of at most 2 GB.
  virtual void all_to_all(const std::byte* /*from*/, std::span<const Piece> /*sent*/, std::byte* /*to*/,
                          std::span<const Piece> /*received*/) {}
  // `all` is a piece for each rank, of `bytes` each: what rank r has in its own, all have afterwards. At most 2 GB
  // each.
  virtual void all_gather(std::byte* /*all*/, int64_t /*bytes*/) {}

  // The last call: waits until all have come so far.
  virtual void leave() {}
  // Ends all ranks at once, where the others would wait for this one in vain.
  virtual void abort(int /*code*/) {}

  // Whether all ranks end with the same error, which each of them knows: nobody waits for another in vain.
  bool ends_together() const { return ends_together_; }
  void end_together() { ends_together_ = true; }

 private:
  bool ends_together_ = false;
};

// The processes that this one was started with, once join_world() was called; this one alone before.
Group& world();

// Looks for a launcher (mpirun, mpiexec, srun) in the environment, and opens MPI if there is one that started several
// processes. Throws Error(usage) where there are several that cannot speak to each other: this build has no MPI, or a
// variable such as WORLD_SIZE says so but no launcher of MPI.
void join_world();

// How many processes a launcher started; 1 without one. Nothing is opened.
int launched_processes();

}  // namespace radial
