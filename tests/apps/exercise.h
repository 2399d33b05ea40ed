// A task that is none of Radial's, as somebody would add one: two networks that train each other, targets of any
// number, an order in which samples come twice, a memory of its own.
#pragma once

#include <array>
#include <memory>

#include "nn/layers.h"
#include "train/task_options.h"

// 24 samples of six numbers, each with one to four targets.
class ExerciseSamples : public radial::Samples {
 public:
  static constexpr size_t x = 0, targets = 1, count = 2;

  int64_t size() const override { return 24; }
  std::span<const radial::Field> fields() const override { return fields_; }
  std::unique_ptr<radial::Reader> reader() const override;
  std::string name(int64_t sample) const override { return "exercise " + std::to_string(sample); }
  std::string place() const override { return "the exercise"; }

 private:
  std::array<radial::Field, 3> fields_ = {radial::Field{"x", radial::DType::f32, {6}},
                                          radial::Field{"targets", radial::DType::i32, {4}},
                                          radial::Field{"count", radial::DType::i32, {}}};
};

// f learns the first target and to agree with g, which learns the last; g's step comes first.
class Exercise : public radial::Task {
 public:
  Exercise(const radial::TrainOptions& options, double agreement);

  radial::Loader& batches() override { return train_; }
  void gradients(const radial::Batch& batch, const radial::Turn& turn, radial::Tensor& numbers) override;
  std::optional<radial::Evaluation> evaluate(const radial::EvaluationHooks& hooks) override;
  std::vector<radial::Loader*> loaders() override { return {&train_, &val_}; }
  std::vector<radial::NamedTensor> state() override { return {{"losses", losses_, radial::Kind::buffer}}; }
  std::string describe_data() const override { return "{}"; }
  void check_same_data(const std::string&, const std::string&, const std::string&) const override {}

 private:
  radial::Linear f_{6, 3}, g_{6, 3};
  double agreement_;
  radial::Tensor losses_ = radial::Tensor::zeros({1}, radial::DType::f64);  // of g, added up
  radial::Loader train_, val_;
};

class ExerciseOptions : public radial::TaskOptions {
 public:
  void list_options(radial::OptionList& list) override;
  std::string network() const override { return "pair"; }
  void open_data(const radial::TrainOptions&) override {}
  std::unique_ptr<radial::Task> open(const radial::TrainOptions& train) override;
  std::unique_ptr<radial::Task> open_for_evaluation(const radial::TrainOptions& train, const std::string& split,
                                                    const radial::Weights& weights) override;
  std::unique_ptr<radial::Predictor> predictor(const radial::TrainOptions&, const radial::Weights&, int) override;

 private:
  double agreement_ = 0.5;
};
