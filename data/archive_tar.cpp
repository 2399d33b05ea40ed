// tar files: libarchive knows their kinds and tells where each member begins; from there on its bytes are the file's.
// A tar file in a tar file is a part of the file, and its members are parts of that.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "data/archive_format.h"
#include "data/decoders.h"
#include "io/uninterrupted.h"

#ifdef RADIAL_TAR
#include <archive.h>
#include <archive_entry.h>
#endif

namespace radial {

#ifdef RADIAL_TAR

namespace {

constexpr int64_t tar_block = 512;

// The bytes [begin, end) of a file, which libarchive reads in pieces that are not much longer than a header: of each
// member its header alone is wanted.
class TarPart {
 public:
  TarPart(int descriptor, std::string name, int64_t begin, int64_t end)
      : descriptor_(descriptor), name_(std::move(name)), begin_(begin), end_(end), at_(begin) {}

  std::vector<ArchiveMember> members() {
    const std::unique_ptr<archive, int (*)(archive*)> tar(archive_read_new(), archive_read_free);
    check(tar != nullptr, ErrorKind::out_of_memory, "archive: ", name_, ": no memory for it");
    if (archive_read_support_format_tar(tar.get()) != ARCHIVE_OK ||
        archive_read_set_option(tar.get(), "tar", "read_concatenated_archives", "1") != ARCHIVE_OK ||
        archive_read_open2(tar.get(), this, nullptr, read_piece, skip, nullptr) != ARCHIVE_OK)
      failed(tar.get(), "its beginning");
    std::vector<ArchiveMember> members;
    int64_t end = begin_;  // of the last member
    bool compared = false;
    while (true) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(tar.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      const std::string last = members.empty() ? "its beginning" : members.back().name;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN) failed(tar.get(), last);  // warnings: of owners and names
      const char* name = archive_entry_pathname(entry);
      if (name == nullptr) name = archive_entry_pathname_utf8(entry);
      check(name != nullptr, ErrorKind::file_format, "archive: ", name_, ": the member behind ", last,
            " has no name that can be read");
      ArchiveMember member = member_of(entry, name);
      member.at = begin_ + archive_filter_bytes(tar.get(), 0);
      if (member.kind == ArchiveMember::Kind::file && member.size > 0) {
        check(archive_entry_sparse_count(entry) == 0, ErrorKind::file_format, "archive: ", name_, ": ", name,
              " is stored without its zeros, which is not read; pack it without -S");
        check(member.size <= end_ - member.at, ErrorKind::file_format, "archive: ", name_, ": it ends within ", name,
              ", ", member.size - (end_ - member.at), " bytes too early");
        end = member.at + (member.size + tar_block - 1) / tar_block * tar_block;
        if (!compared) compare(tar.get(), member);
        compared = true;
      } else {
        end = member.at;
      }
      members.push_back(std::move(member));
    }
    // The rest may have been lost where a member ended, too.
    check(begin_ + archive_filter_bytes(tar.get(), 0) > end, ErrorKind::file_format, "archive: ", name_,
          ": it is cut off behind ", members.empty() ? "its beginning" : members.back().name,
          ": the zeros at the end are missing");
    return members;
  }

 private:
  static ArchiveMember member_of(archive_entry* entry, const char* name) {
    using Kind = ArchiveMember::Kind;
    ArchiveMember member{.name = name, .kind = Kind::other, .at = 0, .size = archive_entry_size(entry), .target = ""};
    const char* hard_link = archive_entry_hardlink(entry);
    const char* symbolic_link = archive_entry_symlink(entry);
    const auto type = archive_entry_filetype(entry);
    if (hard_link != nullptr && member.size == 0) {
      member.kind = Kind::hard_link;
      member.target = hard_link;
    } else if (type == AE_IFLNK && symbolic_link != nullptr) {
      member.kind = Kind::symbolic_link;
      member.target = symbolic_link;
    } else if (type == AE_IFREG || hard_link != nullptr) {
      member.kind = Kind::file;
    } else if (type == AE_IFDIR) {
      member.kind = Kind::folder;
    }
    return member;
  }

