// docs/ops.md: it is what the table of op cases, the golden files and the measured times say.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iomanip>
#include <map>
#include <set>
#include <sstream>

#include "core/autograd.h"
#include "io/csv.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

const std::string source = RADIAL_SOURCE_DIR "/", page = source + "docs/ops.md";
const char* const written_by = "build/release/tests/core/test_core \"write docs/ops.md\"";

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "conv2d" of "conv2d stride 2 [1, 5, 5, 3]"
std::string op_of(const std::string& name) {
  const auto end = std::find_if(name.begin(), name.end(), [](char c) { return !std::isalnum(c) && c != '_'; });
  return {name.begin(), end};
}

// The longest op that a golden's name begins with: log_softmax of log_softmax.y, max of max_dim.y.
template <class Rows>
std::string op_of_golden(const std::string& golden, const Rows& rows) {
  for (size_t length = op_of(golden).size(); length > 0; length = golden.rfind('_', length - 1)) {
    if (length == std::string::npos) break;
    if (rows.contains(golden.substr(0, length))) return golden.substr(0, length);
  }
  return "";
}

bool runs_in(const OpCase& c, DType dtype) {
  const NoGrad no_grad;
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const bool parameter = std::count(c.parameters.begin(), c.parameters.end(), i) > 0;
    inputs.push_back(Tensor::full(c.inputs[i].shape(), 1, parameter ? accumulator_of(dtype) : dtype));
  }
  try {
    c.run(inputs);
    return true;
  } catch (const Error&) {
    return false;
  }
}

struct OpRow {
  std::string header;  // empty: a member of Tensor
  std::set<DType> cpu;
  bool on_host = false, differentiable = false;
  std::set<std::string> golden;
  std::vector<double> ratios;  // PyTorch's time / Radial's
};
using OpRows = std::map<std::string, OpRow>;

OpRows rows_of_table() {
  OpRows rows;
  for (const OpCase& c : op_cases()) {
    OpRow& row = rows[op_of(c.name)];
    row.on_host |= c.on_host;
    row.differentiable |= c.differentiable;
    for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::u8, DType::i32})
      if (!row.cpu.contains(dtype) && runs_in(c, dtype)) row.cpu.insert(dtype);
  }
  return rows;
}

// Ops that core/ops.h and what it includes declare: name -> header.
std::map<std::string, std::string> declared_ops() {
  // What stands in a line between one of these beginnings and `end`.
  const auto all = [](const std::string& text, std::initializer_list<std::string> beginnings, char end, const auto& f) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      for (const std::string& beginning : beginnings) {
        const size_t stop = line.find(end, beginning.size());
        if (!line.starts_with(beginning) || stop == std::string::npos) continue;
        const std::string word = line.substr(beginning.size(), stop - beginning.size());
        if (word.find(' ') == std::string::npos && !word.starts_with("operator")) f(word);
      }
  };
  std::vector<std::string> headers = {"core/ops.h"};
  all(text_of_file(source + headers[0]), {"#include \"core/ops/"}, '"',
      [&](const std::string& name) { headers.push_back("core/ops/" + name); });
  std::map<std::string, std::string> declared;
  for (const std::string& header : headers)
    all(text_of_file(source + header),
        {"Tensor ", "Extreme ", "std::vector<Tensor> ", "inline Tensor ", "inline Extreme ",
         "inline std::vector<Tensor> "},
        '(', [&](const std::string& op) { declared[op] = header; });
  declared.erase("new_step_counter");  // what rand() and dropout() count with
  return declared;
}

