#include "core/parallel.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <omp.h>

#include "core/error.h"

namespace radial {

namespace {
std::atomic<int> chosen_threads{0};
std::atomic<int> largest_team{1};  // that could be started

// OpenMP ends the process where it cannot start a thread (ulimit -u, the limit of a container). So as many threads are
// started once before it starts any, all at a time, and an error says how many there can be.
void try_to_start(int team) {
  static std::mutex one_at_a_time;
  const std::lock_guard turn(one_at_a_time);
  if (team <= largest_team) return;
  std::mutex until_all_run;
  std::string reason;
  std::vector<std::jthread> others;  // joined before the mutex goes, whatever is thrown
  {
    const std::lock_guard wait(until_all_run);
    try {
      while (static_cast<int>(others.size()) + 1 < team)
        others.emplace_back([&] { const std::lock_guard run(until_all_run); });
    } catch (const std::system_error& error) {
      reason = error.code().message();
    }
  }
  const size_t started = others.size() + 1;
  others.clear();
  check(reason.empty(), ErrorKind::io, "threads: ", team, " were to compute but the system starts no more than ",
        started, " (", reason, "; see ulimit -u); --threads ", started, " asks for fewer");
  largest_team = team;
}
}  // namespace

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
  // All that may ever be asked for: OpenMP keeps the threads of a small team beside which a larger one may not fit.
  if (team > largest_team) try_to_start(threads());
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
