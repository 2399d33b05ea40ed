// The folder of a run: where its files lie, and those that describe it.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "io/file.h"

namespace radial {

// One process at a time may hold a run folder. A folder with a config.toml is a run; what comes before that in a start
// may be killed anywhere and is simply made again.
class RunFolder {
 public:
  // A new folder, which may exist if there is nothing in it but what a killed start leaves: Error(usage) otherwise, or
  // if another process trains in it. "" is runs/<UTC time>-<name>. Error(io) if it cannot be made.
  static RunFolder create(const std::string& path, const std::string& name);
  // One of a former training: Error(usage) if it has no config.toml, or if another process trains in it. Removes what
  // a killed process left half written.
  static RunFolder open(const std::string& path);

  // One that another process of the training has: nothing is made, locked or removed.
  static RunFolder of_another(const std::string& path) { return RunFolder(path); }

  // PATH/config.toml; Error(usage) if it is not there.
  static std::string config_of(const std::string& path);

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  // PATH/checkpoints/NAME.safetensors; the names are "last", "best" and, with --keep, "epoch3".
  std::string checkpoint(const std::string& name) const;

  void write(const std::string& name, const std::string& text) const;  // all at once or not at all
  void write(const std::string& name, const nlohmann::ordered_json& json) const;

 private:
  explicit RunFolder(const std::filesystem::path& path);
  bool lock();  // false if another process has it
  void make_subfolders() const;

  std::filesystem::path path_;
  File lock_;
};

std::string utc_time(const char* format);  // as strftime

}  // namespace radial
