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
  /// Neighbouring columns are neighbours in memory, within aligned vectors of eight at least.
  bool contiguous() const {
    return !columns.empty() && columns.back().stride == 1 && (columns.size() == 1 || columns.back().extent % 8 == 0);
  }
};

/// An axis of the output, or some of its positions: `extent` (0: all) of them, each `step` behind the one before.
struct IndexAxis {
  size_t axis;
  int64_t extent = 0, step = 1;
  IndexAxis(size_t a) : axis(a) {}  // NOLINT: a plain axis is one
  IndexAxis(size_t a, int64_t e, int64_t s) : axis(a), extent(e), step(s) {}
};

/// View of a tensor that broadcasts to `dims`, whose axes `row_axes` and `column_axes` (outermost first) make up the
/// rows and the columns of a product. An axis may stand in both with different steps.
TensorView view_of(const TensorDesc& d, const Dims& dims, const std::vector<IndexAxis>& row_axes,
                   const std::vector<IndexAxis>& column_axes);

}  // namespace hone::cuda
