#include "data/picture_archive.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/error.h"
#include "data/picture_formats.h"
#include "io/uninterrupted.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

using namespace std::string_view_literals;
using MemberKind = ArchiveMember::Kind;

enum class ArchiveKind { none, tar, zip, gzip, xz, zstd, bzip2, rar, seven_zip };

// Its beginning tells what a file is, whatever its name.
ArchiveKind kind_of_archive(std::string_view begin) {
  if (begin.starts_with("PK\x03\x04"sv) || begin.starts_with("PK\x05\x06"sv)) return ArchiveKind::zip;
  if (begin.starts_with("\x1f\x8b"sv)) return ArchiveKind::gzip;
  if (begin.starts_with("\xfd"
                        "7zXZ\0"sv))
    return ArchiveKind::xz;
  if (begin.starts_with("\x28\xb5\x2f\xfd"sv)) return ArchiveKind::zstd;
  if (begin.starts_with("BZh"sv)) return ArchiveKind::bzip2;
  if (begin.starts_with("Rar!\x1a"sv)) return ArchiveKind::rar;
  if (begin.starts_with("7z\xbc\xaf\x27\x1c"sv)) return ArchiveKind::seven_zip;
  constexpr size_t mark = 257;  // of a tar member's header
  const bool is_tar = begin.size() == 512 && begin.substr(mark, 5) == "ustar"sv;
  const bool is_empty_tar = begin.size() == 512 && begin.find_first_not_of('\0') == std::string_view::npos;
  return is_tar || is_empty_tar ? ArchiveKind::tar : ArchiveKind::none;
}

// Of a regular file; none if it cannot be opened, which whoever opens it tells.
ArchiveKind kind_of_file(const std::string& path) {
  const int descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0) return ArchiveKind::none;
  std::array<char, 512> begin;
  const ssize_t count = uninterrupted([&] { return ::pread(descriptor, begin.data(), begin.size(), 0); });
  ::close(descriptor);
  const ArchiveKind kind = kind_of_archive({begin.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))});
  // Before POSIX there was no mark.
  return kind == ArchiveKind::none && path.ends_with(".tar") ? ArchiveKind::tar : kind;
}

std::unique_ptr<ArchiveFormat> open_archive(const std::string& path) {
  const auto refuse = [&](const std::string& how, const std::string& command) {
    fail(ErrorKind::file_format, "archive: ", path, ": ", how,
         ", and pictures are read in any order: make it a plain tar file, which is hardly larger as pictures are "
         "compressed themselves: ",
         command);
  };
  switch (kind_of_file(path)) {
    case ArchiveKind::zip:
      return open_zip(path);
    case ArchiveKind::gzip:
      refuse("compressed with gzip as a whole", "gunzip --keep " + path);
      break;
    case ArchiveKind::xz:
      refuse("compressed with xz as a whole", "unxz --keep " + path);
      break;
    case ArchiveKind::zstd:
      refuse("compressed with Zstandard as a whole", "unzstd " + path);
      break;
    case ArchiveKind::bzip2:
      refuse("compressed with bzip2 as a whole", "bunzip2 --keep " + path);
      break;
    case ArchiveKind::rar:
    case ArchiveKind::seven_zip:
      fail(ErrorKind::file_format, "archive: ", path, ": RAR and 7-Zip are not read, only tar and zip; unpack it");
    case ArchiveKind::tar:
    case ArchiveKind::none:
      break;
  }
  return open_tar(path);
}

