#include "io/atomic_file.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "io/folder.h"
#include "io/uninterrupted.h"

namespace radial {

namespace fs = std::filesystem;

namespace {
constexpr const char* temporary_mark = ".tmp-";
constexpr size_t longest_stem = 200;  // of 255 bytes that a name may have

// Messages name the file that was asked for, not the temporary one.
template <class Action>
auto in_the_name_of(const std::string& path, const std::string& temporary, Action&& action) {
  try {
    return action();
  } catch (const Error& error) {
    std::string message = error.what();
    if (const size_t at = temporary.empty() ? std::string::npos : message.find(temporary); at != std::string::npos) {
      message.replace(at, temporary.size(), path);
    }
    throw Error(error.kind(), message);
  }
}

// What a link leads to, which may not be there yet.
std::string end_of_links(const std::string& path) {
  constexpr int most = 40;  // of Linux
  fs::path end(path);
  for (int links = 0;; ++links) {
    std::error_code error;
    const fs::file_type type = fs::symlink_status(end, error).type();
    if (type == fs::file_type::symlink) end = end.parent_path() / fs::read_symlink(end, error);
    if (links == most) error = std::make_error_code(std::errc::too_many_symbolic_link_levels);
    check(!error || type == fs::file_type::not_found, ErrorKind::io, "open: ", path, ": ", error.message());
    if (type != fs::file_type::symlink) return end.string();
  }
}

// What the temporary files of a file begin with.
std::string beginning_of_temporaries(const std::string& name) {
  return std::string(1, '.').append(name, 0, longest_stem).append(temporary_mark);
}

// A name that nobody guesses and nothing has. A process number would come again: in a container it always does.
std::string temporary_name(const fs::path& target) {
  uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
    bits = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) * 0x9E3779B97F4A7C15u;
  std::string name = beginning_of_temporaries(target.filename().string());
  for (int digit = 0; digit < 12; ++digit, bits >>= 5) name += "0123456789abcdefghijklmnopqrstuv"[bits & 31];
  return (target.parent_path() / name).string();
}

// Whoever removes stale files takes the lock of a file first, and may have been faster than its owner.
bool is_ours(File& file) { return file.lock() != File::Lock::of_another && file.links() > 0; }
}  // namespace

AtomicFile::AtomicFile(const std::string& path, Durable durable) : path_(path), target_(path), durable_(durable) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (auto stream = exists ? File::standard_stream(path) : std::nullopt) {
    file_ = std::move(*stream);
    return;
  }
  if (exists && !S_ISREG(status.st_mode)) {
    file_ = File::create(path);
    return;
  }
  target_ = end_of_links(path);
  constexpr int attempts = 100;
  for (int attempt = 1; temporary_.empty(); ++attempt) {
    const std::string name = temporary_name(target_);
    in_the_name_of(path_, name, [&] {
      auto file = File::create_new(name, exists ? status.st_mode & 0777 : 0666);
      if (file) temporary_ = name;  // from here on it is removed
      if (file && is_ours(*file))
        file_ = std::move(*file);
      else
        temporary_.clear();
    });
    check(attempt < attempts, ErrorKind::io, "open: ", path, ": there is no unused name for a temporary file");
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, size_t bytes) {
  in_the_name_of(path_, temporary_, [&] { file_.write(data, bytes); });
}

void AtomicFile::finish() {
  if (finished_) return;
  if (durable_ == Durable::yes) in_the_name_of(path_, temporary_, [&] { file_.sync(); });
  finished_ = true;
}

bool AtomicFile::link_as(const std::string& name) {
  if (temporary_.empty()) return false;
  finish();
  // There is no call that links over a name: a second temporary name is linked and renamed.
  const std::string link = temporary_name(name);
  if (::link(temporary_.c_str(), link.c_str()) != 0) return false;
  const bool renamed = std::rename(link.c_str(), name.c_str()) == 0;
  if (!renamed) ::unlink(link.c_str());
  return renamed;
}

void AtomicFile::commit() {
  finish();
  if (temporary_.empty()) {
    in_the_name_of(path_, temporary_, [&] { file_.close(); });
    return;
  }
  // Closed, and with that unlocked, only when it has its name.
  if (uninterrupted([&] { return std::rename(temporary_.c_str(), target_.c_str()); }) != 0)
    fail(ErrorKind::io, "rename: ", path_, ": ", std::strerror(errno));
  const std::string temporary = std::exchange(temporary_, {});
  in_the_name_of(path_, temporary, [&] { file_.close(); });
  if (durable_ == Durable::yes)
    sync_folder(fs::path(target_).parent_path().string());  // a rename is on the disk when its folder is
}

void write_atomically(const std::string& path, std::string_view text, Durable durable) {
  AtomicFile file(path, durable);
  file.write(text);
  file.commit();
}

void check_writable(const std::string& path) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  const int reason = exists ? ENOENT : errno;
  check(reason == ENOENT, ErrorKind::io, "open: ", path, ": ", std::strerror(reason));
  check(!exists || !S_ISDIR(status.st_mode), ErrorKind::io, "open: ", path, ": ", std::strerror(EISDIR));
  if (!exists || S_ISREG(status.st_mode)) const AtomicFile tried(path);
}

bool is_temporary(std::string_view name) {
  return name.starts_with('.') && name.find(temporary_mark) != std::string_view::npos;
}

void remove_stale_temporaries(const std::string& folder, const std::string& name) {
  std::vector<fs::directory_entry> entries;
  try {
    entries = entries_of(folder.empty() ? "." : folder);
  } catch (const Error&) {  // nothing to remove, or nobody may look
  }
  for (const fs::directory_entry& entry : entries) {
    const std::string found = entry.path().filename().string();
    const bool wanted = name.empty() ? is_temporary(found) : found.starts_with(beginning_of_temporaries(name));
    std::error_code ignored;
    if (!wanted || !entry.is_regular_file(ignored) || entry.is_symlink(ignored)) continue;
    try {
      File file = File::open(entry.path().string());
      if (file.lock() == File::Lock::held) fs::remove(entry.path(), ignored);
    } catch (const Error&) {  // somebody else's
    }
  }
}

}  // namespace radial
