// Time by kernel.
#include "core/profile.h"

#include <set>

#include "core/ops.h"
#include "tests/catch.h"

namespace radial {
namespace {

TEST_CASE("the profile lists each kernel call between start and stop") {
  const Tensor x = Tensor::full({64}, 1);
  relu(x);
  start_profile();
  add(x, x);
  add(x, relu(x));
  const std::vector<ProfileEvent> events = stop_profile();
  relu(x);
  REQUIRE(events.size() == 3);
  CHECK(events[0].name == "add_forward");
  CHECK(events[1].name == "relu_forward");
  CHECK(events[2].name == "add_forward");
  for (const ProfileEvent& event : events) CHECK(event.duration >= 0);
  CHECK(events[1].start >= events[0].start + events[0].duration);
  start_profile();
  CHECK(stop_profile().empty());
}

TEST_CASE("kernels that serve many ops are listed under the ops' names, forward and backward") {
  Tensor x = Tensor::full({64}, 1).set_requires_grad();
  start_profile();
  var(l1_loss(gelu(x), maximum(x, square(x)), LossReduction::none)).backward();
  std::set<std::string> names;
  for (const ProfileEvent& event : stop_profile()) names.insert(event.name);
  for (const char* op : {"gelu", "maximum", "square", "l1_loss"}) {
    CAPTURE(op);
    CHECK(names.contains(std::string(op) + "_forward"));
    CHECK(names.contains(std::string(op) + "_backward"));
  }
  CHECK(names.contains("var"));
  CHECK(names.contains("var_backward"));
}

TEST_CASE("the summary adds times by name, longest first") {
  const std::vector<ProfileRow> rows =
      summarise({{"matmul", 0, 1}, {"binary", 1, 0.5}, {"conv2d_forward", 2, 5}, {"matmul", 7, 2}});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "conv2d_forward");
  CHECK(rows[1].name == "matmul");
  CHECK(rows[1].calls == 2);
  CHECK(rows[1].seconds == 3);
  CHECK(rows[2].name == "binary");
}

TEST_CASE("the trace is JSON of complete events in microseconds") {
  CHECK(chrome_trace({{"matmul", 0.5, 0.25}, {"fill", 1, 0.125}}) ==
        "{\"traceEvents\":[\n"
        "{\"name\":\"matmul\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":500000,\"dur\":250000},\n"
        "{\"name\":\"fill\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":1000000,\"dur\":125000}\n]}\n");
  CHECK(chrome_trace({}) == "{\"traceEvents\":[\n]}\n");
}

}  // namespace
}  // namespace radial
