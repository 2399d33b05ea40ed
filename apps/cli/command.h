// What a subcommand is: one file, one function add_<name>(), which adds the options and sets the function to run.
#pragma once

#include <functional>

namespace CLI {
class App;  // its header takes seconds to compile: only sources that use it include it
}

namespace radial::apps {

// The subcommand that was chosen on the command line; main() runs it and returns its result as exit code.
struct Chosen {
  std::function<int()> run;
};

void add_train(CLI::App& root, Chosen& chosen);
void add_evaluate(CLI::App& root, Chosen& chosen);
void add_predict(CLI::App& root, Chosen& chosen);
void add_toy(CLI::App& root, Chosen& chosen);
void add_inspect(CLI::App& root, Chosen& chosen);
void add_invariance(CLI::App& root, Chosen& chosen);
void add_figure(CLI::App& root, Chosen& chosen);
void add_reproduce(CLI::App& root, Chosen& chosen);
void add_synth(CLI::App& root, Chosen& chosen);
void add_bench(CLI::App& root, Chosen& chosen);

}  // namespace radial::apps
