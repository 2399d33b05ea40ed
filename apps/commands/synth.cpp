// radial synth: writes a data set of drawn pictures, to try things without a download.
#include "data/synth.h"

#include <fmt/core.h>

#include "apps/commands/commands.h"

namespace radial::apps {
namespace {

struct SynthArguments {
  std::string folder, task = "classify";
  SynthOptions synth;
};

const Choices<bool> formats = {{"jpeg", false}, {"png", true}};

int run_synth(const SynthArguments& options) {
  const SynthOptions& synth = options.synth;
  if (options.task == "detect") {
    write_synth_scenes(options.folder, synth);
    fmt::print("{}: {} classes, {} training and {} validation pictures of {} x {} pixels with boxes ({}, COCO)\n",
               options.folder, synth.classes, synth.train, synth.val, synth.size, synth.size,
               name_of(formats, synth.png));
    return 0;
  }
  write_synth_dataset(options.folder, synth);
  fmt::print("{}: {} classes, {} training and {} validation pictures of {} x {} pixels ({})\n", options.folder,
             synth.classes, synth.classes * synth.train, synth.classes * synth.val, synth.size, synth.size,
             name_of(formats, synth.png));
  return 0;
}

void list_synth_options(OptionList& list, SynthArguments& options) {
  SynthOptions& synth = options.synth;
  list.add_argument("dir", options.folder, "DIR", "Folder to make").required = true;
  list.add("task", options.task, "For which task: detect has several objects a picture, and their boxes",
           one_of({"classify", "detect"}));
  list.add("classes", synth.classes, fmt::format("Classes, at most {}", synth_max_classes));
  list.add("train", synth.train, "Training pictures a class (detect: in all)");
  list.add("val", synth.val, "Validation pictures a class (detect: in all)");
  list.add("size", synth.size, "Width and height in pixels");
  list.add("seed", synth.seed, "Seed of the pictures");
  list.add_choice("format", synth.png, formats, "jpeg or png");
}

}  // namespace

Command synth_command() {
  return command(
      "synth", "Draw a data set: textured shapes in DIR/train/<class> and DIR/val/<class>, the same for the same seed",
      list_synth_options, run_synth);
}

}  // namespace radial::apps
