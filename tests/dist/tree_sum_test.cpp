// A sum in a tree: by its definition, and wherever its terms come from.
#include "dist/tree_sum.h"

#include "core/ops.h"
#include "tests/catch.h"
#include "tests/dist/terms.h"

using namespace radial;

namespace {

const Shape shape{13};

Tensor sum_of(int64_t terms) {
  TreeSum sum;
  for (int64_t i = 0; i < terms; ++i) sum.add(i, {wild(i, shape)});
  return sum.total().front();
}

// By its definition: the first half as large a power of two as there is, and the rest.
Tensor defined(int64_t first, int64_t end) {
  if (end - first == 1) return wild(first, shape);
  int64_t half = 1;
  while (2 * half < end - first) half *= 2;
  return add(defined(first, first + half), defined(first + half, end));
}

}  // namespace

TEST_CASE("a tree sum adds neighbours, then neighbours of these") {
  for (int64_t terms = 1; terms <= 17; ++terms) {
    CAPTURE(terms);
    CHECK(same_bits(sum_of(terms), defined(0, terms)));
  }
  Tensor in_order = wild(0, shape);
  for (int64_t i = 1; i < 7; ++i) in_order = add(in_order, wild(i, shape));
  CHECK_FALSE(same_bits(sum_of(7), in_order));  // these terms tell orders apart
}

TEST_CASE("the nodes of two parts of the terms make the sum of all, wherever they are cut") {
  for (int64_t terms = 2; terms <= 12; ++terms)
    for (int64_t cut = 1; cut < terms; ++cut) {
      CAPTURE(terms, cut);
      TreeSum first, second, both;
      for (int64_t i = 0; i < terms; ++i) (i < cut ? first : second).add(i, {wild(i, shape)});
      CHECK(first.nodes().size() + second.nodes().size() <= 8);
      for (const TreeSum* part : {&first, &second})
        for (const TreeNode& node : part->nodes()) both.add(node);
      CHECK(same_bits(both.total().front(), sum_of(terms)));
    }
}

TEST_CASE("a term without a tensor counts nothing, not even the sign of a zero") {
  const Tensor zero = Tensor::full({3}, -0.0);
  TreeSum sum;
  sum.add(0, {Tensor(), wild(0, shape)});
  sum.add(1, {zero.clone(), Tensor()});
  sum.add(2, {Tensor(), Tensor()});
  const std::vector<Tensor> total = sum.total();
  CHECK(same_bits(total[0], zero));
  CHECK(same_bits(total[1], wild(0, shape)));
  CHECK(TreeSum().total().empty());
}
