// Allocation of packed rows.
#include "backends/cuda/tactics/product/packing.h"

namespace hone::cuda {

RowPacker::RowPacker(const Tensor& from, int64_t rows, int64_t pitch)
    : from_(static_cast<const std::byte*>(from.raw())),
      width_(static_cast<size_t>(bits(from.type())) / 8),
      pitch_(pitch) {
  const size_t bytes = static_cast<size_t>(rows * pitch) * width_;
  blob_ = Blob::allocate(bytes, &to_);
  std::memset(to_, 0, bytes);
}

}  // namespace hone::cuda
