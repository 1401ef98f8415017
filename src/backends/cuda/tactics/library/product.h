// Matrix products as cuBLASLt sees them: extents, distances and batches of a MatMul node or of a convolution whose
// windows are single pixels, and the part of its epilogue that the library fuses.
#pragma once

#include <optional>
#include <string>

#include "backends/backend.h"

namespace hone::cuda {

/// One operand, row by row in memory.
struct Matrix {
  bool transposed = false;   // stored with its rows as columns
  int64_t distance = 0;      // elements from row to row
  int64_t batch_stride = 0;  // 0: the same matrix for every item
};

/// D[m,n] = A[m,k] B[k,n] for every item of the batch.
struct Product {
  int64_t m = 0, n = 0, k = 0, batch = 1;
  Matrix a, b, d;
};

/// nullopt with the reason where the node is no such product.
std::optional<Product> product_of(const Problem& p, std::string* why_not);

/// What follows the product inside of the library.
struct FusedTail {
  enum class Activation { kNone, kRelu, kGeluTanh };
  int bias = -1, residual = -1;  // inputs of the node
  Activation activation = Activation::kNone;
};
/// The node's own bias and its epilogue; `split`: without the epilogue. nullopt with the reason where the library does
/// not fuse it.
std::optional<FusedTail> tail_of(const Problem& p, const Product& product, bool split, std::string* why_not);

}  // namespace hone::cuda
