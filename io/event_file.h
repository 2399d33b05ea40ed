// Event files, from which TensorBoard draws its curves. A file is a row of records, an event each (io/event.proto), all
// numbers little-endian:
//
//   length u64 | masked CRC-32C of the length u32 | event | masked CRC-32C of the event u32
//
// where masked(crc) = (crc rotated right by 15 bits) + 0xa282ead8, modulo 2^32.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/marked_file.h"

namespace radial {

struct Scalar {
  std::string tag;  // "val/top1": TensorBoard groups by what stands before the slash
  double value = 0;
};

// Appends events, which are buffered until flush() or sync(): MarkedFile says how these fail. The constructors throw
// Error(usage) if this program writes no protocol buffers.
class EventFile {
 public:
  explicit EventFile(const std::string& path);  // a new file
  // A new one for a training that goes on: what readers have of other files from `first_step` on they drop.
  EventFile(const std::string& path, int64_t first_step);

  // Of one step, with the time of now. In float32, as TensorBoard keeps them; what is NaN is left out.
  void add(int64_t step, std::span<const Scalar> scalars);

  size_t buffered() const { return file_.buffered(); }  // bytes
  void flush() { file_.flush(); }
  FileMark sync() { return file_.sync(words); }

  static constexpr FileWords words = {"tensorboard", "events"};

 private:
  void add_record(const std::string& event);

  MarkedFile file_;
};

}  // namespace radial
