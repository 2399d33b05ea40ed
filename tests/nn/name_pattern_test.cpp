#include "nn/name_pattern.h"

#include <vector>

#include "core/error.h"
#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a pattern is a name or its leading parts, with * for any part") {
  const std::string name = "layer1.0.conv1.weight";
  for (const char* pattern : {"layer1", "layer1.0", "layer1.0.conv1", "layer1.0.conv1.weight", "layer1.*.conv1", "*",
                              "*.0", "*.*.*.weight", "layer1.*", "*.*.*.*"})
    CHECK(fits(name, pattern));
  for (const char* pattern : {"layer", "layer1.", "layer1.0.conv", "layer1.1", "0", "conv1", "*.conv1", "layer*", "",
                              ".layer1", "layer1.0.conv1.weight.momentum", "*.*.*.*.*", "layer1..0"})
    CHECK_FALSE(fits(name, pattern));
  CHECK(fits("weight", "weight"));
  CHECK(fits_any(name, std::vector<std::string>{"fc", "layer1.0"}));
  CHECK_FALSE(fits_any(name, std::vector<std::string>{"fc", "layer2"}));
  CHECK_FALSE(fits_any(name, {}));
}

TEST_CASE("a pattern that fits nothing is an error that names the nearest one, or how names begin") {
  const std::vector<std::string> names = {"conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "fc.weight",
                                          "fc.bias"};
  const auto check_one = [&](const std::string& pattern) { check_patterns("freeze:", std::vector{pattern}, names); };
  CHECK_NOTHROW(check_one("layer1.*"));
  CHECK_NOTHROW(check_patterns("freeze:", {}, names));
  CHECK_THROWS_WITH(check_one("layr1"), "freeze: \"layr1\" fits no name (did you mean layer1?)");
  CHECK_THROWS_WITH(check_one("layer1.0.conv"), ContainsSubstring("(did you mean layer1.0.conv1?)"));
  CHECK_THROWS_WITH(check_one("layer1.*.convv1"), ContainsSubstring("(did you mean layer1.0.conv1?)"));
  CHECK_THROWS_WITH(check_one("fc."), ContainsSubstring("(did you mean fc?)"));
  CHECK_THROWS_WITH(check_one("encoder.block"),
                    "freeze: \"encoder.block\" fits no name; names begin with conv1, bn1, layer1, fc");
  CHECK_THROWS_WITH(check_patterns("freeze:", std::vector<std::string>{"fc", "head"}, names),
                    ContainsSubstring("\"head\""));
  try {
    check_one("head");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
  }
}

TEST_CASE("the layer of a parameter is its name without the last part") {
  CHECK(layer_of("layer1.0.conv1.weight") == "layer1.0.conv1");
  CHECK(layer_of("weight").empty());
}
