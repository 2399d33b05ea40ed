// The trainings that are disturbed: three epochs of an mlp on pictures of 8x8 pixels, a few milliseconds an epoch.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "io/protocol_buffers.h"
#include "tests/catch.h"
#include "tests/faults/process.h"
#include "tests/faults/scenario.h"
#include "tests/io/scratch_folder.h"

namespace faults {

inline Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Pictures, and a gnuplot that takes no time: figures are not what is looked at here. Made once for the program.
class Ground {
 public:
  Ground() {
    // The injector compares paths, so they must not lead through links.
    ::setenv("TMPDIR", std::filesystem::canonical(std::filesystem::temp_directory_path()).c_str(), 1);
    scratch_ = std::make_unique<ScratchFolder>();
    const Ended drawn = in_process(*scratch_ / "synth", [this] {
      return radial_command({"synth", pictures(), "--classes", "3", "--train", "4", "--val", "2", "--size", "8"});
    });
    INFO(drawn.text());
    REQUIRE(drawn.exited(0));
    std::filesystem::create_directory(*scratch_ / "bin");
    const std::string gnuplot = *scratch_ / "bin/gnuplot";
    put(gnuplot, "#!/bin/sh\necho '</svg>' >\"${1%.gp}.svg\"\necho IEND >\"${1%.gp}.png\"\n");
    std::filesystem::permissions(gnuplot, std::filesystem::perms::owner_all);
    ::setenv("PATH", (*scratch_ / "bin" + ":" + std::getenv("PATH")).c_str(), 1);
  }
  std::string pictures() const { return *scratch_ / "pictures"; }

 private:
  std::unique_ptr<ScratchFolder> scratch_;
};

inline const Ground& ground() {
  static const Ground made;
  return made;
}

inline Scenario training(const std::string& name, const Arguments& options = {},
                         const std::string& data = ground().pictures()) {
  const Arguments command =
      Arguments{"train",        data, "--arch",   "mlp", "--image-size", "8",    "--augment", "flip",
                "--batch-size", "4",  "--epochs", "3",   "--lr",         "0.02", "--threads", "1",
                "--workers",    "0",  "--device", "cpu", "--out",        "RUN"} +
      options;
  return {
      .name = name, .begin = command, .go_on = {"train", "--resume", "RUN"}, .again = command, .start = "", .data = ""};
}

// With all that writes more files, or more often.
inline Scenario eager_training() {
  Arguments options = {"--keep",      "1",    "--layers-every", "1",     "--eval-first",
                       "--optimizer", "sgdp", "--schedule",     "cosine"};
  if (radial::writes_protocol_buffers()) options.emplace_back("--tensorboard");
  return training("eager", options);
}

inline Scenario figure3() {
  const Arguments command = {"reproduce",    "figure3", "--data",       ground().pictures(),
                             "--out",        "RUN",     "--arch",       "convnet",
                             "--epochs",     "3",       "--image-size", "8",
                             "--batch-size", "4",       "--threads",    "1",
                             "--workers",    "0"};
  return {.name = "figure3", .begin = command, .go_on = command, .again = command, .start = "", .data = ""};
}

}  // namespace faults
