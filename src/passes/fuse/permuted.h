// A value seen through the reshapes and transposes that made it.
#pragma once

#include "passes/fuse/match.h"

namespace hone::passes {

/// value = Transpose(Reshape(source, shape), perm).
struct Permuted {
  ir::Value* source;
  Shape shape;
  std::vector<int64_t> perm;

  /// v under `shape` (a reshape of it), permuted.
  static Permuted of(ir::Value* v, Shape shape, std::vector<int64_t> perm);
  /// The value's shape.
  Shape result() const;
  /// Moves the source back through reshapes and transposes as far as the form allows.
  void strip();
};

/// For each axis of `from` the axes of `to` that it is split into (extents of 1 may be added), in order; nullopt where
/// `to` is no splitting of `from`.
std::optional<std::vector<std::vector<size_t>>> split_axes(const Shape& from, const Shape& to);
bool is_identity(const std::vector<int64_t>& perm);

}  // namespace hone::passes
