// Constant operands of matrix products as rows along K, padded with zeros to whole 16-byte chunks.
#pragma once

#include <cstring>

#include "backends/backend.h"

namespace hone::cuda {

/// rows x pitch elements of `type`, zeros where nothing is put. put(row, index in the row, element) copies an
/// element of `from` by its index.
class RowPacker {
 public:
  RowPacker(const Tensor& from, int64_t rows, int64_t pitch);
  void put(int64_t row, int64_t at, int64_t element) {
    std::byte* to = to_ + static_cast<size_t>(row * pitch_ + at) * width_;
    const std::byte* from = from_ + static_cast<size_t>(element) * width_;
    if (width_ == 2)  // constant widths become plain moves
      std::memcpy(to, from, 2);
    else if (width_ == 4)
      std::memcpy(to, from, 4);
    else
      std::memcpy(to, from, width_);
  }
  Blob take() { return blob_; }

 private:
  const std::byte* from_;
  std::byte* to_ = nullptr;
  size_t width_;
  int64_t pitch_;
  Blob blob_;
};

}  // namespace hone::cuda
