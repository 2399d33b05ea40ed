#include "nn/init.h"

#include <cmath>
#include <vector>

#include "core/fnv.h"
#include "core/near_words.h"
#include "core/parallel.h"
#include "core/random.h"

namespace radial {

namespace {

// tensor[i] = draw(random), a sequence of numbers for each piece of the tensor.
template <class Draw>
void fill_random(Tensor& tensor, uint64_t seed, std::string_view name, Draw&& draw) {
  constexpr int64_t piece = 1 << 14;
  const uint64_t index = fnv1a(name);  // among the sequences of the seed
  dispatch_float("init", tensor.dtype(), [&]<class T>() {
    T* values = tensor.data<T>();
    parallel_ranges(tensor.numel(), piece, [&](int64_t begin, int64_t end) {
      Random random(seed, Stream::init, static_cast<uint32_t>(begin / piece), index);
      for (int64_t i = begin; i < end; ++i) values[i] = static_cast<T>(draw(random));
    });
  });
}

// The usual values. Biases come after the weight of their layer, so its kind and fan_in are known.
class UsualValues : public Visitor {
 public:
  UsualValues(uint64_t seed, std::string before_names) : seed_(seed), before_names_(std::move(before_names)) {}

 private:
  void on_parameter(const std::string& own_name, Tensor& tensor, Kind kind) override {
    const std::string name = before_names_ + own_name;
    if (kind == Kind::bias && weight_kind_ == Kind::norm) {
      tensor.fill(0);
    } else if (kind == Kind::bias) {
      fill_uniform(tensor, 1 / std::sqrt(static_cast<double>(fan_in_)), seed_, name);
    } else if (kind == Kind::norm) {
      tensor.fill(1);
    } else if (kind == Kind::conv) {
      kaiming_normal(tensor, seed_, name);
    } else {
      kaiming_uniform(tensor, seed_, name);
    }
    if (kind == Kind::bias) return;
    weight_kind_ = kind;
    fan_in_ = fan_in(tensor.shape());
  }

  uint64_t seed_;
  std::string before_names_;
  Kind weight_kind_ = Kind::norm;
  int64_t fan_in_ = 1;
};

// With the prefix of their names; parents come before their children.
struct AllModules : Visitor {
  std::vector<std::pair<std::string, Module*>> list;
  void on_module(const std::string& prefix, Module& module) override { list.emplace_back(prefix, &module); }
};

}  // namespace

int64_t fan_in(const Shape& weight) { return weight.slice_numel(); }
int64_t fan_out(const Shape& weight) {
  int64_t product = 1;
  for (int i = 0; i + 1 < weight.rank(); ++i) product *= weight[i];
  return product;
}

void fill_normal(Tensor& tensor, double standard_deviation, uint64_t seed, std::string_view name) {
  fill_random(tensor, seed, name, [=](Random& random) { return standard_deviation * random.normal(); });
}

void fill_uniform(Tensor& tensor, double bound, uint64_t seed, std::string_view name) {
  fill_random(tensor, seed, name, [=](Random& random) { return random.uniform(-bound, bound); });
}

void kaiming_normal(Tensor& weight, uint64_t seed, std::string_view name) {
  fill_normal(weight, std::sqrt(2.0 / static_cast<double>(fan_out(weight.shape()))), seed, name);
}

void kaiming_uniform(Tensor& weight, uint64_t seed, std::string_view name) {
  fill_uniform(weight, 1 / std::sqrt(static_cast<double>(fan_in(weight.shape()))), seed, name);
}

void initialise(Module& model, uint64_t seed, uint32_t network) {
  const std::string before_names = network == 0 ? "" : "network " + std::to_string(network) + ": ";
  UsualValues usual(seed, before_names);
  model.visit(usual);
  AllModules modules;
  model.visit(modules);
  for (auto module = modules.list.rbegin(); module != modules.list.rend(); ++module) {
    const auto& [prefix, child] = *module;
    child->initialise(Initial(*child, seed, before_names + prefix));
  }
  model.initialise(Initial(model, seed, before_names));
}

void Initial::fill(const std::string& name, double value) const { parameter(name).fill(value); }

void Initial::normal(const std::string& name, double standard_deviation) const {
  Tensor tensor = parameter(name);
  fill_normal(tensor, standard_deviation, seed_, prefix_ + name);
}

void Initial::uniform(const std::string& name, double bound) const {
  Tensor tensor = parameter(name);
  fill_uniform(tensor, bound, seed_, prefix_ + name);
}

Tensor Initial::parameter(const std::string& name) const {
  std::vector<std::string> names;
  for (const NamedTensor& parameter : module_.parameters()) {
    if (parameter.name == name) return parameter.tensor;
    names.push_back(parameter.name);
  }
  fail(ErrorKind::usage, "init: \"", prefix_, name, "\" is no parameter", did_you_mean(name, names));
}

}  // namespace radial
