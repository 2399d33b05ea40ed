#include "dist/cards.h"

#include <algorithm>

#include "core/error.h"
#ifdef RADIAL_WITH_NCCL
#include "dist/nccl_group.h"
#endif

namespace radial {

std::string nccl_version() {
#ifdef RADIAL_WITH_NCCL
  return open_nccl().version;
#else
  fail(ErrorKind::usage, "this Radial was built without NCCL");
#endif
}

LinkedCards link_cards(Group& hosts, Device own) {
  if (hosts.size() == 1) return {};
  std::string version, why;  // one of them, of a card
  if (own.type == DeviceType::cuda) try {
      version = nccl_version();
    } catch (const Error& error) {
      why = error.what();
    }
  const std::vector<std::string> all = hosts.gather(version);
  const bool alike = std::all_of(all.begin(), all.end(), [&](const std::string& other) { return other == version; });
#ifdef RADIAL_WITH_NCCL
  if (alike && !version.empty()) return {nccl_group(hosts, own), "gradients by NCCL " + version};
#endif
  if (own.type == DeviceType::cpu) return {};
  if (!alike && why.empty()) why = "NCCL " + version + " here, but another version or none on another rank";
  return {nullptr, "gradients through the host (" + why + ")"};
}

}  // namespace radial