// "./train//cat/" -> "train/cat"; nothing for what leaves the tree.
std::optional<std::string> plain_name(std::string_view name) {
  std::string plain;
  while (!name.empty()) {
    const size_t slash = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(std::min(slash + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      if (!plain.empty()) plain += '/';
      plain += part;
      continue;
    }
    if (plain.empty()) return std::nullopt;
    const size_t above = plain.rfind('/');
    plain.erase(above == std::string::npos ? 0 : above);
  }
  return plain;
}

bool is_hidden(const std::string& plain) {
  return plain.starts_with('.') || plain.find("/.") != std::string::npos || plain == "__MACOSX" ||
         plain.starts_with("__MACOSX/");
}

constexpr std::string_view tar_ending = ".tar";

std::string folder_of(const std::string& plain) {
  const size_t slash = plain.rfind('/');
  return slash == std::string::npos ? "" : plain.substr(0, slash);
}

std::string last_name(const std::string& plain) { return plain.substr(plain.rfind('/') + 1); }

// Whether all of an archive lies in the one folder `name`, as `tar cf cat.tar cat` makes it.
bool lies_in(const std::vector<ArchiveMember>& members, const std::string& name) {
  return !members.empty() && std::all_of(members.begin(), members.end(), [&](const ArchiveMember& member) {
    const std::optional<std::string> plain = plain_name(member.name);
    const bool is_folder = member.kind == MemberKind::folder;
    if (plain && is_hidden(*plain)) return true;  // what other systems add
    return plain && (plain->starts_with(name + '/') || (is_folder && (plain->empty() || *plain == name)));
  });
}

// With plain names, below a folder of the tree.
void add_members(std::vector<ArchiveMember>& all, std::vector<ArchiveMember> members, const std::string& folder) {
  const std::string before = folder.empty() ? "" : folder + '/';
  for (ArchiveMember& member : members) {
    const std::optional<std::string> name = plain_name(member.name);
    if (!name || name->empty() || is_hidden(*name)) continue;
    member.name = before + *name;
    if (member.kind == MemberKind::hard_link) member.target.insert(0, before);
    all.push_back(std::move(member));
  }
}

// Where nothing but folders of classes is expected.
bool is_split(const std::string& folder) {
  const std::string name = last_name(folder);
  return name.empty() || name == "train" || name == "val" || name == "test";
}

bool holds_pictures(const PictureArchive::Listing& folder) {
  return std::any_of(folder.files.begin(), folder.files.end(),
                     [](const std::string& name) { return format_of_name(name) != nullptr; });
}

ArchiveKind kind_of_member(const ArchiveFormat& format, const ArchiveMember& file, const std::string& name) {
  std::array<char, 512> begin;
  const size_t count = format.read(file, name, begin.data(), begin.size(), 0);
  return kind_of_archive({begin.data(), count});
}

// Of a member that is called like a tar file.
std::vector<ArchiveMember> members_in(const ArchiveFormat& format, const ArchiveMember& tar, const std::string& path) {
  const std::string name = path + '/' + tar.name;
  const ArchiveKind kind = kind_of_member(format, tar, name);
  check(kind == ArchiveKind::tar || kind == ArchiveKind::none, ErrorKind::file_format, "archive: ", name,
        ": it is compressed, or another archive, but pictures are read in any order: pack it as a plain tar file");
  return format.members_in(tar, tar.name);
}

}  // namespace

PictureArchive::PictureArchive(const std::string& path) : format_(open_archive(path)) {
  add_members(members_, format_->members(), "");
  sort_members();
  constexpr int most = 8;  // of data, train, class there are three
  for (int depth = 1; format_->opens_tar_files_inside() && open_tar_files_inside(path); ++depth)
    check(depth < most, ErrorKind::file_format, "archive: ", path, ": more than ", most,
          " tar files lie in one another");
}

void PictureArchive::sort_members() {
  const auto by_name = [](const ArchiveMember& a, const ArchiveMember& b) { return a.name < b.name; };
  std::stable_sort(members_.begin(), members_.end(), by_name);
  const auto same = [](const ArchiveMember& a, const ArchiveMember& b) { return a.name == b.name; };
  members_.erase(members_.begin(), std::unique(members_.rbegin(), members_.rend(), same).base());  // the last stays
}

