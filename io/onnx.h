// A network as an ONNX file has it: nodes that make values of values, by names, and the values that are given with
// them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/tensor.h"

namespace radial {

using OnnxAttribute = std::variant<int64_t, float, std::vector<int64_t>>;

struct OnnxNode {
  std::string op;  // "Conv"
  std::vector<std::string> inputs, outputs;
  std::vector<std::pair<std::string, OnnxAttribute>> attributes = {};
};

// A value from outside or for outside; -1 in its shape is the number of pictures, which is free.
struct OnnxValue {
  std::string name;
  std::vector<int64_t> shape;
};

struct OnnxModel {
  // Of the operators: the newest that all releases of onnxruntime of since 2022 know, and its file format.
  static constexpr int64_t opset = 17, ir_version = 8;

  std::string name;
  std::vector<OnnxValue> inputs, outputs;                              // float32
  std::vector<std::pair<std::string, Tensor>> constants;               // float32 of any device
  std::vector<std::pair<std::string, std::vector<int64_t>>> integers;  // constants [n] of int64: shapes, margins
  std::vector<OnnxNode> nodes;                                         // each after those that make its inputs
  std::map<std::string, std::string> metadata;
};

// In one atomic step. Throws Error(usage) if this program writes no protocol buffers, and for a model of 2 GB or more,
// which no ONNX file holds.
void write_onnx(const std::string& path, const OnnxModel& model);

}  // namespace radial
