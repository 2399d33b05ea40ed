#include "tests/faults/fault.h"

#include <cerrno>
#include <cstring>

namespace faults {

const char* name_of(Call call) {
  static constexpr const char* names[] = {"open", "read",  "write", "rename",   "link", "unlink",
                                          "sync", "close", "mkdir", "truncate", "list", "stat"};
  return names[static_cast<size_t>(call)];
}

const std::vector<int>& errors_of(Call call) {
  static const std::vector<int> create = {ENOSPC, EMFILE, EACCES, EIO}, change = {ENOSPC, EIO, EACCES},
                                data = {EIO, ENOSPC}, link = {EPERM, EMLINK, ENOSPC, EIO}, look = {EIO, EACCES},
                                list = {EMFILE, EIO, ENOMEM}, read = {EIO};
  switch (call) {
    case Call::open:
      return create;
    case Call::rename:
    case Call::unlink:
    case Call::mkdir:
      return change;
    case Call::link:
      return link;
    case Call::write:
      static const std::vector<int> write = {ENOSPC, EIO, EFBIG, EDQUOT};
      return write;
    case Call::sync:
    case Call::close:
    case Call::truncate:
      return data;
    case Call::list:
      return list;
    case Call::stat:
      return look;
    case Call::read:
      return read;
  }
  return read;
}

std::string text_of(const SeenCall& call) { return std::string(name_of(call.call)) + " " + call.path; }

std::string text_of(const Fault& fault) {
  static constexpr const char* effects[] = {"nothing", "fail", "fail from here", "fewer bytes", "disk full",
                                            "kill",    "tear", "power cut",      "SIGTERM"};
  static constexpr const char* losses[] = {"all", "names", "contents", "half"};
  std::string text = effects[static_cast<size_t>(fault.effect)];
  if (fault.effect == Effect::power_cut)
    text += std::string(" (lost: ") + losses[static_cast<size_t>(fault.lost)] + ")";
  if (fault.error != 0) text += std::string(" (") + ::strerrorname_np(fault.error) + ")";
  return text + " at " + std::to_string(fault.at);
}

}  // namespace faults
