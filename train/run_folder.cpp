#include "train/run_folder.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/folder.h"
#include "io/json_lines.h"

namespace radial {
namespace {

namespace fs = std::filesystem;

constexpr const char* subfolders[] = {"checkpoints", "figures"};

// What a start writes before config.toml.
bool is_of_a_start(const fs::directory_entry& entry) {
  static constexpr std::array files = {"env.json", "dataset.json", "command.txt"};
  const std::string name = entry.path().filename().string();
  const auto only_temporaries = [](const fs::path& folder) {
    const auto entries = entries_of(folder);
    return std::all_of(entries.begin(), entries.end(),
                       [](const auto& file) { return is_temporary(file.path().filename().string()); });
  };
  if (std::find(std::begin(subfolders), std::end(subfolders), name) != std::end(subfolders))
    return entry.is_directory() && only_temporaries(entry.path());
  return is_temporary(name) || std::find(files.begin(), files.end(), name) != files.end();
}

// Empty, or with nothing but what a start makes, which begins with the subfolders: files that happen to have such names
// are somebody else's.
bool is_free(const fs::path& folder) {
  const auto entries = entries_of(folder);
  const bool begun = std::all_of(std::begin(subfolders), std::end(subfolders),
                                 [&](const char* name) { return fs::is_directory(folder / name); });
  return std::all_of(entries.begin(), entries.end(), [&](const fs::directory_entry& entry) {
    return is_of_a_start(entry) && (begun || entry.is_directory());
  });
}

void remove_half_written(const fs::path& folder) {
  remove_stale_temporaries(folder.string());
  for (const char* subfolder : subfolders) remove_stale_temporaries((folder / subfolder).string());
}

[[noreturn]] void fail_locked(const fs::path& path) {
  fail(ErrorKind::usage, "run: another process trains in ", path.string());
}

}  // namespace

RunFolder::RunFolder(const fs::path& path) : path_(path) {}

RunFolder RunFolder::create(const std::string& path, const std::string& name) {
  const fs::path first = path.empty() ? fs::path("runs") / (utc_time("%Y%m%dT%H%M%SZ") + "-" + name) : fs::path(path);
  RunFolder folder(first);
  // Two runs may start in the same second.
  for (int i = 2; path.empty() && fs::exists(folder.path_); ++i)
    folder.path_ = first.string() + "-" + std::to_string(i);
  std::error_code none;
  check(!fs::exists(folder.path_, none) || fs::is_directory(folder.path_), "run: ", folder.path_.string(),
        " exists and is no folder; choose another --out");
  const bool made = make_folders(folder.path_.string());
  if (path.empty() && !made) return create(path, name);  // another one was faster
  if (!folder.lock()) fail_locked(folder.path_);
  const bool begun = fs::exists(folder.path_ / "config.toml");
  check(!begun && is_free(folder.path_), "run: ", folder.path_.string(),
        " exists and is not empty; choose another --out",
        begun ? ", or go on with --resume " + folder.path_.string() : "");
  folder.make_subfolders();
  remove_half_written(folder.path_);
  return folder;
}

std::string RunFolder::config_of(const std::string& path) {
  const fs::path config = fs::path(path) / "config.toml";
  check(fs::is_regular_file(config), "resume: ", path, " is not the folder of a run (no config.toml in it)");
  return config.string();
}

RunFolder RunFolder::open(const std::string& path) {
  RunFolder folder{fs::path(path)};
  (void)config_of(path);
  if (!folder.lock()) fail_locked(folder.path_);
  folder.make_subfolders();
  remove_half_written(folder.path_);
  return folder;
}

bool RunFolder::lock() {
  lock_ = File::open(path_.string());
  return lock_.lock() != File::Lock::of_another;
}

void RunFolder::make_subfolders() const {
  for (const char* subfolder : subfolders) make_folders(file(subfolder));
}

std::string RunFolder::checkpoint(const std::string& name) const {
  return (path_ / "checkpoints" / (name + ".safetensors")).string();
}

void RunFolder::write(const std::string& name, const std::string& text) const { write_atomically(file(name), text); }

void RunFolder::write(const std::string& name, const nlohmann::ordered_json& json) const {
  write(name, json_text(json, 2) + "\n");
}

std::string utc_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace radial
