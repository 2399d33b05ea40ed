// radial synth: writes a data set of drawn pictures, to try things without a download.
#include "data/synth.h"

#include <memory>

#include <fmt/format.h>

#include "apps/cli/command.h"
#include "apps/cli/option_checks.h"

namespace radial::apps {
namespace {

struct SynthArguments {
  std::string folder;
  std::string format = "jpeg";
  SynthOptions synth;
};

int run_synth(SynthArguments options) {
  options.synth.png = options.format == "png";
  write_synth_dataset(options.folder, options.synth);
  const SynthOptions& synth = options.synth;
  fmt::print("{}: {} classes, {} training and {} validation pictures of {} x {} pixels ({})\n", options.folder,
             synth.classes, synth.classes * synth.train, synth.classes * synth.val, synth.size, synth.size,
             options.format);
  return 0;
}

}  // namespace

void add_synth(CLI::App& root, Chosen& chosen) {
  auto options = std::make_shared<SynthArguments>();
  SynthOptions& synth = options->synth;
  CLI::App* command = root.add_subcommand(
      "synth", "Draw a data set: textured shapes in DIR/train/<class> and DIR/val/<class>, the same for the same seed");
  command->add_option("dir", options->folder, "Folder to make")->check(not_empty())->required()->type_name("DIR");
  command->add_option("--classes", synth.classes, fmt::format("Classes, at most {}", synth_max_classes))
      ->capture_default_str();
  command->add_option("--train", synth.train, "Training pictures a class")->capture_default_str();
  command->add_option("--val", synth.val, "Validation pictures a class")->capture_default_str();
  command->add_option("--size", synth.size, "Width and height in pixels")->capture_default_str();
  command->add_option("--seed", synth.seed, "Seed of the pictures")->capture_default_str();
  command->add_option("--format", options->format, "jpeg or png")
      ->check(one_of({"jpeg", "png"}))
      ->capture_default_str();
  command->callback([&chosen, options] { chosen.run = [options] { return run_synth(*options); }; });
}

}  // namespace radial::apps
