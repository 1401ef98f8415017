// Matrix products over the last two dimensions.
#include "api/layers/layers.h"
#include "ops/matmul.h"

namespace hone::api {
namespace {

constexpr auto kOps = enum_table<nv::MatrixOperation, MatrixOp>({
    {nv::MatrixOperation::kNONE, MatrixOp::kNone},
    {nv::MatrixOperation::kTRANSPOSE, MatrixOp::kTranspose},
    {nv::MatrixOperation::kVECTOR, MatrixOp::kVector},
});

class MatrixMultiplyLayer final : public LayerImpl<nv::IMatrixMultiplyLayer, nv::LayerType::kMATRIX_MULTIPLY> {
 public:
  using LayerImpl::LayerImpl;
  void setOperation(int32_t index, nv::MatrixOperation operation) noexcept override {
    edit<MatMulAttrs>("IMatrixMultiplyLayer::setOperation", [&](MatMulAttrs& a) {
      require<ModelError>(index == 0 || index == 1, "a matrix product has no input {}", index);
      (index == 0 ? a.op_a : a.op_b) = kOps.inner(operation, "MatrixOperation");
    });
  }
  nv::MatrixOperation getOperation(int32_t index) const noexcept override {
    const auto& a = attr<MatMulAttrs>();
    return kOps.outer(index == 0 ? a.op_a : a.op_b).value_or(nv::MatrixOperation::kNONE);
  }
};
}  // namespace

std::unique_ptr<LayerBase> make_matrix_multiply(Network& network, ir::Node* node) {
  return std::make_unique<MatrixMultiplyLayer>(network, node);
}

nv::IMatrixMultiplyLayer* Network::addMatrixMultiply(nv::ITensor& input0, nv::MatrixOperation op0, nv::ITensor& input1,
                                                     nv::MatrixOperation op1) noexcept {
  return adding<nv::IMatrixMultiplyLayer>(*this, "INetworkDefinition::addMatrixMultiply", [&] {
    MatMulAttrs a;
    a.op_a = kOps.inner(op0, "MatrixOperation");
    a.op_b = kOps.inner(op1, "MatrixOperation");
    return add<MatrixMultiplyLayer>("Matrix Multiply", kMatMulOp, {value(input0), value(input1)}, a);
  });
}

}  // namespace hone::api
