// All parameters in at most four launches, whatever their number; optimizers without projection need `step` alone.
//   sum_rows       <w, w>, <w, g>, <g, g> of the rows of what may be projected
//   decide         the view of each, into the decisions: they stay on the card
//   step           the state and the weights, but for the layer view, whose projection needs <w, d> of all rows:
//   step_by_layer  the weights of the layer view
// A projected direction d is computed twice, for <w, d> and for the step, not kept: what it follows from is read in its
// place, so that takes no more bytes than d would, and no memory.
// Bytes of memory that move for each element of a parameter: SGD 12, with momentum 20; Adam and AdamW 28; SGDP
// 8 + 20 and AdamP 8 + 28 in the channel view (what a row's team reads a second time is still in the L2 cache) and
// where nothing is projected; 8 + 28 and 8 + 40 in the layer view, 4 more with Nesterov or a projected buffer.
#include <algorithm>

#include "core/cuda/uploaded.h"
#include "optim/update.h"
#include "optim/update_rows_cuda.h"

namespace radial {

namespace {

using cuda::RowTeam;

// A parameter as the kernels see it.
struct Parameter {
  Run<float> whole;
  cuda::RowBlocks rows;  // of dimension 0 if it may be projected, else pieces of at most 4096 elements
  int64_t first_row;     // rows of the parameters before it that may be projected
  int64_t index;         // in the decisions
  bool may_be_projected;
  bool in_packs;  // rows are read and written in 16 bytes

  __device__ Run<float> row(int64_t r) const {
    return whole.part(r * rows.length, min(rows.length, whole.n - r * rows.length));
  }
};

// How it is stepped in this step.
struct Rule {
  std::variant<PlainFormula<float>, MomentumFormula<float>, AdamFormula<float>> formula;
  float lr, keep, keep_projected;  // keep = 1 - decoupled decay
  bool write_back;
  ProjectionOptions projection;
};

// What the kernels work on. Parameters that may be projected come first in the table, `projectable` of them.
struct Step {
  const Parameter* parameters;
  const Rule* rules;
  int count, projectable;
  int32_t* decisions;
  RowSums* sums;     // of all rows that may be projected
  double* products;  // <w, d> of each of them, for the layer view

