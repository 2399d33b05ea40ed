// Keys of convolution plans; needs no card.
#include "core/cuda/conv_plan_key.h"

#include <set>
#include <sstream>
#include <vector>

#include "tests/catch.h"
#include "tests/cuda/resnet_convolutions.h"

namespace radial::cuda {
namespace {

const ConvPlanKey key{{{8, 14, 14, 64}, {32, 3, 3, 32}, {.stride = 2, .padding = 2, .dilation = 3, .groups = 2}},
                      ConvPass::backward_weight,
                      DType::bf16,
                      DType::f32};

// The key with one thing changed, for each thing.
std::vector<ConvPlanKey> neighbours() {
  std::vector<ConvPlanKey> keys;
  const auto changed = [&](auto change) {
    keys.push_back(key);
    change(keys.back());
  };
  for (int64_t Conv2dGeometry::*number :
       {&Conv2dGeometry::n, &Conv2dGeometry::h, &Conv2dGeometry::w, &Conv2dGeometry::c, &Conv2dGeometry::o,
        &Conv2dGeometry::kh, &Conv2dGeometry::kw, &Conv2dGeometry::groups})
    changed([&](ConvPlanKey& k) { ++(k.geometry.*number); });
  for (Pair Conv2dGeometry::*pair : {&Conv2dGeometry::stride, &Conv2dGeometry::padding, &Conv2dGeometry::dilation})
    for (int64_t Pair::*number : {&Pair::h, &Pair::w}) changed([&](ConvPlanKey& k) { ++(k.geometry.*pair.*number); });
  changed([](ConvPlanKey& k) { k.pass = ConvPass::forward; });
  changed([](ConvPlanKey& k) { k.dtype = DType::f32; });
  changed([](ConvPlanKey& k) { k.result_dtype = DType::bf16; });
  changed([](ConvPlanKey& k) { k.accumulate = true; });
  changed([](ConvPlanKey& k) { k.tf32 = true; });
  changed([](ConvPlanKey& k) { k.alignment = 4; });
  return keys;
}

TEST_CASE("keys are one if all is one, and their hashes are") {
  const ConvPlanKey same = key;
  CHECK(same == key);
  CHECK(ConvPlanKeyHash{}(same) == ConvPlanKeyHash{}(key));
  const std::vector<ConvPlanKey> others = neighbours();
  for (size_t i = 0; i < others.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(others[i] == key);
    CHECK(ConvPlanKeyHash{}(others[i]) != ConvPlanKeyHash{}(key));
  }
}

TEST_CASE("hashes of what a network asks for do not meet in their low bits") {
  std::set<size_t> hashes, places;
  size_t keys = 0;
  for (const Conv2dGeometry& geometry : resnet_convolutions(true, 256))
    for (const ConvPass pass : {ConvPass::forward, ConvPass::backward_input, ConvPass::backward_weight})
      for (const DType dtype : {DType::f32, DType::bf16})
        for (const bool accumulate : {false, true}) {
          const size_t hash = ConvPlanKeyHash{}({geometry, pass, dtype, dtype, accumulate});
          ++keys, hashes.insert(hash), places.insert(hash % 256);
        }
  CHECK(hashes.size() == keys);
  CHECK(keys > 200);
  CHECK(places.size() > 120);  // 256 places and as many throws leave 1 / e of them empty; 94
}

TEST_CASE("the alignment is that of the least aligned address") {
  const auto address = [](uintptr_t number) { return reinterpret_cast<const void*>(number); };
  CHECK(common_alignment({address(0x100), address(0x240), address(0x1000)}) == 16);
  CHECK(common_alignment({address(0x100), address(0x248), address(0x1000)}) == 8);
  CHECK(common_alignment({address(0x104), address(0x248), address(0x1000)}) == 4);
  CHECK(common_alignment({address(0x104), address(0x242), address(0x1000)}) == 2);
}

TEST_CASE("a key says its convolution in words") {
  std::ostringstream text;
  text << key;
  CHECK(text.str() == "x [8, 14, 14, 64], w [32, 3, 3, 32], stride 2, padding 2, dilation 3, groups 2, bfloat16");
  CHECK(key.result_shape() == Shape{32, 3, 3, 32});
}

}  // namespace
}  // namespace radial::cuda
