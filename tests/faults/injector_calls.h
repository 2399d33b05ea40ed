// Between the functions of the C library (calls.cpp) and the injector.
#pragma once

#include <cerrno>
#include <optional>
#include <string>

#include "tests/faults/fault.h"

namespace faults {

bool watching();  // false within the injector itself

// The path that (directory, path) of an openat() means.
std::string path_at(int directory, const char* path);
std::string path_of(int descriptor);         // "" if it is not watched
std::string path_of_list(const void* list);  // of a DIR*

// What is to become of a call.
struct Decision {
  int error = 0;      // not 0: the call fails
  bool half = false;  // a write takes half
  bool ends = false;  // and then the process ends
};
Decision decide(Call call, const std::string& path, bool changes);
[[noreturn]] void end_process();

void opened(int descriptor, const std::string& path, bool is_new);
void opened_list(const void* list, const std::string& path);
void closed(int descriptor);
void closed_list(const void* list);
void synced(const std::string& path);
void finished(Call call, const std::string& path, bool changes);  // for the observer

// Calls `real` unless a fault is to happen at it; `failure` is what the call returns then.
template <class Real, class Result>
Result injected(Call call, const std::string& path, bool changes, Result failure, Real real) {
  if (const Decision decision = decide(call, path, changes); decision.error != 0) {
    errno = decision.error;
    return failure;
  }
  const Result result = real();
  if (result != failure) finished(call, path, changes);
  return result;
}

}  // namespace faults
