// What the tests of train, evaluate and predict share: a tiny data set, short trainings, and how runs are compared.
#pragma once

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/autograd.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/safetensors.h"
#include "tests/apps/command_output.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"
#include "tests/train/pictures.h"

using Arguments = std::vector<std::string>;

inline Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A network and pictures that train in no time: 30 pictures, batches of 4, so 8 batches an epoch, the last of 2.
inline Arguments short_training(const std::string& data = small_pictures()) {
  return {"train", data,   "--arch",    "convnet", "--image-size", "16", "--batch-size", "4",  "--epochs", "2",
          "--lr",  "0.05", "--threads", "1",       "--workers",    "1",  "--device",     "cpu"};
}

struct Outcome {
  int code = 0;
  std::string out, err;
};

// run_radial, with what goes to stderr.
inline Outcome run(const Arguments& arguments) {
  std::FILE* file = std::tmpfile();
  const int kept = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  const CommandOutput output = run_radial(arguments);
  std::fflush(stderr);
  dup2(kept, STDERR_FILENO);
  close(kept);
  std::rewind(file);
  Outcome outcome{output.code, output.out, ""};
  char piece[4096];
  for (size_t count = 0; (count = std::fread(piece, 1, sizeof piece, file)) > 0;) outcome.err.append(piece, count);
  std::fclose(file);
  return outcome;
}

// Does something in the n-th (from 1) computation of a loss, in training or evaluation.
class AtLoss {
 public:
  using Actions = std::map<int, std::function<void()>>;

  AtLoss(int n, std::function<void()> action) : AtLoss(Actions{{n, std::move(action)}}) {}
  explicit AtLoss(Actions actions)
      : observer_([this, actions = std::move(actions)](const char* op, const auto&...) {
          if (std::string(op) != "cross_entropy") return;
          if (const auto found = actions.find(++seen_); found != actions.end()) found->second();
        }) {}

 private:
  int seen_ = 0;
  radial::ForwardObserver observer_;
};

// A short training in `folder`, stopped by SIGTERM in its sixth step.
inline void stop_in_first_epoch(const std::string& folder) {
  const AtLoss stop(6, [] { std::raise(SIGTERM); });
  REQUIRE(run(short_training() + Arguments{"--out", folder}).code == 143);
}

// Where the training stands that `last` holds.
inline nlohmann::json state_of(const std::string& run) {
  const radial::TensorFile file = radial::read_safetensors(run + "/checkpoints/last.safetensors");
  return nlohmann::json::parse(file.metadata.at("radial.state"));
}

inline nlohmann::json result_of(const std::string& run) {
  return nlohmann::json::parse(radial::read_text(run + "/result.json"));
}

// A CSV file without the columns that hold times and rates.
inline std::map<std::string, std::vector<std::string>> lasting_columns(const std::string& path) {
  const radial::CsvTable table = radial::CsvTable::read(path);
  std::map<std::string, std::vector<std::string>> columns;
  for (const std::string& name : table.columns())
    if (name != "images_per_second" && name != "data_wait" && name != "seconds") columns[name] = table.texts(name);
  return columns;
}

inline std::map<std::string, std::vector<double>> values_of(const std::string& safetensors) {
  std::map<std::string, std::vector<double>> values;
  for (const auto& [name, tensor] : radial::read_safetensors(safetensors).tensors) values[name] = tensor.to_vector();
  return values;
}

// All files but times and rates are as if the one run were the other.
inline void check_same_runs(const std::string& a, const std::string& b) {
  for (const char* file : {"/train.csv", "/val.csv"}) CHECK(lasting_columns(a + file) == lasting_columns(b + file));
  for (const char* file : {"/layers.csv", "/epochs.csv", "/config.toml", "/dataset.json"})
    CHECK(radial::read_text(a + file) == radial::read_text(b + file));
  for (const char* file : {"/checkpoints/last.safetensors", "/checkpoints/best.safetensors"})
    CHECK(values_of(a + file) == values_of(b + file));
}
