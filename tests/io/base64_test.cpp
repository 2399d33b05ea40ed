#include "io/base64.h"

#include "tests/catch.h"

using namespace radial;

TEST_CASE("base64 is that of RFC 4648, section 10, and has both odd digits") {
  const auto of = [](const std::string& text) {
    return base64(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  };
  CHECK(of("").empty());
  CHECK(of("f") == "Zg==");
  CHECK(of("fo") == "Zm8=");
  CHECK(of("foo") == "Zm9v");
  CHECK(of("foob") == "Zm9vYg==");
  CHECK(of("fooba") == "Zm9vYmE=");
  CHECK(of("foobar") == "Zm9vYmFy");
  CHECK(of("\xFB\xEF\xBE\xFF") == "++++/w==");
}
