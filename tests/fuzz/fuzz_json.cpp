// JSON texts; a text of any bytes, and what was read, read back as they were.
#include <nlohmann/json.hpp>

#include "io/json_lines.h"
#include "io/utf8.h"
#include "tests/fuzz/target.h"

using namespace radial;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(text_of(data, size));
  may_refuse({ErrorKind::file_format}, [&] {
    const std::string written = json_text(parse_json(text, "json"));
    require(is_utf8(written), "JSON is UTF-8");
    require(json_text(parse_json(written, "json")) == written, "a value reads back");
  });
  const nlohmann::ordered_json value = {{"text", text}, {text, {text, 1}}};
  require(parse_json(json_text(value, 1), "json") == value, "a text reads back");
  return 0;
}
