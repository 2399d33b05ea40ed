// Configuration files, as texts and as options of a training; what is written reads back as it was.
#include "io/toml.h"
#include "tasks/tasks.h"
#include "tests/fuzz/target.h"
#include "train/settings.h"

using namespace radial;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  add_tasks();
  const std::string text(text_of(data, size));
  may_refuse({ErrorKind::usage}, [&] {
    if (read_toml(text, "config").empty()) return;
    const std::string written = Settings(text, "config").text();
    require(Settings(written, "config").text() == written, "options read back");
  });
  if (text.find('\0') == std::string::npos)
    require(read_toml("a = " + toml(text), "").at(0).values == std::vector{text}, "a text reads back");
  return 0;
}
