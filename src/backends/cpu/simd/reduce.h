// Reductions of floats over any axes.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/reduce.h"

namespace hone::cpu {

/// The reduction of a dense or strided tensor with fixed dims. Axes are physical, outermost first.
class Reduction {
 public:
  struct Axis {
    int64_t size = 1, stride = 1;  // elements
    bool reduced = false;
  };
  /// The last axis must have stride 1 (or size 1). Results are dense, in the order of the kept axes.
  Reduction(ReduceKind kind, std::vector<Axis> axes);
  /// On all threads; neither throws nor allocates.
  void run(const float* x, float* y) const noexcept;

 private:
  void rows(const float* x, float* y, int64_t begin, int64_t end) const;
  ReduceKind kind_;
  std::vector<Axis> kept_, reduced_;  // without the innermost axis
  Axis inner_;
  int64_t items_ = 1;   // results that are computed one by one: rows, or blocks of columns
  int64_t blocks_ = 1;  // column blocks per kept index
  int64_t count_ = 1;   // elements behind one result
};

}  // namespace hone::cpu
