// How work is cut into blocks and threads: all of it is done, nothing twice, by launches that a card accepts.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/cuda/columns.h"
#include "core/cuda/row_teams.h"
#include "core/tensor.h"
#include "tests/catch.h"

namespace radial {
namespace {

using cuda::Columns, cuda::RowBlocks;

constexpr Device device{DeviceType::cuda, 0};

// Adds 1 to each element of counts [slabs, rows, c] that a thread takes.
template <int V>
__global__ void count_columns(int32_t* counts, Columns columns) {
  const cuda::ColumnsOfThread<V> mine(columns, blockIdx.x);
  mine.each_row([&](int64_t, int64_t i) {
    for (int k = 0; k < V; ++k) ++counts[i + k];
  });
}

// Adds 1 to each element of a row that a thread takes; the rows of all entries lie one after the other.
struct CountedRows {
  RowBlocks rows;
  int64_t begin;  // of its first row in counts
};
__global__ void count_rows(int32_t* counts, const CountedRows* table, int entries) {
  const CountedRows& entry = cuda::entry_of_block(table, entries);
  const cuda::RowTeam team(entry.rows, blockIdx.x - entry.rows.first_block);
  if (team.row >= entry.rows.count) return;
  for (int64_t i = team.thread; i < entry.rows.length; i += team.threads)
    ++counts[entry.begin + team.row * entry.rows.length + i];
}

bool each_once(const Tensor& counts) {
  const std::vector<double> values = counts.to_vector();
  return std::all_of(values.begin(), values.end(), [](double count) { return count == 1; });
}

TEST_CASE("passes over columns have launches that a card accepts, without empty blocks") {
  // Activations of a ResNet50 with 256 pictures and more, short and thin tensors, many slabs.
  const auto [slabs, rows, c] = GENERATE(table<int64_t, int64_t, int64_t>({{1, 256 * 112 * 112, 64},
                                                                           {1, 256 * 56 * 56, 256},
                                                                           {1, 256 * 7 * 7, 2048},
                                                                           {1, int64_t{1} << 33, 3},
                                                                           {4096, 112 * 112, 64},
                                                                           {1, 1, 1},
                                                                           {1, 1, 50000},
                                                                           {3, 5, 1000},
                                                                           {1, 100000, 1},
                                                                           {2, 31, 33}}));
  const int pack = GENERATE(1, 4, 8);
  for (const Columns& columns :
       {cuda::split_for_sums(slabs, rows, c, pack), cuda::split_for_elements(slabs, rows, c, pack)}) {
    const int64_t across = columns.block.x, down = columns.block.y, grid_x = columns.grid.x, grid_y = columns.grid.y;
    CAPTURE(slabs, rows, c, pack, across, down, grid_x, grid_y, columns.rows_per_part);
    CHECK(across * down <= cuda::column_threads);
    CHECK(2 * across * down > cuda::column_threads);  // else more rows would have found room
    CHECK(columns.block.z == 1);
    CHECK(columns.grid.z == 1);
    CHECK(grid_y <= 65535);
    CHECK(slabs * columns.parts <= 0x7FFFFFFF);
    CHECK(grid_x == slabs * columns.parts);

    CHECK(grid_y * across * pack >= c);
    CHECK((grid_y - 1) * across * pack < c);
    CHECK(columns.parts * columns.rows_per_part >= rows);
    CHECK((columns.parts - 1) * columns.rows_per_part < rows);
    CHECK(columns.rows_per_part % down == 0);
    CHECK(columns.rows_per_part <= 128 * down);  // what a thread sums in float
  }
}

TEST_CASE("each element of each column is taken once") {
  const auto [slabs, rows, c] =
      GENERATE(table<int64_t, int64_t, int64_t>({{1, 1000, 8}, {3, 70, 64}, {2, 33, 520}, {1, 1, 8}, {1, 3000, 24}}));
  Columns (*const split)(int64_t, int64_t, int64_t, int) = GENERATE(cuda::split_for_sums, cuda::split_for_elements);
  CAPTURE(slabs, rows, c);
  const auto check_pack = [&]<int V>() {
    Tensor counts = Tensor::zeros({slabs, rows, c}, DType::i32).to(device);
    const Columns columns = split(slabs, rows, c, V);
    cuda::launch(cuda::use(device).stream, columns.grid, columns.block, 0, count_columns<V>, counts.data<int32_t>(),
                 columns);
    CHECK(each_once(counts));
  };
  check_pack.operator()<1>();
  check_pack.operator()<4>();
  check_pack.operator()<8>();
}

TEST_CASE("each element of each tensor's rows is taken once") {
  std::vector<CountedRows> table;
  int64_t blocks = 0, elements = 0;
  for (const auto& [count, length] :
       {std::pair<int64_t, int64_t>{1, 1}, {64, 147}, {0, 5}, {7, 1024}, {8, 1025}, {9, 3}, {1, 20000}, {17, 1}}) {
    const RowBlocks rows{count, length, blocks};
    CAPTURE(count, length);
    CHECK(rows.blocks() * rows.per_block() >= count);
    CHECK((rows.blocks() - 1) * rows.per_block() < std::max<int64_t>(count, 1));
    if (count > 0) table.push_back({rows, elements});  // a tensor without elements is never stepped
    blocks += rows.blocks();
    elements += count * length;
  }
  Tensor counts = Tensor::zeros({elements}, DType::i32).to(device);
  Tensor bytes = Tensor::empty({static_cast<int64_t>(table.size() * sizeof(CountedRows))}, DType::u8);
  std::memcpy(bytes.bytes_data(), table.data(), bytes.bytes());
  const Tensor on_card = bytes.to(device);
  cuda::launch(cuda::use(device).stream, static_cast<unsigned>(blocks), cuda::row_threads, 0, count_rows,
               counts.data<int32_t>(), reinterpret_cast<const CountedRows*>(on_card.bytes_data()),
               static_cast<int>(table.size()));
  CHECK(each_once(counts));
}

TEST_CASE("element by element as many blocks are launched as have work, up to a full card") {
  cuda::Context context;
  context.multiprocessors = 132;
  CHECK(cuda::elementwise_blocks(context, 1) == 1);
  CHECK(cuda::elementwise_blocks(context, 256) == 1);
  CHECK(cuda::elementwise_blocks(context, 257) == 2);
  CHECK(cuda::elementwise_blocks(context, int64_t{1} << 40) == 132 * 8);
}

}  // namespace
}  // namespace radial
