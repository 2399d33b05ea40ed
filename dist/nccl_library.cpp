#include "dist/nccl_library.h"

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <vector>

#include "core/error.h"

namespace radial {
namespace {

std::vector<std::string> places_of_nccl() {
  if (const char* file = std::getenv("RADIAL_NCCL_LIBRARY"); file != nullptr) {
    check(std::string(file) != "off", "RADIAL_NCCL_LIBRARY is off");
    return {file};
  }
  return {RADIAL_NCCL_PLACES};
}

void* open_first(const std::vector<std::string>& places) {
  std::string why;
  for (const std::string& place : places) {
    if (void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL); library != nullptr) return library;
    const char* said = dlerror();
    if (why.empty()) why = said == nullptr ? place + " cannot be opened" : said;
  }
  fail(ErrorKind::usage, "no NCCL: ", why);
}

template <class F>
void find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  check(function != nullptr, "no NCCL: the library that is there has no ", name, "; it must be 2.13 or later");
}

// 22809, or, before 2.9, 2804
std::string dotted(int version) {
  const int unit = version < 10000 ? 1000 : 10000;
  return std::to_string(version / unit) + "." + std::to_string(version % unit / 100) + "." +
         std::to_string(version % 100);
}

std::unique_ptr<const NcclLibrary> load_nccl() {
  void* library = open_first(places_of_nccl());
  auto nccl = std::make_unique<NcclLibrary>();
  find(library, "ncclGetErrorString", nccl->get_error_string);
  find(library, "ncclGetLastError", nccl->get_last_error);
  find(library, "ncclGetVersion", nccl->get_version);
  find(library, "ncclGetUniqueId", nccl->get_unique_id);
  find(library, "ncclCommInitRank", nccl->comm_init_rank);
  find(library, "ncclCommGetAsyncError", nccl->comm_get_async_error);
  find(library, "ncclCommAbort", nccl->comm_abort);
  find(library, "ncclGroupStart", nccl->group_start);
  find(library, "ncclGroupEnd", nccl->group_end);
  find(library, "ncclSend", nccl->send);
  find(library, "ncclRecv", nccl->recv);
  find(library, "ncclAllGather", nccl->all_gather);
  int version = 0;
  const ncclResult_t result = nccl->get_version(&version);
  check(result == ncclSuccess, "no NCCL: ncclGetVersion: ", nccl->get_error_string(result));
  nccl->version = dotted(version);
  return nccl;
}

}  // namespace

const NcclLibrary& open_nccl() {
  static const std::unique_ptr<const NcclLibrary> nccl = load_nccl();
  return *nccl;
}

}  // namespace radial
