// The program `radial`.
#include <fcntl.h>

#include "apps/command_line.h"

// A closed standard stream would give its number to the next file that is opened, a checkpoint say, and messages
// would end up in it. Reading from a closed stdin or writing to a closed stdout must fail, so they are opened the
// wrong way round.
static void occupy_standard_streams() {
  for (int stream = 0; stream <= 2; ++stream)
    if (fcntl(stream, F_GETFD) == -1) open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

int main(int argc, char** argv) {
  occupy_standard_streams();
  return radial::apps::run_command_line(argc, argv);
}
