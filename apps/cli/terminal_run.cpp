#include "apps/cli/terminal_run.h"

#include <algorithm>
#include <new>
#include <span>

#include <nlohmann/json.hpp>

#include "apps/cli/environment.h"
#include "apps/cli/progress.h"
#include "apps/cli/shell_command.h"
#include "core/error.h"
#include "dist/group.h"
#include "figures/training_figure.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

[[noreturn]] void out_of_memory(const TrainOptions& options, const std::string& what) {
  const int64_t half = std::max<int64_t>(options.batch_size / 2, 1);
  fail(ErrorKind::out_of_memory, what, "; --batch-size ", half, " --accumulate ", 2 * options.accumulate.value_or(1),
       " makes steps of as many samples with about half the memory (--dry-run estimates it)");
}

void draw(const RunFolder& run) {
  const std::string folder = run.path().string();
  draw_training_figure(read_run_curves(std::span(&folder, 1)), run.file("figures/training"));
}

}  // namespace

void with_advice_on_memory(const TrainOptions& options, const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::out_of_memory) throw;
    out_of_memory(options, error.what());
  } catch (const std::bad_alloc&) {
    out_of_memory(options, "out of memory");
  }
}

RunOutcome run_in_terminal(const TrainOptions& options,
                           const std::function<RunOutcome(const Surroundings& terminal)>& start) {
  Progress progress;
  RunListener silent;
  const Surroundings terminal{.listener = world().leads() ? progress : silent,
                              .command = shell_command(process_arguments()),
                              .environment = [](Device device) { return json_text(environment(device), 2) + "\n"; },
                              .draw = draw};
  RunOutcome outcome;
  with_advice_on_memory(options, [&] { outcome = start(terminal); });
  return outcome;
}

}  // namespace radial::apps
