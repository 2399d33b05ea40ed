// Every allocation of the process is counted, and one of them fails: those of C++ (operator new), of C libraries, and
// those of the pools for tensors, as all come from malloc and its kin (allocations.cpp).
#pragma once

#include <cstdint>

namespace faults {

// The n-th allocation from now fails (0: none), and those after it if `from_here`.
void watch_allocations(int64_t fails_at, bool from_here);
int64_t allocations();

}  // namespace faults
