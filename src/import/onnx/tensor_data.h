// Elements of a TensorProto as a Tensor: raw bytes or the typed fields.
#pragma once

#include <memory>

#include "ops/tensor.h"

namespace hone_onnx {
class TensorProto;
}

namespace hone::onnx {

/// Throws ModelError for a negative dim, too many dims or a volume that overflows.
void check_dims(const Dims& dims);
/// A tensor over foreign bytes, which must be exactly as many as it needs: in place where aligned, else a copy.
Tensor view_or_copy(DType type, const Dims& dims, const void* data, size_t bytes, std::shared_ptr<const void> owner);
/// The tensor in the field that its type uses (float_data, int32_data, int64_data, double_data, uint64_data).
Tensor typed_tensor(const hone_onnx::TensorProto& t, DType type, const Dims& dims);

}  // namespace hone::onnx
