// Archives that tests make: zip files by libzip, tar files by the system's tar.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>
#include <zip.h>

#include "data/archive_format.h"
#include "data/image.h"
#include "data/image_folder.h"
#include "tests/catch.h"

namespace radial::test {

struct ZipEntry {
  std::string name, content;
  int32_t method = ZIP_CM_STORE;
  bool is_link = false;
  std::string password = {};
};

inline void write_zip(const std::string& path, const std::vector<ZipEntry>& entries) {
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  REQUIRE(zip != nullptr);
  for (const ZipEntry& entry : entries) {
    if (entry.name.ends_with('/')) {
      REQUIRE(zip_dir_add(zip, entry.name.c_str(), ZIP_FL_ENC_UTF_8) >= 0);
      continue;
    }
    zip_source_t* source = zip_source_buffer(zip, entry.content.data(), entry.content.size(), 0);
    const zip_int64_t at = zip_file_add(zip, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    REQUIRE(at >= 0);
    const auto index = static_cast<zip_uint64_t>(at);
    REQUIRE(zip_set_file_compression(zip, index, entry.method, 0) == 0);
    if (entry.is_link) REQUIRE(zip_file_set_external_attributes(zip, index, 0, ZIP_OPSYS_UNIX, 0120777U << 16) == 0);
    if (!entry.password.empty())
      REQUIRE(zip_file_set_encryption(zip, index, ZIP_EM_AES_256, entry.password.c_str()) == 0);
  }
  REQUIRE(zip_close(zip) == 0);
}

// The names of a folder, or with `how` anything else that tar understands.
inline void write_tar(const std::string& path, const std::string& folder, const std::string& how = ".") {
  REQUIRE(std::system(("tar -C '" + folder + "' -cf '" + path + "' " + how).c_str()) == 0);
}

inline bool can_read_tar() { return archive_library().starts_with("libarchive"); }

inline std::vector<std::string> names_in(const ImageFolder& folder) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < folder.size(); ++i)
    names.push_back(folder.path(i).lexically_relative(folder.root).generic_string());
  return names;
}

inline std::string content_at(const std::filesystem::path& path) {
  std::vector<uint8_t> bytes;
  read_bytes(path, bytes);
  return {bytes.begin(), bytes.end()};
}

}  // namespace radial::test
