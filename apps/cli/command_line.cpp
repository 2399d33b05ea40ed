#include "apps/cli/command_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "apps/cli/parser.h"
#include "apps/commands/commands.h"
#include "core/error.h"

namespace radial::apps {
namespace {

int report(ErrorKind kind, const std::string& message) {
  std::fprintf(stderr, "radial: error: %s\n", message.c_str());
  return static_cast<int>(kind);
}

// What was printed must have arrived.
int flushed(int code) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || code != 0) return code;
  return report(ErrorKind::io, std::string("standard output: ") + std::strerror(errno == 0 ? EIO : errno));
}

}  // namespace

Command radial_command() {
  Command radial{.name = "radial",
                 .help = "Train scale-invariant networks and watch what optimizers do to their weights"};
  for (const auto& make : {train_command, evaluate_command, predict_command, figure_command, reproduce_command,
                           toy_command, invariance_command, inspect_command, synth_command, bench_command})
    radial.parts.push_back(make());
  return radial;
}

int run_command_line(int argc, char** argv) {
  try {
    Command radial = radial_command();
    return flushed(parse(radial, {argv + 1, argv + std::max(argc, 1)})());
  } catch (const Error& error) {
    return report(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return report(ErrorKind::out_of_memory, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return report(ErrorKind::io, error.path1().string() + ": " + error.code().message());
  } catch (const std::system_error& error) {
    return report(ErrorKind::io, error.what());
  } catch (const std::exception& error) {
    return report(ErrorKind::internal, std::string(error.what()) + " (a bug of Radial)");
  }
}

}  // namespace radial::apps
