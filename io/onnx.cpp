#include "io/onnx.h"

#include <bit>
#include <exception>
#include <limits>

#include "core/error.h"
#include "core/version.h"
#include "io/atomic_file.h"
#include "io/protocol_buffers.h"

#ifdef RADIAL_PROTOCOL_BUFFERS
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "onnx.pb.h"
#endif

namespace radial {

#ifdef RADIAL_PROTOCOL_BUFFERS

namespace {

static_assert(std::endian::native == std::endian::little);  // what raw_data is

void set(onnx_file::AttributeProto& attribute, int64_t value) {
  attribute.set_i(value);
  attribute.set_type(onnx_file::AttributeProto::INT);
}

void set(onnx_file::AttributeProto& attribute, float value) {
  attribute.set_f(value);
  attribute.set_type(onnx_file::AttributeProto::FLOAT);
}

void set(onnx_file::AttributeProto& attribute, const std::vector<int64_t>& values) {
  for (const int64_t value : values) attribute.add_ints(value);
  attribute.set_type(onnx_file::AttributeProto::INTS);
}

void add_node(onnx_file::GraphProto& graph, const OnnxNode& node) {
  onnx_file::NodeProto& added = *graph.add_node();
  added.set_op_type(node.op);
  added.set_name(node.op + "_" + std::to_string(graph.node_size()));
  for (const std::string& input : node.inputs) added.add_input(input);
  for (const std::string& output : node.outputs) added.add_output(output);
  for (const auto& [name, value] : node.attributes) {
    onnx_file::AttributeProto& attribute = *added.add_attribute();
    attribute.set_name(name);
    std::visit([&](const auto& given) { set(attribute, given); }, value);
  }
}

void add_constant(onnx_file::GraphProto& graph, const std::string& name, const Tensor& tensor) {
  const Tensor values = tensor.detach().to(Device{}).to(DType::f32);
  onnx_file::TensorProto& added = *graph.add_initializer();
  added.set_name(name);
  added.set_data_type(onnx_file::TensorProto::FLOAT);
  for (const int64_t extent : values.shape()) added.add_dims(extent);
  added.set_raw_data(values.data<float>(), static_cast<size_t>(values.numel()) * sizeof(float));
}

void add_integers(onnx_file::GraphProto& graph, const std::string& name, const std::vector<int64_t>& values) {
  onnx_file::TensorProto& added = *graph.add_initializer();
  added.set_name(name);
  added.set_data_type(onnx_file::TensorProto::INT64);
  added.add_dims(std::ssize(values));
  added.set_raw_data(values.data(), values.size() * sizeof(int64_t));
}

void describe(onnx_file::ValueInfoProto& info, const OnnxValue& value) {
  info.set_name(value.name);
  onnx_file::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_file::TensorProto::FLOAT);
  for (const int64_t extent : value.shape) {
    auto& dimension = *type.mutable_shape()->add_dim();
    if (extent < 0)
      dimension.set_dim_param("batch");
    else
      dimension.set_dim_value(extent);
  }
}

onnx_file::ModelProto message_of(const OnnxModel& model) {
  onnx_file::ModelProto message;
  message.set_ir_version(OnnxModel::ir_version);
  message.set_producer_name("radial");
  message.set_producer_version(version);
  message.add_opset_import()->set_version(OnnxModel::opset);
  onnx_file::GraphProto& graph = *message.mutable_graph();
  graph.set_name(model.name);
  for (const OnnxValue& input : model.inputs) describe(*graph.add_input(), input);
  for (const OnnxValue& output : model.outputs) describe(*graph.add_output(), output);
  for (const auto& [name, tensor] : model.constants) add_constant(graph, name, tensor);
  for (const auto& [name, values] : model.integers) add_integers(graph, name, values);
  for (const OnnxNode& node : model.nodes) add_node(graph, node);
  for (const auto& [key, value] : model.metadata) {
    onnx_file::StringStringEntryProto& entry = *message.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  return message;
}

// Gives the file piece by piece what protobuf makes of a message, which may be large.
class Pieces : public google::protobuf::io::CopyingOutputStream {
 public:
  explicit Pieces(AtomicFile& file) : file_(file) {}
  bool Write(const void* data, int bytes) override {
    if (failure_) return false;
    try {
      file_.write(data, static_cast<size_t>(bytes));
    } catch (...) {  // protobuf calls this in a destructor, too
      failure_ = std::current_exception();
    }
    return !failure_;
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  AtomicFile& file_;
  std::exception_ptr failure_;
};

}  // namespace

void write_onnx(const std::string& path, const OnnxModel& model) {
  const onnx_file::ModelProto message = message_of(model);
  check(message.ByteSizeLong() <= size_t{std::numeric_limits<int>::max()}, "onnx: ", path, ": the network has ",
        message.ByteSizeLong(), " bytes but an ONNX file holds less than 2 GB");
  AtomicFile file(path);
  Pieces pieces(file);
  google::protobuf::io::CopyingOutputStreamAdaptor stream(&pieces, 1 << 20);
  const bool written = message.SerializeToZeroCopyStream(&stream) && stream.Flush();
  pieces.rethrow();
  check(written, ErrorKind::internal, "onnx: ", path, ": protobuf could not write it");
  file.commit();
}

#else

void write_onnx(const std::string& path, const OnnxModel&) { check_protocol_buffers("onnx: " + path); }

#endif

}  // namespace radial
