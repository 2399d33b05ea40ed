#include "tasks/tasks.h"

#include "tasks/classify/options.h"
#include "tasks/detect/options.h"
#include "train/task_options.h"

namespace radial {

void add_tasks() {
  add_task({"classify", "pictures into classes", [] { return std::make_unique<ClassifyOptions>(); }});
  add_task({"detect", "boxes of objects in pictures", [] { return std::make_unique<DetectOptions>(); }});
}

}  // namespace radial
