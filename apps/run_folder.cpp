#include "apps/run_folder.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

// Two runs may start in the same second.
fs::path unused_name(const std::string& name) {
  const fs::path first = fs::path("runs") / (utc_time("%Y%m%dT%H%M%SZ") + "-" + name);
  fs::path path = first;
  for (int i = 2; fs::exists(path); ++i) path = first.string() + "-" + std::to_string(i);
  return path;
}

void remove_half_written(const fs::path& folder) {
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".") && name.find(".tmp-") != std::string::npos) fs::remove(entry.path());
  }
}

}  // namespace

RunFolder::RunFolder(const fs::path& path) : path_(path) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

RunFolder RunFolder::create(const std::string& path, const std::string& name) {
  RunFolder folder(path.empty() ? unused_name(name) : fs::path(path));
  const bool taken = fs::exists(folder.path_) && !(fs::is_directory(folder.path_) && fs::is_empty(folder.path_));
  check(!taken, "run: ", folder.path_.string(),
        " exists and is not empty; choose another --out, or go on with --resume ", folder.path_.string());
  fs::create_directories(folder.path_ / "checkpoints");
  fs::create_directories(folder.path_ / "figures");
  folder.lock();
  return folder;
}

RunFolder RunFolder::open(const std::string& path) {
  RunFolder folder{fs::path(path)};
  check(fs::is_regular_file(folder.path_ / "config.toml"), "resume: ", path,
        " is not the folder of a run (no config.toml in it)");
  folder.lock();
  remove_half_written(folder.path_);
  remove_half_written(folder.path_ / "checkpoints");
  return folder;
}

void RunFolder::lock() {
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  check(lock_ >= 0, ErrorKind::io, "run: ", path_.string(), ": ", std::strerror(errno));
  check(::flock(lock_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, "run: another process trains in ",
        path_.string());
}

std::string RunFolder::checkpoint(const std::string& name) const {
  return (path_ / "checkpoints" / (name + ".safetensors")).string();
}

void RunFolder::write(const std::string& name, const std::string& text) const { write_atomically(file(name), text); }

void RunFolder::write(const std::string& name, const nlohmann::ordered_json& json) const {
  write(name, json_text(json, 2) + "\n");
}

nlohmann::ordered_json describe(const fs::path& data, const Dataset& dataset) {
  const auto split = [](const ImageFolder& folder) {
    return nlohmann::ordered_json{
        {"folder", folder.root.string()}, {"images", folder.size()}, {"per_class", folder.class_counts()}};
  };
  return {{"path", data.string()},
          {"classes", dataset.train.classes},
          {"train", split(dataset.train)},
          {"val", split(dataset.val)},
          {"hash", dataset.hash()}};
}

std::string shell_command(const std::vector<std::string>& arguments) {
  constexpr const char* safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string command;
  for (const std::string& argument : arguments) {
    if (!command.empty()) command += ' ';
    if (!argument.empty() && argument.find_first_not_of(safe) == std::string::npos) {
      command += argument;
      continue;
    }
    command += '\'';
    for (const char c : argument) command += c == '\'' ? std::string("'\\''") : std::string(1, c);
    command += '\'';
  }
  return command;
}

std::vector<std::string> process_arguments() {
  const std::string text = read_text("/proc/self/cmdline");
  std::vector<std::string> arguments;
  for (size_t begin = 0, end; (end = text.find('\0', begin)) != std::string::npos; begin = end + 1)
    arguments.push_back(text.substr(begin, end - begin));
  return arguments;
}

std::string utc_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace radial::apps
