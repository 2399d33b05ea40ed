// A .pth of somebody else: its pickle, in an archive with one storage, or the whole archive.
#include <zip.h>

#include "io/weights_file.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using radial::ErrorKind;

namespace {

void add(zip_t* archive, const char* name, const void* data, size_t size) {
  zip_source_t* source = zip_source_buffer(archive, data, size, 0);
  const zip_int64_t entry = zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
  if (entry < 0 || zip_set_file_compression(archive, static_cast<zip_uint64_t>(entry), ZIP_CM_STORE, 0) != 0)
    std::abort();
}

void put_archive(MemoryFile& file, const uint8_t* pickle, size_t size) {
  static const uint8_t storage[64] = {1, 2, 3, 4, 5, 6, 7, 8};
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* whole = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(whole);
  zip_t* archive = zip_open_from_source(whole, ZIP_TRUNCATE, &error);
  if (archive == nullptr) std::abort();
  add(archive, "a/data.pkl", pickle, size);
  add(archive, "a/data/0", storage, sizeof(storage));
  if (zip_close(archive) != 0 || zip_source_open(whole) != 0) std::abort();
  zip_stat_t facts;
  zip_source_stat(whole, &facts);
  std::string bytes(facts.size, '\0');
  if (zip_source_read(whole, bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size())) std::abort();
  zip_source_close(whole);
  zip_source_free(whole);
  file.put(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static MemoryFile file;
  if (text_of(data, size).starts_with("PK"))
    file.put(data, size);
  else
    put_archive(file, data, size);
  may_refuse({ErrorKind::file_format}, [] {
    for (const auto& [name, tensor] : radial::read_weights_file(file.path()).file.tensors)
      require(tensor.defined(), "every tensor is there");
  });
  return 0;
}