// The folders for which a tar file stands, or a link to one. What is called so and is none lies where it lies, but
// among classes, of which it may be one, damaged.
std::vector<std::string> PictureArchive::folders_as_tar_files(const std::string& path) const {
  std::vector<std::string> folders;
  struct Above {
    bool has_pictures, has_folders;
  };
  std::map<std::string, Above> all_above;  // folders in which tar files lie
  for (const ArchiveMember& member : members_) {
    if (!member.name.ends_with(tar_ending)) continue;
    const std::optional<std::string> leads_to = resolve(member.name);
    const ArchiveMember* tar = leads_to ? file(*leads_to) : nullptr;
    if (tar == nullptr) continue;
    std::string folder = member.name.substr(0, member.name.size() - tar_ending.size());
    if (is_folder(folder) || find(folder) != nullptr) continue;
    const std::string above = folder_of(folder);
    auto known = all_above.find(above);
    if (known == all_above.end()) {
      const Listing listing = list(above);
      known = all_above.emplace(above, Above{holds_pictures(listing), !listing.folders.empty()}).first;
    }
    if (known->second.has_pictures) continue;
    const bool may_be_none = known->second.has_folders || !is_split(above);
    if (may_be_none && kind_of_member(*format_, *tar, path + '/' + member.name) != ArchiveKind::tar) continue;
    folders.push_back(std::move(folder));
  }
  return folders;
}

// Puts what they hold in their places. Returns whether there were some, in which others may lie.
bool PictureArchive::open_tar_files_inside(const std::string& path) {
  std::vector<ArchiveMember> inside;
  std::set<std::string> opened;
  for (const std::string& folder : folders_as_tar_files(path)) {
    const std::string& tar = *opened.insert(folder + std::string(tar_ending)).first;
    std::vector<ArchiveMember> members = members_in(*format_, *file(*resolve(tar)), path);
    const std::string above = folder_of(folder);
    const bool is_around = lies_in(members, last_name(folder));
    inside.push_back({.name = folder, .kind = MemberKind::folder, .at = 0, .size = 0, .target = ""});
    add_members(inside, std::move(members), is_around ? above : folder);
  }
  std::erase_if(members_, [&](const ArchiveMember& member) { return opened.contains(member.name); });
  std::move(inside.begin(), inside.end(), std::back_inserter(members_));
  sort_members();
  return !opened.empty();
}

PictureArchive::~PictureArchive() = default;

const ArchiveMember* PictureArchive::find(std::string_view name) const {
  const auto at = std::lower_bound(members_.begin(), members_.end(), name,
                                   [](const ArchiveMember& member, std::string_view n) { return member.name < n; });
  return at != members_.end() && at->name == name ? &*at : nullptr;
}

bool PictureArchive::has_below(const std::string& folder) const {
  const std::string prefix = folder + '/';
  const auto at = std::lower_bound(members_.begin(), members_.end(), prefix,
                                   [](const ArchiveMember& member, const std::string& n) { return member.name < n; });
  return at != members_.end() && at->name.starts_with(prefix);
}

bool PictureArchive::is_folder(const std::string& resolved) const {
  if (resolved.empty() || has_below(resolved)) return true;
  const ArchiveMember* member = find(resolved);
  return member != nullptr && member->kind == MemberKind::folder;
}

const ArchiveMember* PictureArchive::file(const std::string& resolved) const {
  const ArchiveMember* member = find(resolved);
  return member != nullptr && member->kind == MemberKind::file ? member : nullptr;
}

std::optional<std::string> PictureArchive::resolve(std::string_view name) const {
  constexpr int most_links = 40;  // as Linux has it
  std::optional<std::string> rest = plain_name(name);
  if (!rest) return std::nullopt;
  std::string done;
  for (int links = 0; !rest->empty();) {
    const size_t slash = std::min(rest->find('/'), rest->size());
    std::string here = done;
    if (!here.empty()) here += '/';
    here.append(*rest, 0, slash);
    const std::string after = rest->substr(slash);
    const ArchiveMember* member = find(here);
    const bool is_hard = member != nullptr && member->kind == MemberKind::hard_link;
    if (!is_hard && (member == nullptr || member->kind != MemberKind::symbolic_link)) {
      if (member == nullptr && !has_below(here)) return std::nullopt;
      done = std::move(here);
      rest->erase(0, std::min(slash + 1, rest->size()));
      continue;
    }
    if (++links > most_links || (!is_hard && member->target.starts_with('/'))) return std::nullopt;
    std::string target = is_hard ? member->target : done;  // a hard link's begins at the top
    if (!is_hard) target.append(1, '/').append(member->target);
    rest = plain_name(target.append(after));
    if (!rest) return std::nullopt;
    done.clear();
  }
  return done;
}

