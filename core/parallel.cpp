#include "core/parallel.h"

#include <atomic>
#include <exception>

#include <omp.h>

namespace radial {

namespace {
std::atomic<int> chosen_threads{0};
}

void set_threads(int count) { chosen_threads = count > 0 ? count : 0; }

int threads() {
  const int chosen = chosen_threads;
  return chosen > 0 ? chosen : omp_get_max_threads();
}

void detail::run_tasks(int64_t tasks, void (*call)(void*, int64_t), void* context) {
  const int team = static_cast<int>(tasks < threads() ? tasks : threads());
  if (team <= 1 || omp_in_parallel()) {
    for (int64_t task = 0; task < tasks; ++task) call(context, task);
    return;
  }
  // An exception must not leave a parallel region: keep the first and throw it afterwards.
  std::exception_ptr error;
  std::atomic<bool> failed{false};
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
  for (int64_t task = 0; task < tasks; ++task) {
    if (failed.load(std::memory_order_relaxed)) continue;
    try {
      call(context, task);
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace radial
