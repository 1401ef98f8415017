// Kernels that several operators with data-dependent extents are made of: sorting of lines, and selection of the
// elements that have a flag, numbered in order. Nothing depends on the order in which threads run.
#pragma once

#include <functional>

#include "backends/cuda/kernel_source.h"

namespace hone::cuda {

/// Parts of a workspace, one behind another.
class WorkspaceParts {
 public:
  int64_t add(int64_t bytes) {
    const int64_t at = size_;
    size_ += (bytes + 255) / 256 * 256;
    return at;
  }
  size_t size() const { return static_cast<size_t>(size_); }

 private:
  int64_t size_ = 0;
};

using Writer = std::function<void(KernelSource&)>;

/// The counts at this place of the workspace become sums of those before; what follows them, their sum. `finish` is run
/// by one thread, which sees `total`.
Recipe running_sums(int64_t count, int64_t at, const Writer& finish);

struct Selection {
  explicit Selection(KernelSource s) : source(std::move(s)) {}
  KernelSource source;  // of the kernels, as far as they are the same
  int64_t units = 0;
  /// Declares what it needs and gives a condition on the unit `i`.
  std::function<std::string(KernelSource&)> flag;
  /// For each unit `i`: `chosen`, `rank` (how many were chosen before it) and `total`.
  Writer take;
  int64_t sums = 0;  // place in the workspace, of sums_bytes()
  Writer finish;     // as in running_sums()

  static int64_t sums_bytes(int64_t units);
  std::vector<Recipe> recipes() const;
};

struct Sort {
  explicit Sort(KernelSource s) : source(std::move(s)) {}
  KernelSource source;
  std::string_view type;  // of the elements
  int64_t lines = 1, extent = 0;
  /// Declares what it needs and gives element `i` of `line`.
  std::function<std::string(KernelSource&)> element;
  /// Declares what it needs and gives a condition for `a` to come before `b`: a strict order of distinct elements.
  std::function<std::string(KernelSource&)> before;
  int64_t sorted = 0, scratch = 0;  // places in the workspace, each for all elements; scratch: see needs_scratch()

  /// Whether lines of this extent are too long for one block.
  static bool needs_scratch(int64_t extent);
  std::vector<Recipe> recipes() const;
};

}  // namespace hone::cuda
