#include "io/json_lines.h"

#include <cmath>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/utf8.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;
using nlohmann::ordered_json;

namespace {

// Sends standard output to a file while it lives.
class Redirect {
 public:
  explicit Redirect(const std::string& path) : before_((std::fflush(stdout), ::dup(1))) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(file, 1);
    ::close(file);
  }
  ~Redirect() {
    std::fflush(stdout);
    ::dup2(before_, 1);
    ::close(before_);
    std::clearerr(stdout);
  }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

 private:
  int before_;
};

}  // namespace

TEST_CASE("json: keys keep their order, numbers their value, NaN is null") {
  const ordered_json line = {{"momentum", 0.9}, {"a", 1e-300}, {"loss", std::nan("")}, {"third", 1.0 / 3}, {"n", 3}};
  const std::string text = json_text(line);
  CHECK(text == R"({"momentum":0.9,"a":1e-300,"loss":null,"third":0.3333333333333333,"n":3})");
  CHECK(ordered_json::parse(text)["third"].get<double>() == 1.0 / 3);
}

TEST_CASE("json: bytes that are not UTF-8 come back") {
  CHECK(json_text({{"file", "caf\xE9.jpg"}}) == R"({"file":"caf\udce9.jpg"})");
  for (const std::string& name :
       {std::string("caf\xE9"), std::string("\xFF\x80"), std::string("\\udce9"), std::string("\\\\udce9\xE9"),
        std::string("\xED\xB3\xA9"), std::string("\x01\xE9\x01\x01\xC3\xA9"), std::string("\x01\xC2\x80"),
        std::string("\U0001F600\xF0\x9F"), std::string("a\nb\"\\\xE9"), std::string("\0\xE9", 2)}) {
    CAPTURE(name);
    const ordered_json value = {{"names", {name, "plain"}}, {name, {{"n", 1}, {"x", 0.1}, {"none", nullptr}}}};
    for (const int indent : {-1, 2}) CHECK(parse_json(json_text(value, indent), "a") == value);
    CHECK(is_utf8(json_text(value)));
  }
  // What Python writes of a name with a character above U+FFFF and with a byte.
  CHECK(parse_json(R"(["\ud83d\ude00", "\ud83d\ude00\udc80", "\uDCE9"])", "a") ==
        ordered_json({"\U0001F600", "\U0001F600\x80", "\xE9"}));
}

TEST_CASE("json: what is no JSON is an error with its source") {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "\"\\udc7f\"", "[\"\xE9\"]"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_json(text, "a.json"), ContainsSubstring("json: a.json: "));
  }
  CHECK(parse_json("\xEF\xBB\xBF[1]", "a") == ordered_json({1}));
  CHECK(parse_json(std::string(100, '[') + std::string(100, ']'), "a").is_array());
  CHECK_THROWS_WITH(parse_json(std::string(100000, '['), "a"), ContainsSubstring("more than 100 lists"));
}

TEST_CASE("json: lines go to standard output, and a full one is an error") {
  const ScratchFolder folder;
  {
    const Redirect redirect(folder / "out");
    print_json_line({{"a", 1}});
    print_json_line({{"b", "x\ny"}});
  }
  CHECK(content_of(folder / "out") == "{\"a\":1}\n{\"b\":\"x\\ny\"}\n");

  std::string message;
  {
    const Redirect redirect("/dev/full");
    try {
      print_json_line({{"a", 1}});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::io);
      message = error.what();
    }
  }
  CHECK_THAT(message, ContainsSubstring("standard output: No space left on device"));
}
