// radial export: a network for programs that know nothing of Radial.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "io/json_lines.h"
#include "io/onnx.h"
#include "io/protocol_buffers.h"

namespace radial::apps {
namespace {

struct ExportOptions {
  explicit ExportOptions(const std::string& task) : trained(task) {}

  TrainedTaskOptions trained;
  std::string out, format = "onnx";
  bool normalise = false, json = false;
};

int run_export(const ExportOptions& options, const OptionList& list) {
  check_protocol_buffers("export");
  const TrainedTask trained = load_trained_task(options.trained, list);
  trained.settings->resolve();
  const OnnxModel model = trained.settings->task->onnx(trained.settings->train, trained.weights(), options.normalise);
  write_onnx(options.out, model);
  const OnnxValue &in = model.inputs.front(), &out = model.outputs.front();
  const nlohmann::ordered_json what = {{"file", options.out},      {"arch", model.name}, {"input", in.name},
                                       {"input_shape", in.shape},  {"output", out.name}, {"output_shape", out.shape},
                                       {"opset", OnnxModel::opset}};
  print_line(options.json ? json_text(what)
                          : fmt::format("{}: {}, {} [batch, {}] to {} [batch, {}], opset {}", options.out, model.name,
                                        in.name, fmt::join(in.shape.begin() + 1, in.shape.end(), ", "), out.name,
                                        out.shape.back(), OnnxModel::opset));
  return 0;
}

}  // namespace

Command export_command(const std::vector<std::string>& words) {
  Command command{.name = "export", .help = "Write a trained classifier as an ONNX file, for onnxruntime and others"};
  const auto options = std::make_shared<ExportOptions>(task_of_weights(words));
  OptionList& list = command.options;
  list_options(list, options->trained);
  Option& out = list.add("out", options->out, "File to write");
  out.required = true;
  out.type = "FILE";
  list.add("format", options->format, "Of the file", one_of({"onnx"}));
  list.add("normalise", options->normalise,
           "The network takes pixels from 0 to 1 and normalises them itself (otherwise pictures after --mean, --std)");
  add_json(list, options->json, "A JSON object instead of a line of text; -1 is the number of pictures");
  command.run = [options](OptionList& parsed) { return run_export(*options, parsed); };
  command.hint = [options](const std::string& name) {
    return other_task_with(name, options->trained.given.train.task, true);
  };
  return command;
}

}  // namespace radial::apps
