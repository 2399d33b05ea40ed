#include "io/checksum.h"

#include "tests/catch.h"

using radial::Checksum;

TEST_CASE("CRC-64/XZ has its published check value") {
  Checksum checksum;
  CHECK(checksum.value() == 0);
  checksum.add("123456789", 9);
  CHECK(checksum.hex() == "995dc9bbdf1939fa");
}

TEST_CASE("a checksum does not depend on how the data was cut") {
  const std::string text = "The quick brown fox jumps over the lazy dog, twice and more.";
  Checksum whole;
  whole.add(text.data(), text.size());
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Checksum parts;
    parts.add(text.data(), cut);
    parts.add(text.data() + cut, text.size() - cut);
    CHECK(parts.value() == whole.value());
  }
}
