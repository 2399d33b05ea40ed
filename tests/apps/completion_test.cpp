// radial completion: what the shells make of it. Bash is there wherever the tests run.
#include "tests/apps/command_output.h"
#include "tests/apps/shell.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using Catch::Matchers::ContainsSubstring;

namespace {

// What bash offers for these words, of which the last is being typed.
std::string offered(const ScratchFolder& scratch, const std::string& words) {
  put(scratch / "try.sh", "source " + (scratch / "radial.bash") + "\nCOMP_WORDS=(radial " + words +
                              ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_radial\nprintf '%s ' \"${COMPREPLY[@]}\"\n");
  CHECK(shell("bash " + (scratch / "try.sh") + " >" + (scratch / "out")) == 0);
  return content_of(scratch / "out");
}

}  // namespace

TEST_CASE("bash completes commands, parts, options and their values") {
  const ScratchFolder scratch;
  const CommandOutput script = run_radial({"completion", "bash"});
  REQUIRE(script.code == 0);
  put(scratch / "radial.bash", script.out);
  CHECK(offered(scratch, "ev") == "evaluate ");
  CHECK(offered(scratch, "reproduce fig") == "figure3 figure4 ");
  CHECK(offered(scratch, "train --optimizer sg") == "sgd sgdp ");
  CHECK(offered(scratch, "train DATA --optimizer = sgdp") == "sgdp ");
  CHECK(offered(scratch, "train --lr-mi") == "--lr-milestones ");
  CHECK(offered(scratch, "train --no-sh") == "--no-shuffle ");
  CHECK(offered(scratch, "--ver") == "--version ");
  CHECK(offered(scratch, "reproduce figure3 --epo") == "--epochs ");
  CHECK(offered(scratch, "train --class-weights ''") == "none auto ");  // or a file
  CHECK(offered(scratch, "completion ''") == "bash zsh fish ");
  CHECK(offered(scratch, "completion z") == "zsh ");
  CHECK(offered(scratch, "train da") == " ");  // a file's name: bash itself
}

TEST_CASE("zsh and fish get every option, with its help") {
  const std::string zsh = run_radial({"completion", "zsh"}).out, fish = run_radial({"completion", "fish"}).out;
  CHECK_THAT(zsh, ContainsSubstring("--optimizer[") && ContainsSubstring("(gd sgd"));
  CHECK_THAT(fish, ContainsSubstring("__fish_seen_subcommand_from reproduce; and __fish_seen_subcommand_from figure3"));
  CHECK_THAT(fish, ContainsSubstring("-l optimizer -x -a 'gd sgd"));
  CHECK_THAT(zsh, ContainsSubstring("':SHELL:(bash zsh fish)'"));
  CHECK_THAT(fish, ContainsSubstring("-l class-weights -r -a 'none auto'"));
  CHECK_THAT(fish, ContainsSubstring("'__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'"));
  CHECK(run_radial({"completion", "tcsh"}).code == 2);
  CHECK(run_radial({"completion"}).code == 2);
  const ScratchFolder scratch;
  put(scratch / "radial.zsh", zsh);
  put(scratch / "radial.fish", fish);
  for (const char* name : {"zsh", "fish"})  // where they are installed
    CHECK(shell(std::string("! command -v ") + name + " >/dev/null || " + name + " -n " + (scratch / "radial.") +
                name) == 0);
}