  // That the bytes behind a header are the member's is how libarchive reads today, but not what it promises.
  void compare(archive* tar, const ArchiveMember& member) const {
    const void* data = nullptr;
    size_t bytes = 0;
    la_int64_t offset = 0;
    if (archive_read_data_block(tar, &data, &bytes, &offset) != ARCHIVE_OK) failed(tar, member.name);
    std::vector<char> here(std::min<size_t>(bytes, tar_block));
    const ssize_t count =
        uninterrupted([&] { return ::pread(descriptor_, here.data(), here.size(), member.at + offset); });
    check(count == std::ssize(here) && std::memcmp(data, here.data(), here.size()) == 0, ErrorKind::internal,
          "archive: ", name_, ": ", archive_version_string(), " does not tell where members begin");
  }

  [[noreturn]] void failed(archive* tar, const std::string& last) const {
    const int code = archive_errno(tar);
    const char* text = archive_error_string(tar);
    const std::string reason = text == nullptr ? "unknown error" : text;
    check(code != ENOMEM, ErrorKind::out_of_memory, "archive: ", name_, ": ", reason);
    check(code != EIO && code != EBADF && code != ESTALE, ErrorKind::io, "archive: ", name_, ": ", reason);
    fail(ErrorKind::file_format, "archive: ", name_, ": ", reason, " (behind ", last, ")");
  }

  static la_ssize_t read_piece(archive* tar, void* self, const void** data) {
    TarPart& part = *static_cast<TarPart*>(self);
    const auto wanted = std::min<int64_t>(part.end_ - part.at_, std::ssize(part.piece_));
    const ssize_t count = uninterrupted(
        [&] { return ::pread(part.descriptor_, part.piece_.data(), static_cast<size_t>(wanted), part.at_); });
    if (count < 0) archive_set_error(tar, errno, "cannot be read: %s", std::strerror(errno));
    part.at_ += std::max<ssize_t>(count, 0);
    *data = part.piece_.data();
    return count;
  }

  static la_int64_t skip(archive* /*tar*/, void* self, la_int64_t bytes) {
    TarPart& part = *static_cast<TarPart*>(self);
    const auto skipped = std::min<int64_t>(bytes, part.end_ - part.at_);
    part.at_ += skipped;
    return skipped;
  }

  const int descriptor_;
  const std::string name_;  // for messages
  const int64_t begin_, end_;
  int64_t at_;  // of what libarchive reads next
  std::array<char, 4096> piece_;
};

class TarFile : public ArchiveFormat {
 public:
  explicit TarFile(const std::string& path) : path_(path) {
    descriptor_ = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
    struct stat status {};
    check(descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0, ErrorKind::io, "archive: ", path,
          ": cannot be opened: ", std::strerror(errno));
    bytes_ = status.st_size;
  }
  ~TarFile() override { ::close(descriptor_); }
  TarFile(const TarFile&) = delete;
  TarFile& operator=(const TarFile&) = delete;

  std::vector<ArchiveMember> members() const override { return TarPart(descriptor_, path_, 0, bytes_).members(); }

  bool opens_tar_files_inside() const override { return true; }

  std::vector<ArchiveMember> members_in(const ArchiveMember& file, const std::string& name) const override {
    return TarPart(descriptor_, path_ + '/' + name, file.at, file.at + file.size).members();
  }

  size_t read(const ArchiveMember& file, const std::string& name, void* data, size_t bytes, int64_t at) const override {
    const size_t wanted = std::min(bytes, static_cast<size_t>(std::max<int64_t>(file.size - at, 0)));
    size_t done = 0;
    while (done < wanted) {
      const ssize_t count = uninterrupted([&] {
        return ::pread(descriptor_, static_cast<char*>(data) + done, wanted - done,
                       file.at + at + static_cast<int64_t>(done));
      });
      check(count >= 0, ErrorKind::io, "picture ", name, ": cannot be read: ", std::strerror(errno));
      if (count == 0) detail::fail_picture(name, "the archive was cut off while it was read");
      done += static_cast<size_t>(count);
    }
    return done;
  }

 private:
  const std::string path_;
  int descriptor_ = -1;
  int64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<ArchiveFormat> open_tar(const std::string& path) { return std::make_unique<TarFile>(path); }

std::string archive_library() { return archive_version_string(); }

#else

std::unique_ptr<ArchiveFormat> open_tar(const std::string& path) {
  fail(ErrorKind::usage, "archive: ", path,
       ": tar files cannot be read: this program was built without libarchive; install libarchive-dev and build it "
       "again, or unpack the file (zip files can be read)");
}

std::string archive_library() { return "cannot be read (libarchive-dev was not there)"; }

#endif

}  // namespace radial
