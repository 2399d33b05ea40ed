// zip files, by libzip. What it opens serves one thread at a time, so each thread that reads takes one of its own.
#include <algorithm>
#include <array>
#include <mutex>
#include <sys/stat.h>
#include <zip.h>

#include "core/error.h"
#include "data/archive_format.h"
#include "data/decoders.h"

namespace radial {
namespace {

struct DiscardZip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
using ZipPointer = std::unique_ptr<zip_t, DiscardZip>;
using ZipMember = std::unique_ptr<zip_file_t, int (*)(zip_file_t*)>;

ZipPointer open_zip_once(const std::string& path) {
  int code = 0;
  ZipPointer zip(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (zip) return zip;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  const bool system = zip_error_system_type(&error) == ZIP_ET_SYS;
  zip_error_fini(&error);
  fail(system ? ErrorKind::io : ErrorKind::file_format, "archive: ", path, ": ",
       system ? "" : "the zip archive is damaged or cut off: ", reason);
}

class ZipFile : public ArchiveFormat {
 public:
  explicit ZipFile(const std::string& path) : path_(path) { idle_.push_back(open_zip_once(path)); }

  std::vector<ArchiveMember> members() const override {
    const Borrowed zip(*this);
    std::vector<ArchiveMember> members;
    const auto count = static_cast<zip_uint64_t>(std::max<zip_int64_t>(zip_get_num_entries(zip.get(), 0), 0));
    members.reserve(count);
    for (zip_uint64_t i = 0; i < count; ++i) {
      using Kind = ArchiveMember::Kind;
      zip_stat_t facts;
      zip_stat_init(&facts);
      const char* name = zip_get_name(zip.get(), i, ZIP_FL_ENC_RAW);
      check(name != nullptr && zip_stat_index(zip.get(), i, 0, &facts) == 0 && (facts.valid & ZIP_STAT_SIZE) != 0,
            ErrorKind::file_format, "archive: ", path_, ": member ", i, " has no name or no size");
      ArchiveMember member{.name = name,
                           .kind = Kind::file,
                           .at = static_cast<int64_t>(i),
                           .size = static_cast<int64_t>(std::min<zip_uint64_t>(facts.size, INT64_MAX)),
                           .target = ""};
      if (member.name.ends_with('/')) {
        member.kind = Kind::folder;
      } else if (is_link(zip.get(), i)) {
        member.kind = Kind::symbolic_link;
        std::array<char, 4096> target;  // no path is longer
        const size_t bytes = read(member, path_ + "/" + member.name, target.data(), target.size(), 0);
        member.target.assign(target.data(), bytes);
      }
      members.push_back(std::move(member));
    }
    return members;
  }

  // Only at the end of a member it is known whether its checksum is right.
  size_t read(const ArchiveMember& file, const std::string& name, void* data, size_t bytes, int64_t at) const override {
    const Borrowed zip(*this);
    const ZipMember member(zip_fopen_index(zip.get(), static_cast<zip_uint64_t>(file.at), 0), zip_fclose);
    if (member == nullptr) failed(zip_get_error(zip.get()), name);
    std::array<char, 4096> skipped;
    const auto read_some = [&](void* to, size_t most) {
      const zip_int64_t count = zip_fread(member.get(), to, most);
      if (count < 0) failed(zip_file_get_error(member.get()), name);
      return static_cast<size_t>(count);
    };
    for (int64_t before = at; before > 0;) {
      const size_t count = read_some(skipped.data(), static_cast<size_t>(std::min<int64_t>(before, skipped.size())));
      if (count == 0) return 0;
      before -= static_cast<int64_t>(count);
    }
    size_t done = 0;
    while (done < bytes) {
      const size_t count = read_some(static_cast<char*>(data) + done, bytes - done);
      if (count == 0) break;
      done += count;
    }
    if (at + static_cast<int64_t>(done) == file.size && read_some(skipped.data(), 1) > 0)
      detail::fail_picture(name, "damaged: it is longer than the archive says");
    return done;
  }

 private:
  // An open archive that nobody else uses meanwhile.
  class Borrowed {
   public:
    explicit Borrowed(const ZipFile& from) : from_(from) {
      {
        const std::lock_guard lock(from.mutex_);
        if (!from.idle_.empty()) {
          zip_ = std::move(from.idle_.back());
          from.idle_.pop_back();
        }
      }
      if (!zip_) zip_ = open_zip_once(from.path_);
    }
    ~Borrowed() {
      const std::lock_guard lock(from_.mutex_);
      try {
        from_.idle_.push_back(std::move(zip_));
      } catch (const std::bad_alloc&) {  // it is opened anew the next time
      }
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    zip_t* get() const { return zip_.get(); }

   private:
    const ZipFile& from_;
    ZipPointer zip_;
  };

  static bool is_link(zip_t* zip, zip_uint64_t index) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    return zip_file_get_external_attributes(zip, index, 0, &system, &attributes) == 0 && system == ZIP_OPSYS_UNIX &&
           S_ISLNK(attributes >> 16);
  }

  [[noreturn]] static void failed(zip_error_t* error, const std::string& name) {
    const std::string reason = zip_error_strerror(error);
    const bool system = zip_error_system_type(error) == ZIP_ET_SYS;
    check(!system, ErrorKind::io, "picture ", name, ": cannot be read: ", reason);
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY) detail::fail_memory(name);
    if (zip_error_code_zip(error) == ZIP_ER_NOPASSWD) detail::fail_picture(name, "encrypted in the archive");
    detail::fail_picture(name, "damaged in the archive, or packed in a way that is not read: " + reason);
  }

  const std::string path_;
  mutable std::mutex mutex_;
  mutable std::vector<ZipPointer> idle_;
};

}  // namespace

std::unique_ptr<ArchiveFormat> open_zip(const std::string& path) { return std::make_unique<ZipFile>(path); }

}  // namespace radial
