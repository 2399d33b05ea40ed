#include "tests/faults/durable_files.h"

#include <filesystem>
#include <sys/stat.h>

#include "tests/io/scratch_folder.h"

namespace faults {

namespace fs = std::filesystem;

namespace {

ino_t inode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

void DurableFiles::take(const std::string& folder) {
  root_ = folder;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) synced(entry.path().string());
  take_names(folder);
}

// A number that is free again may be given to a new file: that one has nothing yet.
void DurableFiles::created(const std::string& path) { contents_[inode_of(path)] = std::make_shared<Content>(); }

std::shared_ptr<DurableFiles::Content>& DurableFiles::content_of(const std::string& path) {
  std::shared_ptr<Content>& content = contents_[inode_of(path)];
  if (content == nullptr) content = std::make_shared<Content>();
  return content;
}

void DurableFiles::synced(const std::string& path) {
  if (fs::is_directory(path))
    take_names(path);
  else
    content_of(path)->bytes = ::content_of(path);
}

void DurableFiles::take_names(const std::string& folder) {
  Entries entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool is_folder = entry.is_directory();
    entries[entry.path().filename().string()] = {is_folder, is_folder ? nullptr : content_of(entry.path().string())};
  }
  folders_[folder] = entries;
}

void DurableFiles::bring_back(Lost lost) const {
  // Beside the folder, so that what is there now can still be read.
  const std::string now = root_ + ".before-the-power-cut";
  fs::rename(root_, now);
  fs::create_directory(root_);
  restore(root_, now, lost);
  fs::remove_all(now);
}

void DurableFiles::restore(const std::string& folder, const std::string& now, Lost lost) const {
  if (lost == Lost::all || lost == Lost::names) {
    const auto found = folders_.find(folder);
    if (found == folders_.end()) return;  // never synced: empty
    // Where names alone are lost, a file has what was written to it last, under whatever name it has now.
    std::map<const Content*, std::string> written;
    if (lost == Lost::names)
      for (const auto& entry : fs::recursive_directory_iterator(root_ + ".before-the-power-cut"))
        if (const auto content = contents_.find(inode_of(entry.path().string())); content != contents_.end())
          written[content->second.get()] = entry.path().string();
    for (const auto& [name, entry] : found->second) {
      const std::string path = folder + "/" + name;
      if (entry.is_folder) {
        fs::create_directory(path);
        restore(path, now + "/" + name, lost);
        continue;
      }
      const auto file = written.find(entry.content.get());
      put(path, file == written.end() ? entry.content->bytes : ::content_of(file->second));
    }
    return;
  }
  for (const auto& entry : fs::directory_iterator(now)) {
    const std::string name = entry.path().filename().string(), path = folder + "/" + name;
    if (entry.is_directory()) {
      fs::create_directory(path);
      restore(path, entry.path().string(), lost);
      continue;
    }
    const auto content = contents_.find(inode_of(entry.path().string()));
    std::string bytes = content == contents_.end() ? "" : content->second->bytes;
    const std::string all = ::content_of(entry.path().string());
    if (lost == Lost::half && all.size() > bytes.size())
      bytes += all.substr(bytes.size(), (all.size() - bytes.size()) / 2);
    put(path, bytes);
  }
}

}  // namespace faults
