#include "train/stop_signals.h"

#include <atomic>
#include <cstdint>
#include <ctime>
#include <unistd.h>

namespace radial {
namespace {

std::atomic<int> stop_signal = 0;
std::atomic<bool> save_asked = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
int alive = 0;

std::atomic<int64_t> stop_asked = 0;  // when, in milliseconds

int64_t milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Who stops a service or closes a terminal may send several signals in a row, of one kind or of two (TERM and HUP):
// they ask once. SIGXCPU comes every second.
void on_stop(int signal) {
  constexpr int64_t in_a_row = 1000;
  int none = 0;
  if (stop_signal.compare_exchange_strong(none, signal)) {
    stop_asked = milliseconds();
    return;
  }
  if (signal == SIGXCPU || milliseconds() - stop_asked < in_a_row) return;
  constexpr char text[] = "radial: a second signal: ends without saving\n";
  (void)!write(STDERR_FILENO, text, sizeof text - 1);
  _exit(128 + signal);
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

}  // namespace radial
