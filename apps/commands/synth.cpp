// radial synth: writes a data set of drawn pictures, to try things without a download.
#include "data/synth.h"

#include <optional>

#include <fmt/core.h>

#include "apps/commands/commands.h"
#include "core/error.h"
#include "data/synth_sound.h"

namespace radial::apps {
namespace {

struct SynthArguments {
  std::string folder, task = "classify";
  std::optional<int> train, val, size;
  SynthOptions synth;
  bool tags = false;
  double seconds = 1;
};

const Choices<bool> formats = {{"jpeg", false}, {"png", true}};

int run_synth_sounds(const SynthArguments& options) {
  SynthSoundOptions synth{
      .classes = options.synth.classes, .seconds = options.seconds, .tags = options.tags, .seed = options.synth.seed};
  synth.train = options.train.value_or(synth.train);
  synth.val = options.val.value_or(synth.val);
  write_synth_sounds(options.folder, synth);
  fmt::print("{}: {} {}, {} training and {} validation sounds of {:g} s (WAV)\n", options.folder, synth.classes,
             synth.tags ? "tags" : "classes", synth.classes * synth.train, synth.classes * synth.val, synth.seconds);
  return 0;
}

int run_synth(const SynthArguments& options) {
  check(options.task == "audio" || !options.tags, "synth: --tags is of --task audio");
  if (options.task == "audio") return run_synth_sounds(options);
  SynthOptions synth = options.synth;
  synth.train = options.train.value_or(synth.train);
  synth.val = options.val.value_or(synth.val);
  synth.digits = options.task == "rebias";
  synth.png = synth.png || synth.digits;  // colours are told by what is black to the last bit
  synth.size = options.size.value_or(synth.digits ? 28 : synth.size);
  synth.other_classes_in_val = options.task == "retrieve";
  if (options.task == "detect") {
    write_synth_scenes(options.folder, synth);
    fmt::print("{}: {} classes, {} training and {} validation pictures of {} x {} pixels with boxes ({}, COCO)\n",
               options.folder, synth.classes, synth.train, synth.val, synth.size, synth.size,
               name_of(formats, synth.png));
    return 0;
  }
  write_synth_dataset(options.folder, synth);
  fmt::print("{}: {} classes{}, {} training and {} validation pictures of {} x {} pixels ({})\n", options.folder,
             synth.classes, synth.other_classes_in_val ? " and as many others in val" : "", synth.classes * synth.train,
             synth.classes * synth.val, synth.size, synth.size, name_of(formats, synth.png));
  return 0;
}

void list_synth_options(OptionList& list, SynthArguments& options) {
  SynthOptions& synth = options.synth;
  list.add_argument("dir", options.folder, "DIR", "Folder to make").required = true;
  list.add("task", options.task,
           "For which task: retrieve has other classes in val than in train, detect several objects a picture and "
           "their boxes, "
           "rebias white digits on black, as MNIST",
           one_of({"audio", "classify", "detect", "rebias", "retrieve"}));
  list.add("classes", synth.classes,
           fmt::format("Classes, at most {} (retrieve: {}, audio: {}, rebias: {})", synth_max_classes,
                       synth_max_classes / 2, synth_max_sound_classes, synth_digits));
  list.add("train", options.train, "Training samples a class (default 500; audio: 50; detect: in all)");
  list.add("val", options.val, "Validation samples a class (default 100; audio: 10; detect: in all)");
  list.add("size", options.size, fmt::format("Width and height of pictures in pixels ({}; rebias: 28)", synth.size));
  list.add("seed", synth.seed, "Seed of the samples");
  list.add_choice("format", synth.png, formats, "jpeg or png");
  list.add("seconds", options.seconds, "audio: length of a sound");
  list.add("tags", options.tags, "audio: mixtures of up to three classes, which are tags then");
}

}  // namespace

Command synth_command() {
  return command(
      "synth", "Draw a data set: textured shapes in DIR/train/<class> and DIR/val/<class>, the same for the same seed",
      list_synth_options, run_synth);
}

}  // namespace radial::apps
