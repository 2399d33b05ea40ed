// NVIDIA's library for exchanges between cards, as Radial uses it. It is opened when it is needed, so that the program
// runs without it; a build needs its header alone. That of the emulated device is tests/cuda_emulation/nccl.cpp.
#pragma once

#include <string>

#ifdef RADIAL_CUDA_EMULATED
#include "tests/cuda_emulation/nccl.h"
#else
#include <nccl.h>
#endif

namespace radial {

struct NcclLibrary {
  std::string version;  // "2.28.9"

  decltype(&ncclGetErrorString) get_error_string;
  decltype(&ncclGetLastError) get_last_error;
  decltype(&ncclGetVersion) get_version;
  decltype(&ncclGetUniqueId) get_unique_id;
  decltype(&ncclCommInitRank) comm_init_rank;
  decltype(&ncclCommGetAsyncError) comm_get_async_error;
  decltype(&ncclCommAbort) comm_abort;
  decltype(&ncclGroupStart) group_start;
  decltype(&ncclGroupEnd) group_end;
  decltype(&ncclSend) send;
  decltype(&ncclRecv) recv;
  decltype(&ncclAllGather) all_gather;
};

// Looked for where RADIAL_NCCL_LIBRARY says, else where the system looks for libraries, else where the build found it.
// Throws Error(usage) that says why it cannot be had. "off" leaves it out.
const NcclLibrary& open_nccl();

}  // namespace radial