PictureArchive::Listing PictureArchive::list(const std::string& resolved) const {
  Listing listing;
  const std::string prefix = resolved.empty() ? "" : resolved + '/';
  const auto at_least = [&](const std::string& name) {
    return std::lower_bound(members_.begin(), members_.end(), name,
                            [](const ArchiveMember& member, const std::string& n) { return member.name < n; });
  };
  for (auto at = at_least(prefix); at != members_.end() && at->name.starts_with(prefix);) {
    const size_t slash = at->name.find('/', prefix.size());
    std::string name = at->name.substr(prefix.size(), std::min(slash, at->name.size()) - prefix.size());
    if (slash != std::string::npos) {
      listing.folders.push_back(std::move(name));
      at = at_least(at->name.substr(0, slash) + static_cast<char>('/' + 1));  // behind all that the folder holds
      continue;
    }
    const bool is_file = at->kind == MemberKind::file;  // most are
    const std::optional<std::string> leads_to = is_file ? at->name : resolve(at->name);
    auto& list = !leads_to                    ? listing.broken_links
                 : is_file || file(*leads_to) ? listing.files
                 : is_folder(*leads_to)       ? listing.folders
                                              : listing.others;
    list.push_back(std::move(name));
    ++at;
  }
  std::sort(listing.folders.begin(), listing.folders.end());
  listing.folders.erase(std::unique(listing.folders.begin(), listing.folders.end()), listing.folders.end());
  return listing;
}

size_t PictureArchive::read(const ArchiveMember& file, const std::string& name, void* data, size_t bytes,
                            int64_t at) const {
  return format_->read(file, name, data, bytes, at);
}

namespace {

// The archives that were opened, each with what tells its file from another of the same path.
class OpenArchives {
 public:
  std::shared_ptr<const PictureArchive> open(const std::string& path, const struct stat& status) {
    const Identity identity{static_cast<int64_t>(status.st_dev), static_cast<int64_t>(status.st_ino), status.st_size,
                            status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    const std::lock_guard lock(mutex_);
    const auto found = archives_.find(path);
    if (found != archives_.end() && found->second.first == identity) return found->second.second;
    if (kind_of_file(path) == ArchiveKind::none) return nullptr;
    auto archive = std::make_shared<const PictureArchive>(path);
    archives_.insert_or_assign(path, std::pair(identity, archive));
    return archive;
  }

 private:
  using Identity = std::array<int64_t, 5>;
  std::mutex mutex_;
  std::map<std::string, std::pair<Identity, std::shared_ptr<const PictureArchive>>> archives_;
};

}  // namespace

std::optional<PlaceInArchive> place_in_archive(const fs::path& path) {
  static OpenArchives open;
  std::string file = path.string(), inside;
  struct stat status {};
  while (::stat(file.c_str(), &status) != 0) {
    if (errno != ENOTDIR) return std::nullopt;
    const size_t slash = file.rfind('/');
    if (slash == std::string::npos || slash == 0) return std::nullopt;
    inside = file.substr(slash) + inside;
    file.erase(slash);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  PlaceInArchive place{open.open(file, status), "", false};
  if (place.archive == nullptr) return std::nullopt;
  if (std::optional<std::string> name = place.archive->resolve(inside)) {
    place.name = std::move(*name);
    place.found = true;
  }
  return place;
}

bool is_archive(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && kind_of_file(path.string()) != ArchiveKind::none;
}

bool is_picture_folder(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return true;
  const auto place = place_in_archive(path);
  return place && place->is_folder();
}

}  // namespace radial
