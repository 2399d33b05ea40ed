#include "tests/cuda_emulation/fiber.h"

#include <algorithm>
#include <sys/mman.h>

#include "tests/cuda_emulation/sanitizers.h"
#include "tests/cuda_emulation/where.h"

// The switch itself. ucontext's asks the kernel for the signal mask each time, 20 times the cost: it is for processors
// that have no few lines here.
#ifdef __x86_64__
asm(R"(
.text
.type cuda_emulation_switch, @function
cuda_emulation_switch:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
.size cuda_emulation_switch, .-cuda_emulation_switch
)");
extern "C" void cuda_emulation_switch(void** from, void* to);
#else
#include <ucontext.h>
#endif

namespace cuda_emulation {

namespace {
constexpr size_t stack_bytes = size_t{128} << 10, guard_bytes = 4096;
}

struct Fiber::Side {
#ifdef __x86_64__
  void* stack_pointer = nullptr;
#else
  ucontext_t context = {};
#endif
  [[maybe_unused]] void* fake_stack = nullptr;    // of the address sanitizer
  [[maybe_unused]] void* thread = nullptr;        // of the thread sanitizer
  [[maybe_unused]] const void* bottom = nullptr;  // the stack
  [[maybe_unused]] size_t bytes = 0;

  void switch_to(Side& other) {
    WITH_ASAN(__sanitizer_start_switch_fiber(&fake_stack, other.bottom, other.bytes);)
    WITH_TSAN(__tsan_switch_to_fiber(other.thread, __tsan_switch_to_fiber_no_sync);)
#ifdef __x86_64__
    cuda_emulation_switch(&stack_pointer, other.stack_pointer);
#else
    swapcontext(&context, &other.context);
#endif
    WITH_ASAN(__sanitizer_finish_switch_fiber(fake_stack, &other.bottom, &other.bytes);)
  }
};

Fiber::Fiber(void (*body)()) : body_(body) {
  void* memory = mmap(nullptr, stack_bytes + guard_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, guard_bytes, PROT_NONE) != 0) throw Error("no memory for a fiber");
  stack_ = static_cast<char*>(memory) + guard_bytes;
  fiber_ = new Side;
  scheduler_ = new Side;
  prepare();
}

Fiber::~Fiber() {
  WITH_TSAN(__tsan_destroy_fiber(fiber_->thread);)
  munmap(stack_ - guard_bytes, stack_bytes + guard_bytes);
  delete fiber_;
  delete scheduler_;
}

void Fiber::prepare() {
  WITH_ASAN(__asan_unpoison_memory_region(stack_, stack_bytes);)
  WITH_TSAN(fiber_->thread = __tsan_create_fiber(0);)
  fiber_->fake_stack = nullptr;
  fiber_->bottom = stack_;
  fiber_->bytes = stack_bytes;
#ifdef __x86_64__
  void** top = reinterpret_cast<void**>(stack_ + stack_bytes) - 8;  // six registers, the return address, alignment
  std::fill(top, top + 8, nullptr);
  top[6] = reinterpret_cast<void*>(body_);
  fiber_->stack_pointer = top;
#else
  getcontext(&fiber_->context);
  fiber_->context.uc_stack.ss_sp = stack_;
  fiber_->context.uc_stack.ss_size = stack_bytes;
  makecontext(&fiber_->context, body_, 0);
#endif
}

void Fiber::start_over() {
  WITH_TSAN(__tsan_destroy_fiber(fiber_->thread);)
  prepare();
}

void Fiber::enter() {
  WITH_TSAN(scheduler_->thread = __tsan_get_current_fiber();)
  scheduler_->switch_to(*fiber_);
}

void Fiber::leave() { fiber_->switch_to(*scheduler_); }

void Fiber::body_started() {
  WITH_ASAN(__sanitizer_finish_switch_fiber(nullptr, &scheduler_->bottom, &scheduler_->bytes);)
}

}  // namespace cuda_emulation
