// Options by name: what they take, what they refuse, and what becomes of them in configuration files.
#include "io/options.h"

#include <limits>

#include "core/error.h"
#include "io/configuration.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

enum class Outline { round, square };

struct Values {
  std::string data, name;
  bool on = true, off = false;
  double rate = 0.1;
  int count = 3;
  int64_t many = 0;
  uint64_t seed = 0;
  std::optional<double> maybe;
  std::vector<int> list = {1, 2};
  std::vector<std::string> words;
  std::array<double, 3> three = {1, 2, 3};
  Outline shape = Outline::round;
  std::optional<Outline> other;
  std::optional<std::array<double, 3>> colours;
};

OptionList list_of(Values& values) {
  OptionList list;
  list.add_argument("data", values.data, "DATA", "a folder");
  list.add("name", values.name, "a text", {}, Role::call);
  list.group("Numbers");
  list.add("on", values.on, "a switch");
  list.add("off", values.off, "another");
  list.add("rate", values.rate, "a number", at_least(0));
  list.add("count", values.count, "a whole number", {}, Role::machine);
  list.add("many", values.many, "a large one");
  list.add("seed", values.seed, "one without a sign");
  list.add("maybe", values.maybe, "may be left out", within(0, 1));
  list.add("list", values.list, "several", at_least(1));
  list.add("words", values.words, "several texts");
  list.add("three", values.three, "of red, green and blue");
  list.add_choice("shape", values.shape, Choices<Outline>{{"round", Outline::round}, {"square", Outline::square}},
                  "one of two");
  list.add_choice("other", values.other, Choices<Outline>{{"round", Outline::round}}, "may be left out");
  list.add("colours", values.colours, "may be left out", within(0, 1));
  return list;
}

// A list with its values.
struct Options {
  Values values;
  OptionList list = list_of(values);
  void set(const char* name, const std::vector<std::string>& words) { list.find(name)->set(words); }
};

}  // namespace

TEST_CASE("options write to the value beside which they were declared") {
  Options o;
  o.set("data", {"/a b"});
  o.set("on", {"false"});
  o.set("off", {"yes"});
  o.set("rate", {"+1.5e-3"});
  o.set("count", {"-010"});
  o.set("many", {"9223372036854775807"});
  o.set("seed", {"18446744073709551615"});
  o.set("maybe", {".5"});
  o.set("list", {"7", "8", "9"});
  o.set("words", {"norm", "bias"});
  o.set("three", {"0", "1", "2"});
  o.set("shape", {"square"});
  o.set("other", {"round"});
  o.set("colours", {"0", "0.5", "1"});
  const Values& v = o.values;
  CHECK(v.data == "/a b");
  CHECK_FALSE(v.on);
  CHECK(v.off);
  CHECK(v.rate == 1.5e-3);
  CHECK(v.count == -10);
  CHECK(v.many == std::numeric_limits<int64_t>::max());
  CHECK(v.seed == std::numeric_limits<uint64_t>::max());
  CHECK(v.maybe == 0.5);
  CHECK(v.list == std::vector{7, 8, 9});
  CHECK(v.words == std::vector<std::string>{"norm", "bias"});
  CHECK(v.three == std::array<double, 3>{0, 1, 2});
  CHECK(v.shape == Outline::square);
  CHECK(v.other == Outline::round);
  CHECK(v.colours == std::array<double, 3>{0, 0.5, 1});
  CHECK(o.list.find("rate")->given);
  CHECK_FALSE(o.list.find("name")->given);
  CHECK(o.list.find("rat") == nullptr);
}

TEST_CASE("options say what they expected, and keep the value that they had") {
  struct Case {
    const char* name;
    std::vector<std::string> words;
    const char* message;
  };
  const Case c = GENERATE(
      Case{"rate", {"-1"}, "--rate: got -1 but expected a number of at least 0"},
      Case{"rate", {"abc"}, "--rate: got abc but expected a number of at least 0"}, Case{"rate", {"inf"}, "at least 0"},
      Case{"rate", {"nan"}, "at least 0"}, Case{"rate", {"1x"}, "at least 0"}, Case{"rate", {"0x1"}, "at least 0"},
      Case{"rate", {""}, "at least 0"}, Case{"rate", {"+-1"}, "at least 0"},
      Case{"rate", {"1", "2"}, "--rate: takes 1 value but got 2"}, Case{"rate", {}, "takes 1 value but got 0"},
      Case{"count", {"1.5"}, "--count: got 1.5 but expected a whole number"}, Case{"count", {"1e3"}, "a whole number"},
      Case{"count", {"0x10"}, "a whole number"}, Case{"count", {" 1"}, "a whole number"},
      Case{"count", {"2147483648"}, "a number from -2147483648 to 2147483647"},
      Case{"many", {"-9223372036854775809"}, "a number from -9223372036854775808 to 9223372036854775807"},
      Case{"seed", {"-1"}, "a number from 0 to 18446744073709551615"},
      Case{"maybe", {"1.0001"}, "a number from 0 to 1"}, Case{"list", {"1", "0"}, "got 0 but expected"},
      Case{"list", {}, "--list: an empty list says nothing"}, Case{"three", {"1", "2"}, "takes 3 values but got 2"},
      Case{"on", {"maybe"}, "--on: got maybe but expected true or false"},
      Case{"name", {""}, "--name: got nothing but expected a value"},
      Case{"data", {""}, "data: got nothing but expected a value"},
      Case{"shape", {"sqare"}, "got sqare but expected round, square (did you mean square?)"},
      Case{"words", {"a", ""}, "got nothing"}, Case{"colours", {"0", "1"}, "takes 3 values but got 2"});
  CAPTURE(c.name, c.words);
  Options o, untouched;
  CHECK_THROWS_WITH(o.set(c.name, c.words), ContainsSubstring(c.message));
  CHECK(configuration_text(o.list, "s") == configuration_text(untouched.list, "s"));
  CHECK_FALSE(o.list.find(c.name)->given);
}

