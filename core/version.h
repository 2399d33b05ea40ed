// What this build is: for `radial --version` and the env.json of a run.
#pragma once

namespace radial {

extern const char* const version;   // "0.1.0"
extern const char* const commit;    // of the source tree, with "-dirty" if it had changes; "unknown" outside git
extern const char* const compiler;  // "GNU 12.2.0"
extern const char* const build;     // build type and sanitizers: "Release", "RelWithDebInfo thread"

}  // namespace radial
