// Copies between strided tensors of the same dims and element size: transposes, slices, concatenations, expansions and
// format changes are all this one loop nest.
#pragma once

#include <cstdint>
#include <vector>

namespace hone::cpu {

class StridedCopy {
 public:
  struct Axis {
    int64_t size = 1, from = 0, to = 0;  // elements; strides may be negative; `from` may be 0
  };
  /// element: 1, 2, 4 or 8 bytes. Order of the axes does not matter. Destinations must not overlap.
  StridedCopy(int64_t element, std::vector<Axis> axes);
  /// From the element at index 0 of all axes. On all threads; neither throws nor allocates.
  void run(const void* from, void* to) const noexcept;

 private:
  enum class Inner { kRun, kFill, kTranspose, kElements };
  void item(const std::byte* from, std::byte* to) const;

  int64_t element_;
  std::vector<Axis> outer_;
  Inner kind_ = Inner::kRun;
  Axis a_, b_;  // the innermost loops: b_ the last in the destination; kTranspose: a_ has source stride 1
  int64_t items_ = 1;
};

}  // namespace hone::cpu
