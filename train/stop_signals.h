// SIGINT, SIGTERM, SIGHUP, SIGUSR2 and SIGXCPU (a limit of time was reached) ask a training to save and stop, SIGUSR1
// to save and go on. The handlers only set flags; the training looks at them between steps. Another one that asks to
// stop, a second or more after the first, ends the process at once (128 + its number), and says so.
#pragma once

#include <csignal>
#include <vector>

namespace radial {

// While one lives, its handlers are installed; afterwards those from before are. A signal that is ignored stays
// ignored: whoever started the process (nohup, a shell in the background) wants that. SIGPIPE is ignored meanwhile: a
// reader of messages that goes away must not end a training. One may live within another: they see the same signals.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int stop() const;  // the signal that asked to stop, if one came, else 0
  bool take_save();  // whether SIGUSR1 came since the last call

 private:
  struct Former {
    int signal;
    struct sigaction action;
  };
  void install(int signal, void (*handler)(int));

  std::vector<Former> former_;
};

const char* name_of_signal(int signal);  // "SIGINT"

}  // namespace radial
