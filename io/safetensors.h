// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length, a JSON header with
// name -> {dtype, shape, data_offsets}, and the raw little-endian values. Strict, in both directions.
#pragma once

#include <map>
#include <string>

#include "core/tensor.h"

namespace radial {

struct TensorFile {
  std::map<std::string, Tensor> tensors;        // by name
  std::map<std::string, std::string> metadata;  // the free texts of "__metadata__"
};

// Reads F32, F64, BF16, U8 and I32 as they are, F16 as float32 and I64 as int32 (if the values fit).
// Throws Error(io) if the file cannot be read and Error(file_format), with path and place, if it breaks a rule:
// header no longer than the file and 100 MB, JSON object without duplicate keys, known dtypes, sizes that match
// shapes, data without holes, overlaps or rest; and if the checksum of a file that Radial wrote is wrong.
TensorFile read_safetensors(const std::string& path);

// The metadata alone, unchecked by the checksum, without a look at the values; throws as above.
std::map<std::string, std::string> read_metadata(const std::string& path);

// Writes the file in one atomic step (io/atomic_file.h), with a CRC-64 of the whole file (its own digits taken as
// zeros) under "radial.checksum" in the metadata. Names and metadata must be UTF-8: Error(usage). `also_as` is a second
// path for the same file (a hard link where the disk can), which is there before `path` is.
void write_safetensors(const std::string& path, const TensorFile& file, const std::string& also_as = "");

inline constexpr const char* checksum_key = "radial.checksum";

}  // namespace radial
