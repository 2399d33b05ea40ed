#include "tasks/tasks.h"

#include "tasks/adversarial/options.h"
#include "tasks/classify/options.h"
#include "tasks/rebias/options.h"
#include "train/task_options.h"

namespace radial {

void add_tasks() {
  add_task({"classify", "pictures into classes", [] { return std::make_unique<ClassifyOptions>(); }});
  add_task({"adversarial", "the same from attacked pictures", [] { return std::make_unique<AdversarialOptions>(); }});
  add_task({"rebias", "pictures into classes, beside a network that sees the bias alone",
            [] { return std::make_unique<RebiasOptions>(); }});
}

}  // namespace radial