TEST_CASE("devices have names and numbers") {
  const auto expected = device_name().expected;
  for (const char* good : {"auto", "cpu", "cuda", "cuda:0", "cuda:12"}) CHECK(expected(good).empty());
  for (const char* bad : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda0", "CPU"}) {
    CAPTURE(bad);
    CHECK(expected(bad) == "auto, cpu, cuda or cuda:N");
  }
}

TEST_CASE("two options of one name are a bug") {
  Options o;
  CHECK_THROWS_WITH(o.list.add("rate", o.values.rate, ""), ContainsSubstring("two are called --rate"));
}

TEST_CASE("a list of options is a configuration file, and back") {
  Options o;
  CHECK(configuration_text(o.list, "s") ==
        "[s]\non = true\noff = false\nrate = 0.1\ncount = 3\nmany = 0\nseed = 0\nlist = [1, 2]\nthree = [1, 2, 3]\n"
        "shape = \"round\"\n");
  o.set("data", {"/a \"b\""});
  o.set("name", {"this call's"});
  o.set("maybe", {"0.25"});
  o.set("words", {"a", "b"});
  o.set("shape", {"square"});
  const std::string text = configuration_text(o.list, "s");
  Options read;
  apply_configuration(read.list, "s", text, "c.toml");
  CHECK(configuration_text(read.list, "s") == text);
  CHECK(read.values.data == "/a \"b\"");
  CHECK(read.values.name.empty());
  CHECK(differences(o.list, read.list).empty());
}

TEST_CASE("what was given goes before what a file says") {
  Options o;
  o.set("rate", {"0.5"});
  apply_configuration(o.list, "s", "rate = 0.7\ncount = 4\nno-on = true\nlist = 3 4\nshape = square\n", "c.toml");
  CHECK(o.values.rate == 0.5);
  CHECK(o.values.count == 4);
  CHECK_FALSE(o.values.on);
  CHECK(o.values.list == std::vector{3, 4});
  CHECK(o.values.shape == Outline::square);
}

TEST_CASE("configuration files are read strictly") {
  struct Case {
    const char *text, *message;
  };
  const Case c = GENERATE(
      Case{"rat = 1\n", "config: c.toml:1: s has no option \"rat\" (did you mean rate?)"},
      Case{"[t]\nrate = 1\n", "c.toml:2: section [t] but expected [s]"}, Case{"[s.t]\nrate = 1\n", "section [s.t]"},
      Case{"rate = 1\n\nrate = 2\n", "c.toml:3: \"rate\" is there twice"},
      Case{"rate = 1\n[s]\nrate = 2\n", "c.toml:3: \"rate\" is there twice"},
      Case{"rate = -1\n", "c.toml:1: --rate: got -1 but expected"}, Case{"rate = [1, 2]\n", "takes 1 value but got 2"},
      Case{"rate = []\n", "takes 1 value but got 0"}, Case{"list = []\n", "an empty list says nothing"},
      Case{"on = true\nno-on = true\n", "c.toml:2: \"no-on\" is there twice"},
      Case{"no-rate = true\n", "s has no option \"no-rate\""}, Case{"no-on = x\n", "got x but expected true or false"},
      Case{"config = \"x\"\n", "s has no option \"config\""});
  CAPTURE(c.text);
  Options o;
  CHECK_THROWS_WITH(apply_configuration(o.list, "s", c.text, "c.toml"), ContainsSubstring(c.message));
  const ScratchFolder scratch;
  CHECK_THROWS_WITH(apply_configuration_file(o.list, "s", scratch / "none"), ContainsSubstring("config: "));
}

TEST_CASE("two lists differ in what is trained alone") {
  Options run, now;
  now.set("name", {"x"});    // of the call
  now.set("count", {"99"});  // of the machine
  CHECK(differences(run.list, now.list).empty());
  now.set("rate", {"0.2"});
  now.set("words", {"a"});
  CHECK(differences(run.list, now.list) ==
        std::vector<std::string>{"--rate 0.2 (the run has 0.1)", "--words [\"a\"] (the run has none)"});
}
