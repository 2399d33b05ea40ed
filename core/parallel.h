// Work split over threads by shapes alone: the same bits whatever the number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>

namespace radial {

// Threads that parallel_for uses; 0 restores the default (OMP_NUM_THREADS, else all cores of this process).
void set_threads(int count);
int threads();

namespace detail {
// Runs call(context, task) for each task in [0, tasks). Rethrows the first exception of a task.
void run_tasks(int64_t tasks, void (*call)(void*, int64_t), void* context);
}  // namespace detail

// Runs f(task) for task in [0, tasks), each once, in any order, on any thread. The number of tasks must follow from
// shapes, never from threads(); results that tasks share must be combined in a fixed order afterwards.
// Inside another parallel_for the tasks run on the calling thread. An exception of a task is thrown to the caller.
template <class F>
void parallel_for(int64_t tasks, F&& f) {
  using Function = std::remove_reference_t<F>;
  detail::run_tasks(
      tasks, [](void* context, int64_t task) { (*static_cast<Function*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

// a / b for a >= 0 and b > 0, rounded up.
constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Work of one task: 256 KB of float32, in elements or in rows of `length` elements.
inline constexpr int64_t elements_per_task = 65536;
constexpr int64_t rows_per_task(int64_t length) { return elements_per_task / (length > 0 ? length : 1) + 1; }

// Cuts [0, n) into pieces of `grain` (the last may be shorter) and runs f(begin, end) for each.
template <class F>
void parallel_ranges(int64_t n, int64_t grain, F&& f) {
  const int64_t tasks = divide_up(n, grain);
  parallel_for(tasks, [&](int64_t task) {
    const int64_t begin = task * grain;
    f(begin, begin + grain < n ? begin + grain : n);
  });
}

}  // namespace radial
