// radial reproduce NAME: an experiment of the paper, in one command.
#include "apps/commands/reproduce.h"

#include "apps/commands/commands.h"

namespace radial::apps {

Command reproduce_command() {
  Command reproduce{.name = "reproduce", .help = "Train and draw a figure of the paper, in one command"};
  for (const auto& make : {reproduce_figure3_command, reproduce_lemma_command, reproduce_toy3d_command})
    reproduce.parts.push_back(make());
  return reproduce;
}

}  // namespace radial::apps
