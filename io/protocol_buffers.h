// Event files of TensorBoard (io/event_file.h) and ONNX files (io/onnx.h) are protocol buffers. A program that was
// built without libprotobuf and Boost.CRC has all but these two.
#pragma once

#include <string>

namespace radial {

bool writes_protocol_buffers();
// Throws Error(usage) that begins with `what` and names the packages if this program writes none.
void check_protocol_buffers(const std::string& what);
std::string protocol_buffers_library();  // "protobuf 3.21.12", or "cannot be written (...)"

}  // namespace radial
