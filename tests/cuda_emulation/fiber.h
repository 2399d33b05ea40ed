// A fiber: a stack of its own and a place in the code, entered and left by plain calls.
#pragma once

#include <cstddef>

namespace cuda_emulation {

class Fiber {
 public:
  // `body` runs when the fiber is entered first; it must leave by leave() and never return.
  explicit Fiber(void (*body)());
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void enter();         // from the scheduler: runs the fiber until it leaves
  void leave();         // from within the fiber: back to enter()'s caller
  void start_over();    // from the scheduler: forgets where the fiber was; it begins anew at its next enter()
  void body_started();  // first call of `body`

 private:
  struct Side;  // one end of a switch: what belongs to a stack
  void prepare();

  void (*body_)();
  char* stack_ = nullptr;
  Side *fiber_ = nullptr, *scheduler_ = nullptr;
};

}  // namespace cuda_emulation
