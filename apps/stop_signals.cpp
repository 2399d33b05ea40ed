#include "apps/stop_signals.h"

#include <atomic>
#include <unistd.h>

namespace radial::apps {
namespace {

std::atomic<int> stop_signal = 0;
std::atomic<bool> save_asked = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
int alive = 0;

// When a terminal goes away, the system and the shell send one SIGHUP each; SIGXCPU comes every second.
bool comes_twice(int signal) { return signal == SIGHUP || signal == SIGXCPU; }

void on_stop(int signal) {
  int none = 0;
  if (stop_signal.compare_exchange_strong(none, signal)) return;
  if (none != signal || !comes_twice(signal)) _exit(128 + signal);
}

void on_save(int) { save_asked = true; }

}  // namespace

StopSignals::StopSignals() {
  if (alive++ == 0) {
    stop_signal = 0;
    save_asked = false;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR2, SIGXCPU}) install(signal, on_stop);
  install(SIGUSR1, on_save);
  install(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() {
  for (const Former& former : former_) sigaction(former.signal, &former.action, nullptr);
  --alive;
}

void StopSignals::install(int signal, void (*handler)(int)) {
  Former former{signal, {}};
  sigaction(signal, nullptr, &former.action);
  if (former.action.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // reading and writing go on
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
  former_.push_back(former);
}

int StopSignals::stop() const { return stop_signal; }

bool StopSignals::take_save() { return save_asked.exchange(false); }

const char* name_of_signal(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    case SIGUSR2:
      return "SIGUSR2";
    case SIGXCPU:
      return "SIGXCPU";
    default:
      return "a signal";
  }
}

}  // namespace radial::apps
