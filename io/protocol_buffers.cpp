#include "io/protocol_buffers.h"

#include "core/error.h"

#ifdef RADIAL_PROTOCOL_BUFFERS
#include <google/protobuf/stubs/common.h>
#endif

namespace radial {

#ifdef RADIAL_PROTOCOL_BUFFERS

bool writes_protocol_buffers() { return true; }

void check_protocol_buffers(const std::string&) {}

std::string protocol_buffers_library() {
  return "protobuf " + google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION);
}

#else

bool writes_protocol_buffers() { return false; }

void check_protocol_buffers(const std::string& what) {
  fail(ErrorKind::usage, what,
       ": this program was built without protocol buffers (as the demo's is); install libprotobuf-dev, "
       "protobuf-compiler and libboost-dev "
       "and build it again");
}

std::string protocol_buffers_library() {
  return "cannot be written (libprotobuf-dev, protobuf-compiler and libboost-dev were not there)";
}

#endif

}  // namespace radial
