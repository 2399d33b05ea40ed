// parallel_for: every task once, exceptions reach the caller, and the same bits of every op for any number of threads.
#include "core/parallel.h"

#include <atomic>
#include <stdexcept>

#include "tests/catch.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

struct DefaultThreadsAgain {
  ~DefaultThreadsAgain() { set_threads(0); }
};

TEST_CASE("each task runs once, whatever the number of threads") {
  const DefaultThreadsAgain guard;
  for (const int count : {1, 2, 3, 16}) {
    set_threads(count);
    CHECK(threads() == count);
    for (const int64_t tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(tasks));
      parallel_for(tasks, [&](int64_t task) { ++runs[static_cast<size_t>(task)]; });
      for (const auto& run : runs) CHECK(run == 1);
    }
  }
  set_threads(0);
  CHECK(threads() >= 1);
}

TEST_CASE("ranges cover 0 to n - 1 in pieces of the grain") {
  for (const int64_t n : {0, 1, 9, 10, 11, 100}) {
    std::atomic<int64_t> covered{0}, pieces{0};
    parallel_ranges(n, 10, [&](int64_t begin, int64_t end) {
      if (begin % 10 != 0 || end > n || (end - begin != 10 && end != n)) return;
      covered += end - begin;
      ++pieces;
    });
    CHECK(covered == n);
    CHECK(pieces == (n + 9) / 10);
  }
}

TEST_CASE("a task's exception reaches the caller, and the next call works") {
  const DefaultThreadsAgain guard;
  for (const int count : {1, 4}) {
    set_threads(count);
    CHECK_THROWS_WITH(parallel_for(100,
                                   [](int64_t task) {
                                     if (task == 41) throw std::runtime_error("task 41");
                                   }),
                      "task 41");
    std::atomic<int64_t> total{0};
    parallel_for(100, [&](int64_t task) { total += task; });
    CHECK(total == 4950);
  }
}

TEST_CASE("inside a task, tasks run on the calling thread") {
  const DefaultThreadsAgain guard;
  set_threads(4);
  std::atomic<int> total{0};
  parallel_for(8, [&](int64_t) {
    int mine = 0;  // not atomic: another thread would be a race
    parallel_for(100, [&](int64_t) { ++mine; });
    total += mine;
  });
  CHECK(total == 800);
}

TEST_CASE("every op gives the same bits for any number of threads, forward and backward") {
  const DefaultThreadsAgain guard;
  for (const OpCase& c : op_cases()) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      set_threads(1);
      const OpResult one = run_case(c, dtype);
      for (const int count : {2, 3, 16}) {
        set_threads(count);
        const OpResult many = run_case(c, dtype);
        CAPTURE(c.name, name_of(dtype), count);
        CHECK(many.y.to_vector() == one.y.to_vector());
        for (size_t i = 0; i < one.gradients.size() && c.differentiable; ++i)
          CHECK(many.gradients[i].to_vector() == one.gradients[i].to_vector());
      }
    }
  }
}

}  // namespace
}  // namespace radial
