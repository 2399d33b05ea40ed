#include "io/utf8.h"

#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("utf8: characters of all lengths, and what is none") {
  for (const char* good : {"", "a", "\u00E9", "\u20AC", "\U0001F600", "\uFFFD", "a\u00E9\u20AC\U0010FFFF"}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\xE9", "\x80", "a\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF",
                          "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xB3\xA9", "\xF4\x90\x80\x80", "\xFE", "\xFF"}) {
    CAPTURE(bad);
    CHECK(!is_utf8(bad));
  }
  CHECK(utf8_length("\u20ACx") == 3);
  CHECK(utf8_length("\xE9x") == 0);
  for (const uint32_t code : {0x41U, 0xE9U, 0x7FFU, 0x800U, 0xFFFDU, 0x10000U, 0x10FFFFU}) {
    std::string text;
    append_utf8(text, code);
    CHECK(utf8_length(text) == text.size());
  }
}

TEST_CASE("utf8: what cannot be shown is replaced") {
  CHECK(printable("caf\u00E9_{x}") == "caf\u00E9_{x}");
  CHECK(printable("caf\xE9\n\x1B[1m") == "caf\uFFFD\uFFFD\uFFFD[1m");
}

TEST_CASE("utf8: byte order marks") {
  CHECK(without_byte_order_mark("\xEF\xBB\xBFstep", "a") == "step");
  CHECK(without_byte_order_mark("step\xEF\xBB\xBF", "a") == "step\xEF\xBB\xBF");
  CHECK_THROWS_WITH(without_byte_order_mark("\xFF\xFEs", "csv: a"), ContainsSubstring("csv: a: the text is UTF-16"));
}
