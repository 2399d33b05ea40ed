// Configuration files, as texts and as options of a training; what is written reads back as it was.
#include "io/toml.h"
#include "tests/fuzz/target.h"
#include "train/options.h"

using namespace radial;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(text_of(data, size));
  may_refuse({ErrorKind::usage}, [&] {
    if (read_toml(text, "config").empty()) return;
    const std::string written = config_text(train_options_from(text, "config"));
    require(config_text(train_options_from(written, "config")) == written, "options read back");
  });
  if (text.find('\0') == std::string::npos)
    require(read_toml("a = " + toml(text), "").at(0).values == std::vector{text}, "a text reads back");
  return 0;
}