  __device__ Projection decision(const Parameter& parameter) const {
    return parameter.may_be_projected ? static_cast<Projection>(decisions[parameter.index]) : Projection::none;
  }
  __device__ const Rule& rule_of(const Parameter& parameter) const { return rules[&parameter - parameters]; }
};

// f(formula) with the formula's own type, which is the same for all threads of a block. A copy: what lies in memory
// would be read again after each store.
template <class F>
__device__ void with_formula(const Rule& rule, const F& f) {
  if (const auto* plain = std::get_if<PlainFormula<float>>(&rule.formula)) f(PlainFormula<float>(*plain));
  if (const auto* momentum = std::get_if<MomentumFormula<float>>(&rule.formula)) f(MomentumFormula<float>(*momentum));
  if (const auto* adam = std::get_if<AdamFormula<float>>(&rule.formula)) f(AdamFormula<float>(*adam));
}

// `along` from the sums of the view's row.
__device__ LastLine<float> projected_line(const Rule& rule, double ww, double wd) {
  return {rule.keep_projected, rule.lr, static_cast<float>(along(ww, wd, rule.projection.eps))};
}

__global__ void __launch_bounds__(cuda::row_threads) sum_rows_kernel(Step step) {
  const Parameter& parameter = cuda::entry_of_block(step.parameters, step.projectable);
  const RowTeam team(parameter.rows, blockIdx.x - parameter.rows.first_block);
  if (team.row >= parameter.rows.count) return;
  const Run<float> row = parameter.row(team.row);
  const RowSums sums = parameter.in_packs ? sums_of_row<4>(row, team) : sums_of_row<1>(row, team);
  if (team.thread == 0) step.sums[parameter.first_row + team.row] = sums;
}

// A block a parameter.
__global__ void __launch_bounds__(cuda::row_threads) decide_kernel(Step step) {
  const Parameter& parameter = step.parameters[blockIdx.x];
  const ProjectionOptions& options = step.rule_of(parameter).projection;
  RowSums layer;
  bool every_row = true;
  for (int64_t r = threadIdx.x; r < parameter.rows.count; r += cuda::row_threads) {
    const RowSums& row = step.sums[parameter.first_row + r];
    every_row = every_row && orthogonal(row, parameter.rows.length, options);
    layer += row;
  }
  every_row = __syncthreads_and(every_row) != 0;
  layer = {cuda::block_sum<cuda::row_threads>(layer.ww), cuda::block_sum<cuda::row_threads>(layer.wg),
           cuda::block_sum<cuda::row_threads>(layer.gg)};
  if (threadIdx.x == 0)
    step.decisions[parameter.index] =
        static_cast<int32_t>(decide_projection(every_row, layer, parameter.whole.n, options));
}

template <int V, class Formula>
__device__ void step_or_project(const Step& step, const Parameter& parameter, const Formula& formula,
                                const RowTeam& team) {
  const Rule& rule = step.rule_of(parameter);
  const Run<float> row = parameter.row(team.row);
  const Projection projection = step.decision(parameter);
  if (projection == Projection::none) return step_row<V>(row, formula, {rule.keep, rule.lr}, team);
  const double wd = advance_row<V>(row, formula, team);
  const int64_t r = parameter.first_row + team.row;
  if (projection == Projection::channel)
    apply_row<V>(row, formula, projected_line(rule, step.sums[r].ww, wd), rule.write_back, team);
  else if (team.thread == 0)
    step.products[r] = wd;
}

__global__ void __launch_bounds__(cuda::row_threads) step_kernel(Step step) {
  const Parameter& parameter = cuda::entry_of_block(step.parameters, step.count);
  const RowTeam team(parameter.rows, blockIdx.x - parameter.rows.first_block);
  if (team.row >= parameter.rows.count) return;
  if (!parameter.may_be_projected && team.row == 0 && team.thread == 0)
    step.decisions[parameter.index] = static_cast<int32_t>(Projection::none);
  with_formula(step.rule_of(parameter), [&](const auto& formula) {
    if (parameter.in_packs)
      step_or_project<4>(step, parameter, formula, team);
    else
      step_or_project<1>(step, parameter, formula, team);
  });
}

// All blocks on one parameter; each sums the rows' products anew, in the same order.
__device__ void step_layer(const Step& step, const Parameter& parameter) {
  double ww = 0, wd = 0;
  for (int64_t r = threadIdx.x; r < parameter.rows.count; r += cuda::row_threads) {
    ww += step.sums[parameter.first_row + r].ww;
    wd += step.products[parameter.first_row + r];
  }
  ww = cuda::block_sum<cuda::row_threads>(ww);
  wd = cuda::block_sum<cuda::row_threads>(wd);
  const Rule& rule = step.rule_of(parameter);
  const LastLine<float> last = projected_line(rule, ww, wd);
  for (int64_t block = blockIdx.x; block < parameter.rows.blocks(); block += gridDim.x) {
    const RowTeam team(parameter.rows, block);
    if (team.row >= parameter.rows.count) continue;
    const Run<float> row = parameter.row(team.row);
    with_formula(rule, [&](const auto& formula) {
      if (parameter.in_packs)
        apply_row<4>(row, formula, last, rule.write_back, team);
      else
        apply_row<1>(row, formula, last, rule.write_back, team);
    });
  }
}

// The layer view is rare: a warp looks at 32 decisions at once, so that passing over the others takes no time.
__global__ void __launch_bounds__(cuda::row_threads) step_by_layer_kernel(Step step) {
  for (int first = 0; first < step.projectable; first += cuda::warp_threads) {
    const int mine = first + static_cast<int>(threadIdx.x % cuda::warp_threads);
    const bool by_layer = mine < step.projectable && step.decision(step.parameters[mine]) == Projection::layer;
    for (unsigned layers = __ballot_sync(cuda::all_lanes, by_layer); layers != 0; layers &= layers - 1)
      step_layer(step, step.parameters[first + __ffs(static_cast<int>(layers)) - 1]);
  }
}

bool may_be_projected(const ParameterUpdate& update) {
  return update.rule.projection && update.w.rank() > 1 && update.w.numel() > 0;
}

float* data_of(Tensor& tensor, const ParameterUpdate& update) {
  if (!tensor) return nullptr;
  check(tensor.dtype() == DType::f32, "optimizer: a tensor of parameter ", update.index, " is ",
        name_of(tensor.dtype()), " but a step on the GPU needs float32");
  return tensor.data<float>();
}

Parameter parameter_of(ParameterUpdate& update) {
  constexpr int64_t piece = 4096;
  const int64_t n = update.w.numel();
  Parameter parameter{};
  parameter.whole = {data_of(update.w, update), data_of(update.g, update), data_of(update.s0, update),
                     data_of(update.s1, update), n};
  parameter.index = update.index;
  parameter.may_be_projected = may_be_projected(update);
  if (parameter.may_be_projected)
    parameter.rows = {update.w.dim(0), n / update.w.dim(0)};
  else
    parameter.rows = {std::max<int64_t>(1, (n + piece - 1) / piece), std::min(n, piece)};
  const Run<float>& run = parameter.whole;
  const auto aligned = [](const float* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; };
  parameter.in_packs = aligned(run.w) && aligned(run.g) && aligned(run.s0) && aligned(run.s1) && n % 4 == 0 &&
                       parameter.rows.length % 4 == 0;
  return parameter;
}

Rule rule_of(const UpdateRule& rule) {
  const ProjectionOptions projection = rule.projection.value_or(ProjectionOptions{});
  Rule result{};
  std::visit([&](const auto& formula) { result.formula = formula.template as<float>(); }, rule.formula);
  result.lr = static_cast<float>(rule.lr);
  result.keep = static_cast<float>(1 - rule.decay);
  result.keep_projected = static_cast<float>(1 - rule.decay * projection.wd_ratio);
  result.write_back = rule.write_back;
  result.projection = projection;
  return result;
}

// The tables of the last step, on the card. As long as pointers stay the same only the rules are uploaded.
struct Tables {
  cuda::Uploaded<Parameter> parameters;
  cuda::Uploaded<Rule> rules;
};

}  // namespace

void cuda::update_parameters(Tensor& decisions, std::vector<ParameterUpdate>& updates, KernelMemory& memory) {
  if (updates.empty()) return;
  std::vector<Parameter> parameters;
  std::vector<Rule> rules;
  int64_t blocks = 0, rows = 0;
  const auto add = [&](ParameterUpdate& update) {
    Parameter& parameter = parameters.emplace_back(parameter_of(update));
    parameter.rows.first_block = blocks;
    parameter.first_row = rows;
    blocks += parameter.rows.blocks();
    if (parameter.may_be_projected) rows += parameter.rows.count;
    rules.push_back(rule_of(update.rule));
  };
  for (ParameterUpdate& update : updates)
    if (may_be_projected(update)) add(update);
  const auto projectable = static_cast<int>(parameters.size());
  const int64_t projectable_blocks = blocks;
  for (ParameterUpdate& update : updates)
    if (!may_be_projected(update)) add(update);

  const Context& context = use(decisions.device());
  if (!memory) memory = std::make_shared<Tables>();
  Tables& tables = *static_cast<Tables*>(memory.get());
  Tensor sums = Tensor::empty({rows, 3}, DType::f64, decisions.device());
  Tensor products = Tensor::empty({rows}, DType::f64, decisions.device());
  const Step step{tables.parameters.upload(context, parameters),
                  tables.rules.upload(context, rules),
                  static_cast<int>(parameters.size()),
                  projectable,
                  decisions.data<int32_t>(),
                  reinterpret_cast<RowSums*>(sums.data<double>()),
                  products.data<double>()};
  const auto launch_over = [&](int64_t grid, void (*kernel)(Step)) {
    launch(context.stream, static_cast<unsigned>(grid), row_threads, 0, kernel, step);
  };
  if (projectable > 0) {
    launch_over(projectable_blocks, sum_rows_kernel);
    launch_over(projectable, decide_kernel);
  }
  launch_over(blocks, step_kernel);
  if (projectable > 0)
    launch_over(std::min<int64_t>(projectable_blocks, int64_t{8} * context.multiprocessors), step_by_layer_kernel);
}

}  // namespace radial
