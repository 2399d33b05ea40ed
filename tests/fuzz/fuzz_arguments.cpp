// The command line, a word a line. It is understood or refused; nothing is run.
#include <unistd.h>

#include "apps/cli/command_line.h"
#include "apps/cli/parser.h"
#include "tests/fuzz/target.h"

using namespace radial;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::string> words(1);
  for (const char c : text_of(data, size))
    if (c == '\n')
      words.emplace_back();
    else if (c != '\0')  // ends a word of a process
      words.back() += c;
  may_refuse({ErrorKind::usage}, [&] {
    apps::Command radial = apps::radial_command(words);
    require(apps::parse(radial, words) != nullptr, "there is something to run");
  });
  return 0;
}
