// Constant operands of matrix kernels as one blob: a small header, packed B per group, bias. The header makes a blob
// that was packed for another instruction set or problem an error instead of wrong numbers.
#pragma once

#include <functional>

#include "backends/backend.h"
#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

struct PackedShape {
  int64_t groups = 1, k = 0, n = 0;  // per group
  bool operator==(const PackedShape&) const = default;
};

/// fill(group, b): writes the group's dense k x n matrix. bias: groups * n values or null.
Blob pack_weights(const PackedShape& shape, const std::function<void(int64_t, float*)>& fill, const float* bias);

/// A checked view of such a blob; throws ModelError where it does not fit the shape and isa().
class PackedWeights {
 public:
  PackedWeights(std::span<const Blob> blobs, const PackedShape& shape);
  const float* b(int64_t group) const { return data_ + group * stride_; }
  /// Null where the blob has none.
  const float* bias() const { return bias_; }
  Isa isa() const { return isa_; }

 private:
  const float* data_ = nullptr;
  const float* bias_ = nullptr;
  int64_t stride_ = 0;
  Isa isa_ = Isa::kNone;
};

}  // namespace hone::cpu
