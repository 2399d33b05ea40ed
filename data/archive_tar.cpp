// tar files: libarchive knows their kinds and tells where each member begins; from there on its bytes are the file's.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

  std::vector<ArchiveMember> members() override {
    const std::unique_ptr<archive, int (*)(archive*)> tar(archive_read_new(), archive_read_free);
    check(tar != nullptr, ErrorKind::out_of_memory, "archive: ", path_, ": no memory for it");
    // Of each member its header alone is read, in pieces that are not much longer than one.
    constexpr size_t piece = 4096;
    if (archive_read_support_format_tar(tar.get()) != ARCHIVE_OK ||
        archive_read_set_option(tar.get(), "tar", "read_concatenated_archives", "1") != ARCHIVE_OK ||
        archive_read_open_fd(tar.get(), descriptor_, piece) != ARCHIVE_OK)
      failed(tar.get(), "its beginning");
    std::vector<ArchiveMember> members;
    int64_t end = 0;  // of the last member
    bool compared = false;
    while (true) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(tar.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      const std::string last = members.empty() ? "its beginning" : members.back().name;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN) failed(tar.get(), last);  // warnings: of owners and names
      const char* name = archive_entry_pathname(entry);
      if (name == nullptr) name = archive_entry_pathname_utf8(entry);
      check(name != nullptr, ErrorKind::file_format, "archive: ", path_, ": the member behind ", last,
            " has no name that can be read");
      ArchiveMember member = member_of(entry, name);
      member.at = archive_filter_bytes(tar.get(), 0);
      if (member.kind == ArchiveMember::Kind::file && member.size > 0) {
        check(archive_entry_sparse_count(entry) == 0, ErrorKind::file_format, "archive: ", path_, ": ", name,
              " is stored without its zeros, which is not read; pack it without -S");
        check(member.size <= bytes_ - member.at, ErrorKind::file_format, "archive: ", path_, ": it ends within ", name,
              ", ", member.size - (bytes_ - member.at), " bytes too early");
        end = member.at + (member.size + tar_block - 1) / tar_block * tar_block;
        if (!compared) compare(tar.get(), member);
        compared = true;
      } else {
        end = member.at;
      }
      members.push_back(std::move(member));
    }
    // The rest may have been lost where a member ended, too.
    check(archive_filter_bytes(tar.get(), 0) > end, ErrorKind::file_format, "archive: ", path_,
          ": it is cut off behind ", members.empty() ? "its beginning" : members.back().name,
          ": the zeros at the end are missing");
    return members;
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
    const size_t count = read(member, path_ + "/" + member.name, here.data(), here.size(), offset);
    check(count == here.size() && std::memcmp(data, here.data(), count) == 0, ErrorKind::internal, "archive: ", path_,
          ": ", archive_version_string(), " does not tell where members begin");
  }

  [[noreturn]] void failed(archive* tar, const std::string& last) const {
    const int code = archive_errno(tar);
    const char* text = archive_error_string(tar);
    const std::string reason = text == nullptr ? "unknown error" : text;
    check(code != ENOMEM, ErrorKind::out_of_memory, "archive: ", path_, ": ", reason);
    check(code != EIO && code != EBADF && code != ESTALE, ErrorKind::io, "archive: ", path_, ": ", reason);
    fail(ErrorKind::file_format, "archive: ", path_, ": ", reason, " (behind ", last, ")");
  }

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
