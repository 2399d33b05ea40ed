#include "io/toml.h"

#include "core/error.h"
#include "core/random.h"
#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;
using Texts = std::vector<std::string>;

namespace {

Texts values_of(const std::string& text) {
  const auto entries = read_toml(text, "c.toml");
  REQUIRE(entries.size() == 1);
  return entries[0].values;
}

}  // namespace

TEST_CASE("toml: sections, keys, values of every kind") {
  const auto entries = read_toml(
      "\xEF\xBB\xBFseed = 1\r\n# a comment\n[ train ] # another\nlr=0.1 # and one\n\"key\" = 'a # b'\n"
      "other.key = true\n",
      "c.toml");
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].section.empty());
  CHECK(entries[0].key == "seed");
  CHECK(entries[0].values == Texts{"1"});
  CHECK(entries[1].section == Texts{"train"});
  CHECK(entries[1].values == Texts{"0.1"});
  CHECK(entries[1].line == 4);
  CHECK(entries[2].key == "key");
  CHECK(entries[2].values == Texts{"a # b"});
  CHECK(entries[3].section == Texts{"train", "other"});
  CHECK(entries[3].values == Texts{"true"});
  CHECK(read_toml("", "c.toml").empty());
}

TEST_CASE("toml: lists") {
  CHECK(values_of("a = [30, 60,90]") == Texts{"30", "60", "90"});
  CHECK(values_of("a = [ # here\n  \"x,y]\", # there\n\n  'z' ,\n]\n") == Texts{"x,y]", "z"});
  CHECK(values_of("a = 30 60, 90") == Texts{"30", "60", "90"});
  CHECK(values_of("a = []").empty());
}

TEST_CASE("toml: escapes") {
  CHECK(values_of(R"(a = "\"\\\t\n\u00e9\U0001F600\udce9")") == Texts{"\"\\\t\n\u00E9\U0001F600\xE9"});
  CHECK(values_of(R"(a = '\t"')") == Texts{"\\t\""});
}

TEST_CASE("toml: any text is read as it was written") {
  std::vector<std::string> texts = {"",        "plain",   "a b",     "it's",     "a \"b\"",      "a\\b",
                                    "'\"\\",   "a\nb",    "\ttab",   "#[x] = 1", "[a, b]",       "\x7F\x1B",
                                    "caf\xE9", "\\udce9", "\\u00e9", "\u00E9",   "\xED\xB3\xA9", std::string(5000, 'x'),
                                    "'''",     "\"\"\"",  "\r"};
  Random random(7, Stream::test);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int64_t n = random.below(12); n > 0; --n) {
      const char interesting[] = {'"', '\'', '\\', '#', ']', ',', 'u', 'd', 'c', '\xE9', '\xC3', '\xA9', '\n', ' '};
      text += random.below(2) ? interesting[random.below(std::ssize(interesting))]
                              : static_cast<char>(1 + random.below(255));
    }
    texts.push_back(text);
  }
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(values_of("a = " + toml(text) + "\n") == Texts{text});
  }
  CHECK(values_of("a = " + toml(texts)) == texts);
  CHECK(toml(std::string("/a b/c")) == "\"/a b/c\"");
  CHECK(toml(std::string("a\"b")) == "'a\"b'");  // as older runs have it
  CHECK(toml(std::string("caf\xE9")) == "\"caf\\udce9\"");
}

TEST_CASE("toml: what is not understood is an error with its line") {
  struct Case {
    const char *text, *message;
  };
  for (const auto& [text, message] :
       std::initializer_list<Case>{{"a = 1\nseed 1\n", "c.toml:2: \"seed 1\" is neither [section] nor key = value"},
                                   {"a =\n", "is neither"},
                                   {"= 3\n", "is neither"},
                                   {"a = # 3\n", "is neither"},
                                   {"[train\n", "is neither"},
                                   {"[]\n", "is neither"},
                                   {"[[train]]\n", "is neither"},
                                   {"a = 1\na = 2\n", "c.toml:2: \"a\" is there twice"},
                                   {"a = [1, 2\nb = 3\n", "a comma is missing"},
                                   {"\na = [1, 2,\n", "c.toml:2: an array has no end"},
                                   {"a = [,]", "a value is missing"},
                                   {"a = [[1]]", "an array in an array"},
                                   {"a = {b = 1}", "tables in a line"},
                                   {"a = \"x\n", "a text has no end"},
                                   {"a = \"\"\"x\"\"\"", "texts over several lines"},
                                   {"a = 'x' y", "\"y\" follows the value"},
                                   {"a = \"\\x\"", "\\x is no escape"},
                                   {"a = \"\\u12\"", "4 hexadecimal digits"},
                                   {"a = \"\\ud83d\"", "is no character"},
                                   {"a = \"\\u0000\"", "the byte 0"},
                                   {"\xFF\xFE", "c.toml: the text is UTF-16"}}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(read_toml(text, "c.toml"), ContainsSubstring(message));
  }
  try {
    read_toml("x", "c.toml");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
  }
}
