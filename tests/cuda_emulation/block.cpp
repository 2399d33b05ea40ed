#include "tests/cuda_emulation/block.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "tests/cuda_emulation/device_memory.h"
#include "tests/cuda_emulation/fiber.h"
#include "tests/cuda_emulation/order.h"
#include "tests/cuda_emulation/sanitizers.h"

namespace cuda_emulation {

namespace {

constexpr size_t static_shared_limit = size_t{48} << 10;
constexpr unsigned warp_lanes = 32;

struct Thread {
  enum class State : uint8_t { running, waiting, done } state = State::running;
  uint3 index = {};
  unsigned number = 0;  // in the block
  Fiber* fiber = nullptr;
  Collective kind = Collective::barrier;
  Where where;
  uint64_t value = 0, result = 0;
  unsigned mask = 0, source = 0;
  unsigned meetings = 0;  // barriers so far: which of two addresses tells the thread sanitizer of the next
  unsigned lane() const { return number % warp_lanes; }
  unsigned warp() const { return number / warp_lanes; }
};

// Addresses by which the thread sanitizer learns that a barrier orders memory; new ones for each block.
struct Synchronised {
  std::array<uint64_t, 2> block;
  std::array<std::array<uint64_t, 2>, 32> warp;
};

struct SharedBlock {
  void* memory;
  size_t bytes;
};

// All that one launch and its running block need. One launch runs at a time.
struct Machine {
  std::optional<Order> order;
  Launch launch;
  void (*body)(void*) = nullptr;
  void* context = nullptr;
  uint3 block_index = {};
  uint64_t block_serial = 0;
  std::vector<Thread> threads;
  std::vector<unsigned> ready;  // numbers of threads, a stack: a warp runs on until it must wait
  std::array<unsigned, 32> waiting_lanes = {};
  Thread* current = nullptr;
  std::string error;
  std::vector<SharedBlock> shared;
  size_t static_shared = 0;
  void* dynamic_shared = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<Fiber*> idle;
  std::unique_ptr<Synchronised> synchronised;
  uint64_t launch_begin = 0, launch_end = 0;  // addresses for the thread sanitizer
};
Machine& machine = *new Machine;  // never destroyed: kernels may still run while static objects die

void leave_fiber() {
  WITH_TSAN(__tsan_release(&machine.launch_end);)
  machine.current->fiber->leave();
}

void fiber_body() {
  machine.current->fiber->body_started();
  for (;;) {
    WITH_TSAN(__tsan_acquire(&machine.launch_begin);)
    try {
      machine.body(machine.context);
    } catch (const Error& error) {  // must not leave the fiber: the scheduler throws it again
      machine.error = error.what();
    }
    machine.current->state = Thread::State::done;
    leave_fiber();
  }
}

// Under the thread sanitizer a fiber is a thread of its own, and another one in the next block, so that two threads
// and two blocks that touch one place without order are seen. Otherwise any idle one will do.
Fiber* fiber_for([[maybe_unused]] const Thread& thread) {
#ifdef EMULATION_TSAN
  const size_t place = 2 * thread.number + machine.block_serial % 2;
  while (machine.fibers.size() <= place) machine.fibers.push_back(std::make_unique<Fiber>(fiber_body));
  return machine.fibers[place].get();
#else
  if (machine.idle.empty()) {
    machine.fibers.push_back(std::make_unique<Fiber>(fiber_body));
    return machine.fibers.back().get();
  }
  Fiber* fiber = machine.idle.back();
  machine.idle.pop_back();
  return fiber;
#endif
}

void give_back([[maybe_unused]] Fiber* fiber) {
#ifndef EMULATION_TSAN
  machine.idle.push_back(fiber);
#endif
}

template <class Extent>
std::string triple(const Extent& v) {
  return text("(", v.x, ", ", v.y, ", ", v.z, ")");
}

std::string state_of(const Thread& thread) {
  static constexpr const char* kinds[] = {"__syncthreads", "a shuffle", "a vote", "__syncwarp"};
  if (thread.state == Thread::State::done) return "have ended";
  if (thread.state == Thread::State::running) return "run";
  return text("wait at ", kinds[static_cast<int>(thread.kind)], " in ", thread.where);
}

// "; threads 0-31 wait at __syncthreads in a.cu:7; threads 32-63 have ended"
std::string who_waits_where() {
  std::string all;
  const std::vector<Thread>& threads = machine.threads;
  for (size_t begin = 0, end = 0; begin < threads.size() && all.size() < 800; begin = end) {
    while (end < threads.size() && state_of(threads[end]) == state_of(threads[begin])) ++end;
    all += text("; threads ", begin, "-", end - 1, " ", state_of(threads[begin]));
  }
  return all;
}

// Lets `count` threads from `first` on run that the mask names.
void make_ready(size_t first, unsigned count, unsigned mask = ~0u) {
  for (unsigned i = 0; i < count; ++i) {
    Thread& thread = machine.threads[first + (machine.order->reverse() ? i : count - 1 - i)];
    if (!(mask >> thread.lane() & 1)) continue;
    thread.state = Thread::State::running;
    machine.ready.push_back(thread.number);
  }
}

// A thread has come to an operation of its warp: once all lanes of its mask are there, they exchange and go on.
void arrive_in_warp(const Thread& thread) {
  const size_t first = thread.warp() * warp_lanes;
  const auto count = static_cast<unsigned>(std::min<size_t>(warp_lanes, machine.threads.size() - first));
  Thread* const lanes = &machine.threads[first];
  const unsigned mask = thread.mask;
  if (!(mask >> thread.lane() & 1) || (count < warp_lanes && mask >> count))
    misuse("a mask lacks its own lane or names lanes that the block does not have" + who_waits_where());
  unsigned& waiting = machine.waiting_lanes[thread.warp()];
  waiting |= 1u << thread.lane();
  if ((waiting & mask) != mask) return;
  uint64_t votes = 0;
  for (unsigned i = 0; i < count; ++i) {
    const Thread& lane = lanes[i];
    if (!(mask >> i & 1)) continue;
    if (lane.mask != mask || lane.kind != thread.kind || !(lane.where == thread.where))
      misuse("lanes of one mask meet in different operations of a warp" + who_waits_where());
    if (lane.kind == Collective::shuffle && !(mask >> lane.source & 1))
      misuse("a shuffle reads a lane that is not in its mask" + who_waits_where());
    votes |= uint64_t{lane.value != 0} << i;
  }
  waiting &= ~mask;
  for (unsigned i = 0; i < count; ++i)
    if (mask >> i & 1) lanes[i].result = thread.kind == Collective::shuffle ? lanes[lanes[i].source].value : votes;
  make_ready(first, count, mask);
}

// Nobody can run: all threads must stand at one barrier.
void pass_barrier() {
  uint64_t sum = 0;
  for (const Thread& thread : machine.threads) {
    if (thread.state != Thread::State::waiting || thread.kind != Collective::barrier ||
        !(thread.where == machine.threads[0].where))
      misuse("the block is divided: not all of its threads wait at one barrier" + who_waits_where());
    sum += thread.value;
  }
  for (Thread& thread : machine.threads) thread.result = sum;
  make_ready(0, static_cast<unsigned>(machine.threads.size()));
}

void run_until_collective(Thread& thread) {
  if (!thread.fiber) thread.fiber = fiber_for(thread);
  machine.current = &thread;
  thread.fiber->enter();
  machine.current = nullptr;
  if (!machine.error.empty()) throw Error(machine.error);
  if (thread.state == Thread::State::done) {
    give_back(thread.fiber);
    thread.fiber = nullptr;
  } else if (thread.kind != Collective::barrier) {
    arrive_in_warp(thread);
  }
}

void begin_block() {
  ++machine.block_serial;
  machine.waiting_lanes.fill(0);
  machine.static_shared = 0;
  machine.synchronised = std::make_unique<Synchronised>();
  machine.dynamic_shared = nullptr;
  if (const size_t bytes = machine.launch.dynamic_bytes) {
    machine.dynamic_shared = allocate_guarded(bytes);
    machine.shared.push_back({machine.dynamic_shared, bytes});
  }
  const Launch& launch = machine.launch;
  machine.threads.assign(size_t{launch.block.x} * launch.block.y * launch.block.z, Thread{});
  for (unsigned i = 0; i < machine.threads.size(); ++i) {
    machine.threads[i].number = i;
    machine.threads[i].index = {i % launch.block.x, i / launch.block.x % launch.block.y,
                                i / (launch.block.x * launch.block.y)};
  }
}

// Also after an error, when fibers stand anywhere.
struct EndOfBlock {
  EndOfBlock() = default;
  EndOfBlock(const EndOfBlock&) = delete;
  EndOfBlock& operator=(const EndOfBlock&) = delete;
  ~EndOfBlock() {
    for (Thread& thread : machine.threads) {
      if (!thread.fiber) continue;
      thread.fiber->start_over();
      give_back(thread.fiber);
    }
    for (const SharedBlock& block : machine.shared) free_guarded(block.memory);
    machine.shared.clear();
    machine.ready.clear();
    machine.error.clear();
    machine.current = nullptr;
  }
};

void run_block() {
  const EndOfBlock end;
  begin_block();
  make_ready(0, static_cast<unsigned>(machine.threads.size()));
  const auto done = [](const Thread& thread) { return thread.state == Thread::State::done; };
  for (;;) {
    while (!machine.ready.empty()) {
      std::swap(machine.ready[machine.order->pick(machine.ready.size())], machine.ready.back());
      Thread& thread = machine.threads[machine.ready.back()];
      machine.ready.pop_back();
      run_until_collective(thread);
    }
    if (std::all_of(machine.threads.begin(), machine.threads.end(), done)) break;
    pass_barrier();
  }
  for (const SharedBlock& block : machine.shared)
    if (!guard_intact(block.memory, block.bytes)) misuse("a write behind the end of shared memory");
}

void check_launch(const Launch& launch) {
  const size_t threads = size_t{launch.block.x} * launch.block.y * launch.block.z;
  const dim3& grid = launch.grid;
  if (threads < 1 || threads > 1024 || launch.block.z > 64)
    misuse(text("a block of ", triple(launch.block), " threads"));
  if (grid.x < 1 || grid.x > 0x7FFFFFFF || grid.y < 1 || grid.y > 65535 || grid.z < 1 || grid.z > 65535)
    misuse(text("a grid of ", triple(grid), " blocks"));
  if (launch.dynamic_bytes > launch.dynamic_limit)
    misuse(text(launch.dynamic_bytes, " bytes of dynamic shared memory, but the kernel may ask for ",
                launch.dynamic_limit));
}

}  // namespace

const uint3& this_thread() { return machine.current->index; }
const uint3& this_block() { return machine.block_index; }
const dim3& block_extent() { return machine.launch.block; }
const dim3& grid_extent() { return machine.launch.grid; }
unsigned this_lane() { return machine.current->lane(); }

uint64_t meet(Collective kind, Where where, uint64_t value, unsigned mask, unsigned source) {
  Thread& thread = *machine.current;
  thread.state = Thread::State::waiting;
  thread.kind = kind;
  thread.where = where;
  thread.value = value;
  thread.mask = mask;
  thread.source = source;
  [[maybe_unused]] uint64_t* order = nullptr;  // shuffles and votes do not order memory
  if (kind == Collective::barrier) order = &machine.synchronised->block[thread.meetings++ % 2];
  if (kind == Collective::warp_barrier) order = &machine.synchronised->warp[thread.warp()][thread.meetings++ % 2];
  WITH_TSAN(if (order) __tsan_release(order);)
  leave_fiber();
  WITH_TSAN(if (order) __tsan_acquire(order);)
  return thread.result;
}

void misuse(const std::string& what) {
  const std::string thread = machine.current ? text("thread ", triple(machine.current->index), ", ") : "";
  throw Error(
      text(what, " [", thread, "block ", triple(machine.block_index), ", launch at ", machine.launch.where, "]"));
}

void* shared_memory(SharedArrayState& state, size_t bytes) {
  if (state.block == machine.block_serial) return state.memory;
  const Unseen unseen;
  state.memory = allocate_guarded(bytes);
  state.block = machine.block_serial;
  machine.shared.push_back({state.memory, bytes});
  machine.static_shared += bytes;
  if (machine.static_shared > static_shared_limit) misuse("more than 48 KiB of static shared memory");
  return state.memory;
}

void* dynamic_shared_memory() {
  if (!machine.dynamic_shared) misuse("dynamic shared memory, but the launch asked for none");
  return machine.dynamic_shared;
}

void run_grid(const Launch& launch, void (*body)(void*), void* context) {
  const Unseen unseen;
  machine.launch = launch;
  machine.body = body;
  machine.context = context;
  machine.block_index = {};
  check_launch(launch);
  if (!machine.order) machine.order.emplace();
  const DeviceAccess access;
  WITH_TSAN(__tsan_release(&machine.launch_begin);)
  const dim3& grid = launch.grid;
  for (const size_t block : machine.order->of_blocks(size_t{grid.x} * grid.y * grid.z)) {
    machine.block_index = {static_cast<unsigned>(block % grid.x), static_cast<unsigned>(block / grid.x % grid.y),
                           static_cast<unsigned>(block / (size_t{grid.x} * grid.y))};
    run_block();
  }
  WITH_TSAN(__tsan_acquire(&machine.launch_end);)
  check_device_guards();
}

}  // namespace cuda_emulation
