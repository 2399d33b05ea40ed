#include "tasks/tasks.h"

#include "tasks/adversarial/options.h"
#include "tasks/audio/options.h"
#include "tasks/classify/options.h"
#include "tasks/detect/options.h"
#include "tasks/rebias/options.h"
#include "tasks/retrieve/options.h"
#include "train/task_options.h"

namespace radial {

void add_tasks() {
  add_task({"classify", "pictures into classes", [] { return std::make_unique<ClassifyOptions>(); }});
  add_task({"adversarial", "the same from attacked pictures", [] { return std::make_unique<AdversarialOptions>(); }});
  add_task({"audio", "sounds into classes or to tags", [] { return std::make_unique<AudioOptions>(); }});
  add_task({"detect", "boxes of objects in pictures", [] { return std::make_unique<DetectOptions>(); }});
  add_task({"rebias", "pictures into classes, beside a network that sees the bias alone",
            [] { return std::make_unique<RebiasOptions>(); }});
  add_task(
      {"retrieve", "pictures of classes never seen, by likeness", [] { return std::make_unique<RetrieveOptions>(); }});
}

}  // namespace radial
