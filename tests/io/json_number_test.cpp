#include "io/json_number.h"

#include <cstdint>

#include "tests/catch.h"

using namespace radial;
using Json = nlohmann::ordered_json;

namespace {

template <class T>
T read(const char* text) {
  return number_at(Json::parse("{\"n\": " + std::string(text) + "}"), "n");
}

}  // namespace

TEST_CASE("numbers of JSON are read as they are or refused") {
  CHECK(read<int>("-2147483648") == INT32_MIN);
  CHECK(read<int64_t>("9223372036854775807") == INT64_MAX);
  CHECK(read<uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK(read<uint64_t>("0") == 0);
  CHECK(read<double>("7") == 7);
  CHECK(read<double>("1e78") == 1e78);
  CHECK(std::isnan(read<double>("null")));
  for (const char* text : {"2147483648", "-2147483649", "1.0", "1e78", "1e3", "null", "true", "\"1\"", "[1]", "{}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read<int>(text), Json::exception);
  }
  for (const char* text : {"9223372036854775808", "-9223372036854775809"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read<int64_t>(text), Json::exception);
  }
  for (const char* text : {"-1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read<uint64_t>(text), Json::exception);
  }
  for (const char* text : {"true", "\"1\"", "[1]"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read<double>(text), Json::exception);
  }
  CHECK_THROWS_WITH(read<int>("1e78"), Catch::Matchers::ContainsSubstring("1e+78 is not an integer from -2147483648"));
  CHECK_THROWS_AS(number_at(Json::object(), "n"), Json::exception);
}
