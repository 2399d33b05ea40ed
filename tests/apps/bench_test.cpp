// radial bench: what it prints; how fast it is, is no test.
#include "apps/bench/bench.h"

#include "apps/bench/fma_peak.h"
#include "apps/bench/memory_bandwidth.h"
#include "apps/bench/op_cases.h"
#include "core/autograd.h"
#include "optim/make_optimizer.h"
#include "tests/apps/command_output.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;

TEST_CASE("median") {
  CHECK(apps::median({3, 1, 2}) == 2);
  CHECK(apps::median({4, 1, 2, 3}) == 2.5);
  CHECK_THROWS(apps::median({}));
}

TEST_CASE("bench step times each step") {
  const auto output = run_radial({"bench", "step", "--arch", "convnet", "--image-size", "32", "--batch-size", "4",
                                  "--steps", "3", "--optimizer", "sgdp", "--json"});
  REQUIRE(output.code == 0);
  const auto line = output.lines().at(0);
  REQUIRE(line["step_ms"].size() == 3);
  const double median = apps::median(line["step_ms"].get<std::vector<double>>());
  CHECK(line["images_per_second"].get<double>() == Catch::Approx(4 / (1e-3 * median)));
  CHECK(line["peak_memory_bytes"] > 1'000'000);
}

TEST_CASE("bench optimizer measures all of them") {
  const auto lines = run_radial({"bench", "optimizer", "--arch", "convnet", "--steps", "2", "--json"}).lines();
  REQUIRE(lines.size() == optimizer_names().size());
  for (size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i]["optimizer"] == optimizer_names()[i]);
    CHECK(lines[i]["step_ms"] > 0);
  }
}

TEST_CASE("synth draws, bench loader reads") {
  const ScratchFolder scratch;
  REQUIRE(
      run_radial({"synth", scratch / "data", "--classes", "3", "--train", "4", "--val", "2", "--size", "40"}).code ==
      0);
  const auto loader = [&](const std::string& split) {
    return run_radial({"bench", "loader", scratch / "data", "--image-size", "32", "--split", split, "--json"})
        .lines()[0];
  };
  CHECK(loader("train")["images"] == 12);
  CHECK(loader("val")["images"] == 6);
  CHECK(loader("train")["workers"] == 1);
  CHECK(loader("train")["images_per_second"] > 0);
  CHECK(run_radial({"synth", scratch / "data"}).code == 2);  // there already
  CHECK(run_radial({"bench", "loader", scratch / "nothing"}).code == 3);
}

TEST_CASE("bench ops prints a line a case and pass") {
  const auto lines =
      run_radial({"bench", "ops", "--op", "linear", "--batch-size", "2", "--seconds", "0", "--json"}).lines();
  REQUIRE(lines.size() == 6);
  CHECK(lines[0]["op"] == "linear");
  CHECK(lines[0]["pass"] == "forward");
  CHECK(lines[2]["pass"] == "backward_w");
  const double operations = 2.0 * 2 * 512 * 1000;
  CHECK(lines[0]["gflops"].get<double>() == Catch::Approx(operations / lines[0]["ms"].get<double>() * 1e-6));
  CHECK(lines[0]["share_of_peak"] > 0);
  CHECK(lines[0]["share_of_floor"] >= lines[0]["share_of_peak"]);
  CHECK(run_radial({"bench", "ops", "--op", "micro-kernel", "--json"}).lines().size() == 2);
  CHECK(run_radial({"bench", "ops", "--op", "nothing"}).code == 2);
  const auto cases = run_radial({"bench", "ops", "--list", "--json"}).lines();
  CHECK(cases.size() == apps::op_bench_cases(16).size());
  CHECK(cases[0]["op"] == "conv2d");
}

TEST_CASE("the inputs of each op case fit its op") {
  for (const apps::OpBenchCase& c : apps::op_bench_cases(1)) {
    CAPTURE(c.op, c.shape);
    std::vector<Tensor> inputs;
    for (const Shape& shape : c.inputs) inputs.push_back(Tensor::full(shape, 0.5));
    if (c.classes > 0) inputs.back() = Tensor::zeros(c.inputs.back(), c.whole);
    for (const apps::OpPass& pass : c.passes) {
      for (const size_t i : pass.gradients) inputs[i].set_requires_grad();
      CHECK(c.run(inputs).requires_grad() == !pass.gradients.empty());
      for (Tensor& input : inputs) input = input.detach();
    }
  }
}

TEST_CASE("the limits are those of a machine") {
  CHECK(apps::measure_fma_peak() > 0.1);
  CHECK(apps::measure_memory_bandwidth() > 0.1);
}
