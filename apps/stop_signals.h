// SIGINT and SIGTERM ask a training to save and stop, SIGUSR1 to save and go on. The handlers only set flags; the
// training looks at them between steps. A second SIGINT or SIGTERM ends the process at once (130, 143).
#pragma once

#include <csignal>

namespace radial::apps {

// While one lives, its handlers are installed; afterwards those from before are. SIGPIPE is ignored meanwhile: a
// reader of messages that goes away must not end a training.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int stop() const;  // SIGINT or SIGTERM if one came, else 0
  bool take_save();  // whether SIGUSR1 came since the last call

 private:
  struct sigaction interrupt_, terminate_, user_, pipe_;
};

}  // namespace radial::apps
