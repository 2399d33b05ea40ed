#include "core/cuda/conv_graph.h"

namespace radial::cuda {

namespace {

constexpr int64_t conv_sums = 4;  // in float32, nowhere in memory

cudnnDataType_t data_type(DType dtype) { return dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT; }

// cuDNN lists extents as [n, c, h, w], weights as [o, c, h, w], whatever their order in memory, which the strides tell:
// here the channels of a pixel lie together.
Descriptor tensor(int64_t id, const Shape& nhwc, DType dtype, int64_t alignment) {
  const int64_t n = nhwc[0], h = nhwc[1], w = nhwc[2], c = nhwc[3];
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(dtype));
  tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment);
  tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::vector<int64_t>{n, c, h, w});
  tensor.set(CUDNN_ATTR_TENSOR_STRIDES, std::vector<int64_t>{h * w * c, 1, w * c, c});
  if (id == conv_sums) tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true);
  tensor.finalize();
  return tensor;
}

// Stride, padding and dilation; the groups follow from the extents of x and w.
Descriptor convolution(const Conv2dGeometry& g) {
  const auto both = [](Pair pair) { return std::vector<int64_t>{pair.h, pair.w}; };
  Descriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  convolution.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  convolution.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2});
  convolution.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, both(g.padding));
  convolution.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, both(g.padding));
  convolution.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, both(g.stride));
  convolution.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, both(g.dilation));
  convolution.finalize();
  return convolution;
}

// What cuDNN calls the operation of a pass and its attributes.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, w, y, convolution, alpha, beta;
};

constexpr Names forward_names = {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                                 CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                 CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                 CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                                 CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                 CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                 CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
constexpr Names backward_input_names = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                                        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                                        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                                        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                                        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                                        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                                        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
constexpr Names backward_weight_names = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                                         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};

const Names& names_of(ConvPass pass) {
  return pass == ConvPass::forward          ? forward_names
         : pass == ConvPass::backward_input ? backward_input_names
                                            : backward_weight_names;
}

Descriptor conversion(const Descriptor& from, const Descriptor& to) {
  Descriptor identity(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  identity.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY);
  identity.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  identity.finalize();
  Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, identity);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, from);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, to);
  operation.finalize();
  return operation;
}

}  // namespace

Descriptor conv_graph(const ConvPlanKey& key, cudnnHandle_t handle) {
  const Conv2dGeometry& g = key.geometry;
  const bool converts = key.result_dtype != key.dtype;
  const int64_t result = key.pass == ConvPass::forward          ? conv_y
                         : key.pass == ConvPass::backward_input ? conv_x
                                                                : conv_w;
  const auto result_tensor = [&](int64_t id) {
    return tensor(id, key.result_shape(), key.result_dtype, key.alignment);
  };
  const auto operand = [&](int64_t id, const Shape& shape) {
    return id == result ? result_tensor(converts ? conv_sums : id) : tensor(id, shape, key.dtype, key.alignment);
  };
  const Descriptor x = operand(conv_x, g.x_shape()), w = operand(conv_w, g.w_shape()), y = operand(conv_y, g.y_shape());

  const Names& names = names_of(key.pass);
  std::vector<Descriptor> operations;
  Descriptor& pass = operations.emplace_back(names.operation);
  pass.set(names.x, x);
  pass.set(names.w, w);
  pass.set(names.y, y);
  pass.set(names.convolution, convolution(g));
  pass.set(names.alpha, 1.0F);
  pass.set(names.beta, key.accumulate ? 1.0F : 0.0F);
  pass.finalize();
  if (converts)
    operations.push_back(conversion(result == conv_x ? x : result == conv_w ? w : y, result_tensor(result)));

  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
  if (handle) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
  graph.finalize();
  return graph;
}

}  // namespace radial::cuda
