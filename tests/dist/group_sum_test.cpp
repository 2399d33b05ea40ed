// Sums over ranks have the bits of a sum in one process.
#include "dist/group_sum.h"

#include "tests/catch.h"
#include "tests/dist/terms.h"
#include "tests/dist/thread_group.h"

using namespace radial;

namespace {

const std::vector<Shape> shapes = {{3, 5}, {1}, {2, 2, 7}, {4}};

// Some have none of some tensors; of the last nobody has one.
std::vector<Tensor> term(int64_t number, DType dtype) {
  std::vector<Tensor> values;
  for (size_t i = 0; i < shapes.size(); ++i)
    values.push_back(i == 3 || (i == 1 && number % 3 == 1) ? Tensor()
                                                           : wild(number + static_cast<int64_t>(i), shapes[i], dtype));
  return values;
}

std::vector<Share> shares_of(int ranks, int64_t planned, int64_t terms) {
  std::vector<Share> shares;
  for (int rank = 0; rank < ranks; ++rank) shares.push_back(clipped(share_of(rank, ranks, planned), terms));
  return shares;
}

// Catch2 is no friend of threads: whether all ranks have `expected`.
bool every_rank_has(const std::vector<Tensor>& expected, int ranks, int64_t planned, int64_t terms, DType dtype) {
  std::vector<char> right(static_cast<size_t>(ranks), 0);
  ThreadGroups(ranks).run([&](Group& group) {
    const std::vector<Share> shares = shares_of(ranks, planned, terms);
    const Share own = shares[static_cast<size_t>(group.rank())];
    TreeSum mine;
    for (int64_t i = own.first; i < own.end; ++i) mine.add(i, term(i, dtype));
    std::vector<Tensor> like;
    for (const Shape& shape : shapes) like.push_back(Tensor::zeros(shape, dtype));
    const std::vector<Tensor> sums = group_sum(group, mine, shares, like);
    bool same = sums.size() == expected.size();
    for (size_t i = 0; same && i < sums.size(); ++i)
      same = sums[i].defined() == expected[i].defined() && (!sums[i] || same_bits(sums[i], expected[i]));
    right[static_cast<size_t>(group.rank())] = same ? 1 : 0;
  });
  return right == std::vector<char>(right.size(), 1);
}

}  // namespace

TEST_CASE("a sum over ranks has the bits of a sum in one process, whoever has which terms") {
  const DType dtype = GENERATE(DType::f32, DType::f64);
  for (const int64_t planned : {1, 2, 3, 4, 5, 7, 8})
    for (int64_t terms = 1; terms <= planned; ++terms) {  // at the end of an epoch there are fewer
      TreeSum alone;
      for (int64_t i = 0; i < terms; ++i) alone.add(i, term(i, dtype));
      const std::vector<Tensor> expected = alone.total();
      for (int ranks = 1; ranks <= std::min<int64_t>(planned, 5); ++ranks) {
        CAPTURE(planned, terms, ranks);
        CHECK(every_rank_has(expected, ranks, planned, terms, dtype));
      }
    }
}

TEST_CASE("shares cover all, in order, and differ by one at most") {
  for (int ranks = 1; ranks < 9; ++ranks)
    for (int64_t all = 0; all < 40; ++all) {
      int64_t at = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Share share = share_of(rank, ranks, all);
        CHECK(share.first == at);
        CHECK((share.size() == all / ranks || share.size() == all / ranks + 1));
        at = share.end;
      }
      CHECK(at == all);
    }
}
