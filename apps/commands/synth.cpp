// radial synth: writes a data set of drawn pictures, to try things without a download.
#include "data/synth.h"

#include <optional>

#include <fmt/core.h>

#include "apps/commands/commands.h"

namespace radial::apps {
namespace {

struct SynthArguments {
  std::string folder, task = "classify";
  std::optional<int> size;
  SynthOptions synth;
};

const Choices<bool> formats = {{"jpeg", false}, {"png", true}};

int run_synth(const SynthArguments& options) {
  SynthOptions synth = options.synth;
  synth.digits = options.task == "rebias";
  synth.png = synth.png || synth.digits;  // colours are told by what is black to the last bit
  synth.size = options.size.value_or(synth.digits ? 28 : synth.size);
  write_synth_dataset(options.folder, synth);
  fmt::print("{}: {} classes, {} training and {} validation pictures of {} x {} pixels ({})\n", options.folder,
             synth.classes, synth.classes * synth.train, synth.classes * synth.val, synth.size, synth.size,
             name_of(formats, synth.png));
  return 0;
}

void list_synth_options(OptionList& list, SynthArguments& options) {
  SynthOptions& synth = options.synth;
  list.add_argument("dir", options.folder, "DIR", "Folder to make").required = true;
  list.add("task", options.task, "For which task: rebias has white digits on black, as MNIST",
           one_of({"classify", "rebias"}));
  list.add("classes", synth.classes, fmt::format("Classes, at most {} (rebias: {})", synth_max_classes, synth_digits));
  list.add("train", synth.train, "Training pictures a class");
  list.add("val", synth.val, "Validation pictures a class");
  list.add("size", options.size, fmt::format("Width and height in pixels ({}; rebias: 28)", synth.size));
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
