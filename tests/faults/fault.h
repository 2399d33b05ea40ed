// What a fault injector can do to a process: at the n-th call of the C library that concerns a file below a folder, the
// call fails, or the process ends there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace faults {

enum class Call { open, read, write, rename, link, unlink, sync, close, mkdir, truncate, list, stat };
const char* name_of(Call call);
// The errors that the system may answer such a call with.
const std::vector<int>& errors_of(Call call);

struct SeenCall {
  Call call;
  std::string path;
  bool changes = false;  // what lies on the disk
};
std::string text_of(const SeenCall& call);

enum class Effect {
  none,
  fail,            // once
  fail_from_here,  // as on a full or broken disk: so does every later call of this kind
  fewer_bytes,     // a write takes half of what it was given and says so: no failure
  disk_full,       // a write takes half, and every write after it fails with ENOSPC
  kill,            // SIGKILL before the call
  tear,            // half of a write, then SIGKILL
  power_cut,       // SIGKILL, and what was not synced is gone
  terminate,       // SIGTERM before the call, which goes on
};

// What a power cut takes of that which was not synced. Which of these it is, is up to the file system.
enum class Lost {
  all,       // names and content
  names,     // files that were created, renamed or removed since their folder was synced; their content is there
  contents,  // names are as they were last, but bytes that were not synced are missing
  half,      // as contents, but half of what a file grew by is there
};

struct Fault {
  int64_t at = 0;  // the call, from 1
  Effect effect = Effect::none;
  int error = 0;
  Lost lost = Lost::all;
};
std::string text_of(const Fault& fault);

}  // namespace faults
