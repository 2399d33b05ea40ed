#include "apps/stop_signals.h"

#include <unistd.h>

namespace radial::apps {
namespace {

volatile std::sig_atomic_t stop_signal = 0;
volatile std::sig_atomic_t save_asked = 0;

void on_stop(int signal) {
  if (stop_signal != 0) _exit(128 + signal);
  stop_signal = signal;
}

void on_save(int) { save_asked = 1; }

void install(int signal, void (*handler)(int), struct sigaction& before) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // reading and writing go on
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &before);
}

}  // namespace

StopSignals::StopSignals() : interrupt_{}, terminate_{}, user_{}, pipe_{} {
  stop_signal = 0;
  save_asked = 0;
  install(SIGINT, on_stop, interrupt_);
  install(SIGTERM, on_stop, terminate_);
  install(SIGUSR1, on_save, user_);
  install(SIGPIPE, SIG_IGN, pipe_);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
  sigaction(SIGUSR1, &user_, nullptr);
  sigaction(SIGPIPE, &pipe_, nullptr);
}

int StopSignals::stop() const { return stop_signal; }

bool StopSignals::take_save() {
  const bool asked = save_asked != 0;
  save_asked = 0;
  return asked;
}

}  // namespace radial::apps