OpRows op_rows() {
  OpRows rows = rows_of_table();
  for (const auto& [op, header] : declared_ops())
    if (rows.contains(op)) rows[op].header = header;
  for (const char* file : {"ops", "layer_ops", "pointwise"})
    for (const auto& [name, tensor] : read_safetensors(source + "tests/golden/" + file + ".safetensors").tensors) {
      CAPTURE(file, name);
      const std::string op = op_of_golden(name, rows);
      REQUIRE(op != "");
      rows[op].golden.insert(file);
    }
  const std::string measured = source + "docs/data/ops.csv";
  if (!std::ifstream(measured)) return rows;
  const CsvTable times = CsvTable::read(measured);
  const std::vector<double> ratios = times.numbers("ratio");
  for (size_t i = 0; i < times.rows(); ++i) {
    const std::string op = op_of(times.texts("op")[i]);
    CAPTURE(measured, op);
    REQUIRE(rows.contains(op));
    rows[op].ratios.push_back(ratios[i]);
  }
  return rows;
}

std::string dtypes_of(const OpRow& row) {
  if (row.cpu.size() == 5) return "any";
  std::string all;
  for (const DType dtype : row.cpu) all += (all.empty() ? "" : ", ") + std::string(name_of(dtype));
  return all;
}

// "1.20 (0.84 to 2.00)": the median of its cases and passes, and how far they lie apart.
std::string ratio_of(const OpRow& row) {
  if (row.ratios.empty()) return "";
  std::vector<double> sorted = row.ratios;
  std::sort(sorted.begin(), sorted.end());
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << sorted[sorted.size() / 2];
  if (sorted.size() > 1) out << " (" << sorted.front() << " to " << sorted.back() << ")";
  return out.str();
}

std::string page_text() {
  std::ostringstream out;
  out << "# Ops\n\n"
         "Made from the table of op cases (`tests/op_cases*.cpp`), which every test of ops runs through, by\n`"
      << written_by << R"(`.

- **CPU**: the dtypes that it takes there. On a **GPU** floating-point ops take float32 and bfloat16; "on the host": what
  decides is computed by the CPU, so a GPU waits for it.
- **gradient**: it has one, which is compared with finite differences in float64. What has none gives constants.
- **PyTorch's values**: the file in `tests/golden/` that has results and gradients of PyTorch for it. Values and rules of
  PyTorch's documentation are in `tests/core/op_documentation_test.cpp`.
- **speed**: PyTorch's time / Radial's on a CPU, above 1 where Radial is faster: the median of the cases and passes in
  `docs/data/ops.csv` and how far they lie apart; nothing where it was not measured (`./run bench ops`).

| op | declared in | CPU | GPU | gradient | PyTorch's values | speed |
|---|---|---|---|---|---|---|
)";
  for (const auto& [op, row] : op_rows()) {
    std::string golden;
    for (const std::string& file : row.golden) golden += (golden.empty() ? "" : ", ") + file;
    out << "| `" << op << "` | " << (row.header.empty() ? "core/tensor.h" : row.header) << " | " << dtypes_of(row)
        << " | " << (row.on_host ? "on the host" : "yes") << " | " << (row.differentiable ? "checked" : "none") << " | "
        << golden << " | " << ratio_of(row) << " |\n";
  }
  return out.str();
}

TEST_CASE("every op has a row in the table of op cases") {
  const OpRows rows = rows_of_table();
  for (const auto& [op, header] : declared_ops()) {
    CAPTURE(op, header);  // declared there; its cases are missing in tests/op_cases*.cpp
    CHECK(rows.contains(op));
  }
}

TEST_CASE("docs/ops.md is what the table of op cases says") {
  std::istringstream found(text_of_file(page)), expected(page_text());
  INFO("docs/ops.md is out of date; write it anew: " << written_by);
  for (std::string is, should; std::getline(expected, should);) {
    REQUIRE(std::getline(found, is));
    REQUIRE(is == should);
  }
  CHECK(found.peek() == std::char_traits<char>::eof());
}

TEST_CASE("write docs/ops.md", "[.docs]") {
  const std::string text = page_text();  // before the page is emptied
  std::ofstream(page) << text;
}

}  // namespace
}  // namespace radial
