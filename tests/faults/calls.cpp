// The functions of the C library that work on files, for this whole program and for the libraries that it loads: each
// asks the injector and then calls the library's own. (The linker prefers a program's functions to a shared library's.)
// What the C library calls within itself does not come by here: fopen, say, opens without open.
#include <cstdarg>
#include <cstdio>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/faults/injector_calls.h"

namespace {

using namespace faults;

// The C library's own function of that name.
template <class Function>
Function* own(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

#define OWN(name)                                     \
  ([] {                                               \
    static const auto function = own(&::name, #name); \
    return function;                                  \
  }())

bool creates(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

// Opens through `real`, in the name of the injector.
template <class Real>
int opened_by(const std::string& path, int flags, Real real) {
  struct stat status {};
  const bool is_new = creates(flags) && OWN(stat)(path.c_str(), &status) != 0;
  const int descriptor = injected(Call::open, path, creates(flags), -1, real);
  if (descriptor >= 0) opened(descriptor, path, is_new);
  return descriptor;
}

mode_t permissions(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

// A write of `bytes` bytes through real(bytes).
template <class Real>
ssize_t written_by(int descriptor, size_t bytes, Real real) {
  const std::string path = path_of(descriptor);
  if (path.empty()) return real(bytes);
  const Decision decision = decide(Call::write, path, true);
  if (decision.error != 0) {
    errno = decision.error;
    return -1;
  }
  const ssize_t count = real(decision.half ? bytes / 2 : bytes);
  if (decision.ends) end_process();
  if (count >= 0) finished(Call::write, path, true);
  return count;
}

template <class Real>
ssize_t read_by(int descriptor, Real real) {
  const std::string path = path_of(descriptor);
  return path.empty() ? real() : injected(Call::read, path, false, ssize_t{-1}, real);
}

// fsync and fdatasync: what is lost in a power cut is the injector's to say, so nothing waits for a real disk.
int synced_by(int descriptor, int (*real)(int)) {
  const std::string path = path_of(descriptor);
  if (path.empty()) return real(descriptor);
  return injected(Call::sync, path, false, -1, [&] {
    synced(path);
    return 0;
  });
}

template <class Real>
int looked_at_by(const std::string& path, Real real) {
  return injected(Call::stat, path, false, -1, real);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = permissions(flags, arguments);
  va_end(arguments);
  const auto real = [&] { return OWN(open)(path, flags, mode); };
  return watching() ? opened_by(path_at(AT_FDCWD, path), flags, real) : real();
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = permissions(flags, arguments);
  va_end(arguments);
  return open(path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = permissions(flags, arguments);
  va_end(arguments);
  const auto real = [&] { return OWN(openat)(directory, path, flags, mode); };
  return watching() ? opened_by(path_at(directory, path), flags, real) : real();
}

int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = permissions(flags, arguments);
  va_end(arguments);
  return openat(directory, path, flags, mode);
}

int creat(const char* path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return creat(path, mode); }

FILE* fopen(const char* path, const char* mode) {
  const auto real = [&] { return OWN(fopen)(path, mode); };
  if (!watching()) return real();
  return injected(Call::open, path_at(AT_FDCWD, path), *mode != 'r', static_cast<FILE*>(nullptr), real);
}
FILE* fopen64(const char* path, const char* mode) { return fopen(path, mode); }

int close(int descriptor) {
  const auto real = [&] { return OWN(close)(descriptor); };
  if (!watching()) return real();
  const std::string path = path_of(descriptor);
  if (path.empty()) return real();
  // A close that fails closes all the same, as on Linux.
  const Decision decision = decide(Call::close, path, false);
  closed(descriptor);
  const int result = real();
  if (decision.error == 0) return result;
  errno = decision.error;
  return -1;
}

ssize_t write(int descriptor, const void* data, size_t bytes) {
  const auto real = [&](size_t count) { return OWN(write)(descriptor, data, count); };
  return watching() ? written_by(descriptor, bytes, real) : real(bytes);
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t offset) {
  const auto real = [&](size_t count) { return OWN(pwrite)(descriptor, data, count, offset); };
  return watching() ? written_by(descriptor, bytes, real) : real(bytes);
}
ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off64_t offset) {
  return pwrite(descriptor, data, bytes, offset);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  // Half of it is the first of its parts.
  const auto real = [&](size_t taken) { return OWN(writev)(descriptor, parts, static_cast<int>(taken)); };
  const auto all = static_cast<size_t>(count);
  return watching() ? written_by(descriptor, all, real) : real(all);
}

ssize_t sendfile(int out, int in, off_t* offset, size_t bytes) {
  const auto real = [&](size_t count) { return OWN(sendfile)(out, in, offset, count); };
  return watching() ? written_by(out, bytes, real) : real(bytes);
}
ssize_t sendfile64(int out, int in, off64_t* offset, size_t bytes) { return sendfile(out, in, offset, bytes); }

ssize_t read(int descriptor, void* data, size_t bytes) {
  const auto real = [&] { return OWN(read)(descriptor, data, bytes); };
  return watching() ? read_by(descriptor, real) : real();
}

ssize_t pread(int descriptor, void* data, size_t bytes, off_t offset) {
  const auto real = [&] { return OWN(pread)(descriptor, data, bytes, offset); };
  return watching() ? read_by(descriptor, real) : real();
}
ssize_t pread64(int descriptor, void* data, size_t bytes, off64_t offset) {
  return pread(descriptor, data, bytes, offset);
}

int fsync(int descriptor) { return watching() ? synced_by(descriptor, OWN(fsync)) : OWN(fsync)(descriptor); }
int fdatasync(int descriptor) {
  return watching() ? synced_by(descriptor, OWN(fdatasync)) : OWN(fdatasync)(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  const auto real = [&] { return OWN(rename)(from, to); };
  return watching() ? injected(Call::rename, path_at(AT_FDCWD, to), true, -1, real) : real();
}
int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  const auto real = [&] { return OWN(renameat)(from_directory, from, to_directory, to); };
  return watching() ? injected(Call::rename, path_at(to_directory, to), true, -1, real) : real();
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) noexcept {
  const auto real = [&] { return OWN(renameat2)(from_directory, from, to_directory, to, flags); };
  return watching() ? injected(Call::rename, path_at(to_directory, to), true, -1, real) : real();
}

int link(const char* from, const char* to) noexcept {
  const auto real = [&] { return OWN(link)(from, to); };
  return watching() ? injected(Call::link, path_at(AT_FDCWD, to), true, -1, real) : real();
}
int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) noexcept {
  const auto real = [&] { return OWN(linkat)(from_directory, from, to_directory, to, flags); };
  return watching() ? injected(Call::link, path_at(to_directory, to), true, -1, real) : real();
}
int symlink(const char* target, const char* path) noexcept {
  const auto real = [&] { return OWN(symlink)(target, path); };
  return watching() ? injected(Call::link, path_at(AT_FDCWD, path), true, -1, real) : real();
}

int unlink(const char* path) noexcept {
  const auto real = [&] { return OWN(unlink)(path); };
  return watching() ? injected(Call::unlink, path_at(AT_FDCWD, path), true, -1, real) : real();
}
int unlinkat(int directory, const char* path, int flags) noexcept {
  const auto real = [&] { return OWN(unlinkat)(directory, path, flags); };
  return watching() ? injected(Call::unlink, path_at(directory, path), true, -1, real) : real();
}
int remove(const char* path) noexcept {
  const auto real = [&] { return OWN(remove)(path); };
  return watching() ? injected(Call::unlink, path_at(AT_FDCWD, path), true, -1, real) : real();
}
int rmdir(const char* path) noexcept {
  const auto real = [&] { return OWN(rmdir)(path); };
  return watching() ? injected(Call::unlink, path_at(AT_FDCWD, path), true, -1, real) : real();
}

int mkdir(const char* path, mode_t mode) noexcept {
  const auto real = [&] { return OWN(mkdir)(path, mode); };
  return watching() ? injected(Call::mkdir, path_at(AT_FDCWD, path), true, -1, real) : real();
}
int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  const auto real = [&] { return OWN(mkdirat)(directory, path, mode); };
  return watching() ? injected(Call::mkdir, path_at(directory, path), true, -1, real) : real();
}

int truncate(const char* path, off_t length) noexcept {
  const auto real = [&] { return OWN(truncate)(path, length); };
  return watching() ? injected(Call::truncate, path_at(AT_FDCWD, path), true, -1, real) : real();
}
int ftruncate(int descriptor, off_t length) noexcept {
  const auto real = [&] { return OWN(ftruncate)(descriptor, length); };
  return watching() ? injected(Call::truncate, path_of(descriptor), true, -1, real) : real();
}
int truncate64(const char* path, off64_t length) noexcept { return truncate(path, length); }
int ftruncate64(int descriptor, off64_t length) noexcept { return ftruncate(descriptor, length); }

DIR* opendir(const char* path) {
  const auto real = [&] { return OWN(opendir)(path); };
  if (!watching()) return real();
  const std::string whole = path_at(AT_FDCWD, path);
  DIR* list = injected(Call::list, whole, false, static_cast<DIR*>(nullptr), real);
  if (list != nullptr) opened_list(list, whole);
  return list;
}
DIR* fdopendir(int descriptor) {
  const auto real = [&] { return OWN(fdopendir)(descriptor); };
  if (!watching()) return real();
  const std::string path = path_of(descriptor);
  DIR* list = injected(Call::list, path, false, static_cast<DIR*>(nullptr), real);
  if (list != nullptr) opened_list(list, path);
  return list;
}
int closedir(DIR* list) {
  if (watching()) {  // the descriptor that it closes is none of calls that come by here
    closed(::dirfd(list));
    closed_list(list);
  }
  return OWN(closedir)(list);
}
dirent* readdir(DIR* list) {
  const auto real = [&] { return OWN(readdir)(list); };
  return watching() ? injected(Call::list, path_of_list(list), false, static_cast<dirent*>(nullptr), real) : real();
}
dirent64* readdir64(DIR* list) { return reinterpret_cast<dirent64*>(readdir(list)); }

int stat(const char* path, struct stat* status) noexcept {
  const auto real = [&] { return OWN(stat)(path, status); };
  return watching() ? looked_at_by(path_at(AT_FDCWD, path), real) : real();
}
int lstat(const char* path, struct stat* status) noexcept {
  const auto real = [&] { return OWN(lstat)(path, status); };
  return watching() ? looked_at_by(path_at(AT_FDCWD, path), real) : real();
}
int fstat(int descriptor, struct stat* status) noexcept {
  const auto real = [&] { return OWN(fstat)(descriptor, status); };
  return watching() ? looked_at_by(path_of(descriptor), real) : real();
}
int fstatat(int directory, const char* path, struct stat* status, int flags) noexcept {
  const auto real = [&] { return OWN(fstatat)(directory, path, status, flags); };
  return watching() ? looked_at_by(path_at(directory, path), real) : real();
}
int stat64(const char* path, struct stat64* status) noexcept {
  return stat(path, reinterpret_cast<struct stat*>(status));
}
int lstat64(const char* path, struct stat64* status) noexcept {
  return lstat(path, reinterpret_cast<struct stat*>(status));
}
int fstat64(int descriptor, struct stat64* status) noexcept {
  return fstat(descriptor, reinterpret_cast<struct stat*>(status));
}
int fstatat64(int directory, const char* path, struct stat64* status, int flags) noexcept {
  return fstatat(directory, path, reinterpret_cast<struct stat*>(status), flags);
}

}  // extern "C"
