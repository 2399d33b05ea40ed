// A weights file of somebody else: header, data, checksum, and what Radial says in its metadata.
#include "io/safetensors.h"
#include "models/models.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using radial::ErrorKind;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static MemoryFile file;
  file.put(data, size);
  may_refuse({ErrorKind::file_format, ErrorKind::out_of_memory}, [] {
    const radial::TensorFile read = radial::read_safetensors(file.path());
    radial::from_metadata(read.metadata, {}, file.path());
    for (const auto& [name, tensor] : read.tensors) require(tensor.defined(), "every tensor is there");
  });
  return 0;
}
