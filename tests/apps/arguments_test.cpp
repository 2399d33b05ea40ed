// Options with several values, and DATA behind them.
#include "apps/cli/arguments.h"

#include "apps/cli/command_line.h"
#include "core/error.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
using radial::apps::arranged_words;
namespace fs = std::filesystem;

namespace {

Arguments arranged(const Arguments& words) { return arranged_words(apps::radial_command(words), words); }

}  // namespace

TEST_CASE("options with several values do not eat DATA") {
  const ScratchFolder scratch;
  const std::string data = scratch.path().string();
  const Arguments expected = {"train", data, "--no-decay", "norm", "bias"};
  CHECK(arranged({"train", "--no-decay", "norm", "bias", data}) == expected);
  CHECK(arranged(expected) == expected);
  CHECK(arranged({"train", "--no-decay=norm", "bias", data}) == Arguments{"train", data, "--no-decay=norm", "bias"});
  CHECK(arranged({"train", "--no-decay", "norm,bias", data}) == Arguments{"train", data, "--no-decay", "norm,bias"});
  CHECK(arranged({"train", "--lr-milestones", "3", "6", data, "--seed", "1"}) ==
        Arguments{"train", data, "--lr-milestones", "3", "6", "--seed", "1"});
  CHECK(arranged({"train", "--mean", "0.5", "0.5", "0.5", data}) ==
        Arguments{"train", "--mean", "0.5", "0.5", "0.5", data});
  const Arguments one = {"train", "--mean", "0.5", "0.5", "0.5", data}, joined = {"train", "--mean=0.5", "0.5", "0.5"};
  CHECK(arranged({"train", "--mean", "0.5", data}) == one);
  CHECK(arranged({"train", "--mean=0.5", "--seed", "1"}) == joined + Arguments{"--seed", "1"});
  CHECK(arranged({"train", "--mean=0.5"}) == joined);
  for (const Arguments& words :
       {Arguments{"train", "--mean", "0.5", "1"}, Arguments{"train", "--mean", "0.5,0.5,0.5", data},
        Arguments{"train", "--mean"}, Arguments{"train", "--mean", data}})
    CHECK(arranged(words) == words);
  CHECK(arranged({"train", "--resume", "run", "--no-decay", "norm", data}) ==
        Arguments{"train", data, "--resume", "run", "--no-decay", "norm"});
  // DATA is there: the folder stays what it is.
  for (const Arguments& words :
       {Arguments{"train", "x", "--no-decay", "norm", data}, Arguments{"train", "--no-decay", "norm", data, "--", "x"},
        Arguments{"train", "--no-decay", "norm", data + "/none"}, Arguments{"train", "--out", data},
        Arguments{"train", "--unknown", data}, Arguments{}})
    CHECK(arranged(words) == words);
}

TEST_CASE("a folder that may be DATA or a value is asked about") {
  const ScratchFolder scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  for (const char* folder : {"norm", "conv1", "60", "pictures"}) fs::create_directory(folder);
  for (const Arguments& words :
       {Arguments{"train", "--no-decay", "bias", "norm"}, Arguments{"train", "--no-decay", "bias", "conv1"},
        Arguments{"train", "--lr-milestones", "30", "60"},
        Arguments{"train", "--no-decay", "pictures", "--lr-milestones", "30", "60"}})
    CHECK_THROWS_WITH(arranged(words), ContainsSubstring("put DATA first"));
  const Outcome outcome = run({"train", "--no-decay", "bias", "norm"});
  CHECK(outcome.code == 2);
  CHECK(arranged({"train", "--no-decay", "bias", "pictures"}) == Arguments{"train", "pictures", "--no-decay", "bias"});
  const Arguments resumed = {"train", "--resume", "run", "--no-decay", "norm"};
  CHECK(arranged(resumed) == resumed);  // its DATA is in the run
  fs::current_path(before);
}

TEST_CASE("an option that may stand alone gets its usual values where no number follows") {
  const ScratchFolder scratch;
  const std::string data = scratch.path().string();
  CHECK(arranged({"train", data, "--lighting", "--color-jitter"}) ==
        Arguments{"train", data, "--lighting", "0.1", "--color-jitter", "0.4"});
  CHECK(arranged({"train", "--lighting", data, "--seed", "1"}) ==
        Arguments{"train", "--lighting", "0.1", data, "--seed", "1"});
  CHECK(arranged({"train", "--color-jitter", data}) == Arguments{"train", data, "--color-jitter", "0.4"});
  for (const Arguments& words : {Arguments{"train", data, "--lighting", "0.2", "--color-jitter", "0.1", "0.2", "0.3"},
                                 Arguments{"train", data, "--lighting=0", "--color-jitter", "0.1,0.2,0.3,0"},
                                 Arguments{"train", data, "--lighting", "-1", "--seed", "1"}})
    CHECK(arranged(words) == words);
  CHECK(run({"train", data, "--lighting", "-1"}).code == 2);
  CHECK_THAT(run({"train", data, "--lrr", "0.1", "--lighting"}).err, ContainsSubstring("did you mean --lr?"));
}

TEST_CASE("a value that is missing is named, and help shows both names of a switch") {
  for (const auto& [option, type] : {std::pair("--keep", "INT"), std::pair("--freeze", "PATTERN")})
    CHECK_THAT(run({"train", small_pictures(), option}).err,
               ContainsSubstring(std::string(option) + ": a value is missing (" + type + ")"));
  const std::string help = run({"train", "--help"}).out;
  CHECK_THAT(help, ContainsSubstring("--drop-last,--no-drop-last"));
  CHECK_THAT(help, !ContainsSubstring("{"));
}

TEST_CASE("commas separate values, too") {
  const Outcome outcome = run({"train", small_pictures(), "--no-decay", "norm,bias", "--lr-milestones", "3,6", "9",
                               "--mean", "0.5,0.5,0.5", "--std=1,1,1", "--print-config"});
  CHECK(outcome.code == 0);
  for (const char* line : {"no-decay = [\"norm\", \"bias\"]\n", "lr-milestones = [3, 6, 9]\n",
                           "mean = [0.5, 0.5, 0.5]\n", "std = [1, 1, 1]\n"})
    CHECK_THAT(outcome.out, ContainsSubstring(line));
  for (const Arguments& options : {Arguments{"--mean", "1", "1", "1"}, Arguments{"--std", "1,1,1"},
                                   Arguments{"--no-decay", "norm", "bias"}, Arguments{"--lr-milestones", "3", "6"}})
    CHECK(run(Arguments{"train", "--print-config"} + options + Arguments{small_pictures()}).code == 0);
  CHECK(run_radial({"toy", "--momentum", "0.9,0.95", "--at", "1,2", "3", "--json"}).lines().size() == 18);
}
