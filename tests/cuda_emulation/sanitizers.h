// What the sanitizers must be told, empty in other builds. The library of the emulation itself is compiled without the
// thread sanitizer: it watches the kernels, not the scheduler.
#pragma once

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define EMULATION_ASAN 1
#define WITH_ASAN(...) __VA_ARGS__
#else
#define WITH_ASAN(...)
#endif

#ifdef EMULATION_TSAN
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#define WITH_TSAN(...) __VA_ARGS__
#else
#define WITH_TSAN(...)
#endif

namespace cuda_emulation {

// While one lives, the thread sanitizer does not see what this thread or fiber reads and writes.
struct Unseen {
  Unseen() { WITH_TSAN(AnnotateIgnoreReadsBegin("", 0); AnnotateIgnoreWritesBegin("", 0);) }
  ~Unseen() { WITH_TSAN(AnnotateIgnoreReadsEnd("", 0); AnnotateIgnoreWritesEnd("", 0);) }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
};

}  // namespace cuda_emulation
