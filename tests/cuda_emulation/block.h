// The scheduler: runs a grid block by block, the threads of a block as fibers. A thread runs until its next collective;
// when all who take part have come, they go on. What the threads exchange, and whether they may, is decided here.
#pragma once

#include <cstdint>

#include "tests/cuda_emulation/vector_types.h"
#include "tests/cuda_emulation/where.h"

namespace cuda_emulation {

enum class Collective : uint8_t { barrier, shuffle, vote, warp_barrier };

// What a kernel's thread sees.
const uint3& this_thread();
const uint3& this_block();
const dim3& block_extent();
const dim3& grid_extent();
unsigned this_lane();

// Waits for the others of the block (barrier) or of the mask. The result: for a barrier the sum of all values, for a
// shuffle the value of lane `source`, for a vote the lanes whose value is not 0.
uint64_t meet(Collective kind, Where where, uint64_t value = 0, unsigned mask = 0, unsigned source = 0);

// Ends the launch with an Error that names thread, block and launch.
[[noreturn]] void misuse(const std::string& what);

// Memory of the running block: a shared array asks for its own at its first use in each block.
struct SharedArrayState {
  void* memory = nullptr;
  uint64_t block = 0;  // the serial number of the block that `memory` belongs to
};
void* shared_memory(SharedArrayState& state, size_t bytes);
void* dynamic_shared_memory();

// Runs body(context) once for each thread of each block. dynamic_limit: shared bytes that this kernel may ask for.
struct Launch {
  dim3 grid, block;
  size_t dynamic_bytes = 0, dynamic_limit = 0;
  Where where;
};
void run_grid(const Launch& launch, void (*body)(void*), void* context);

}  // namespace cuda_emulation
