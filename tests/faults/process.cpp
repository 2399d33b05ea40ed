#include "tests/faults/process.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/cli/command_line.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace faults {

bool Ended::exited(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
bool Ended::killed_by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
bool Ended::stuck() const { return killed_by(SIGALRM); }

std::string Ended::text() const {
  const std::string how = stuck()               ? "was stuck"
                          : WIFEXITED(status)   ? "ended with exit code " + std::to_string(WEXITSTATUS(status))
                          : WIFSIGNALED(status) ? "was killed by signal " + std::to_string(WTERMSIG(status))
                                                : "ended with status " + std::to_string(status);
  return how + (err.empty() ? "" : "\n    " + err.substr(0, err.find_last_not_of('\n') + 1));
}

Ended in_process(const std::string& scratch, const std::function<int()>& work, unsigned deadline_seconds) {
  const std::string err = scratch + ".stderr";
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int signal : {SIGINT, SIGHUP, SIGTERM, SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGUSR1, SIGUSR2, SIGALRM})
      ::signal(signal, SIG_DFL);  // not Catch2's
    ::alarm(deadline_seconds);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    const int code = work();
    std::fflush(nullptr);
    ::_exit(code);
  }
  Ended ended;
  while (::waitpid(child, &ended.status, 0) < 0 && errno == EINTR) {
  }
  ended.err = content_of(err);
  return ended;
}

int radial_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "radial");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return radial::apps::run_command_line(static_cast<int>(arguments.size()), argv.data());
}

}  // namespace faults
