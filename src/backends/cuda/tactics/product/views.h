// Tensors beside a matrix product: how a row and a column index of the product become an address in a tensor.
#pragma once

#include <vector>

#include "backends/backend.h"

namespace hone::cuda {

/// One of the axes that an index is made of, with the distance of neighbours in elements.
struct Factor {
  int64_t extent = 1, stride = 0;
  bool operator==(const Factor&) const = default;
};

/// Factors from the outermost in, with those joined that one stride serves; empty: the index does not matter.
std::vector<Factor> join(const std::vector<Factor>& factors);

struct TensorView {
  std::vector<Factor> rows, columns;
  /// Neighbouring columns are neighbours in memory.
  bool contiguous() const { return columns.size() == 1 && columns[0].stride == 1; }
};

/// View of a tensor that broadcasts to `dims`, whose axes `row_axes` and `column_axes` (outermost first) make up the
/// rows and the columns of a product.
TensorView view_of(const TensorDesc& d, const Dims& dims, const std::vector<size_t>& row_axes,
                   const std::vector<size_t>& column_axes);

}  // namespace hone::cuda
