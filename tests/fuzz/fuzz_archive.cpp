// A tar or zip file of pictures: it is listed, and all that it holds is read.
#include <algorithm>

#include "data/bad_sample.h"
#include "data/picture_archive.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using radial::ErrorKind;
using radial::PictureArchive;

namespace {

void walk(const PictureArchive& archive, const std::string& folder, int depth) {
  const PictureArchive::Listing listing = archive.list(folder);
  const auto inside = [&](const std::string& name) { return folder.empty() ? name : folder + '/' + name; };
  for (const std::string& name : listing.files) {
    const auto resolved = archive.resolve(inside(name));
    require(resolved.has_value(), "a file that is listed is there");
    const radial::ArchiveMember* file = archive.file(*resolved);
    require(file != nullptr && file->size >= 0, "and is a file");
    std::string bytes(static_cast<size_t>(std::min<int64_t>(file->size, 1 << 16)), '\0');
    try {
      require(archive.read(*file, name, bytes.data(), bytes.size(), 0) <= bytes.size(), "no more than is asked for");
      archive.read(*file, name, bytes.data(), bytes.size(), file->size / 2);
    } catch (const radial::BadSample&) {
    }
  }
  for (const std::string& name : listing.folders) {
    const auto resolved = archive.resolve(inside(name));
    require(resolved && archive.is_folder(*resolved), "a folder that is listed is there");
    if (depth < 8) walk(archive, *resolved, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static MemoryFile file;
  file.put(data, size);
  may_refuse({ErrorKind::file_format, ErrorKind::dataset}, [] { walk(PictureArchive(file.path()), "", 0); });
  return 0;
}
