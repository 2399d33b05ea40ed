// The program `radial`.
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "apps/cli/command_line.h"

// A closed standard stream would give its number to the next file that is opened, a checkpoint say, and messages
// would end up in it. Reading from a closed stdin or writing to a closed stdout must fail, so they are opened the
// wrong way round.
static void occupy_standard_streams() {
  for (int stream = 0; stream <= 2; ++stream)
    if (fcntl(stream, F_GETFD) == -1) open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

// Threads of OpenMP that wait for work should sleep. By default they spin, and take cores from the threads that load
// pictures and from other programs: beside a compiler, on two cores, a ResNet18 step takes four times as long. OpenMP
// reads the variable before main() runs, so the program starts itself again, once.
static void wait_without_spinning(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  execv(program.c_str(), argv);  // returns only if that is not possible: then it works, if slower
}

int main(int argc, char** argv) {
  wait_without_spinning(argv);
  occupy_standard_streams();
  // A file that reaches a limit of size (ulimit -f) is an error like a full disk, not the end without a word.
  std::signal(SIGXFSZ, SIG_IGN);
  return radial::apps::run_command_line(argc, argv);
}
