// The ways to run one product, a tile and a way to share K each: which are possible, what they cost by the model, and
// which are worth trying.
#pragma once

#include "backends/cuda/tactics/product/product.h"

namespace hone::cuda {

struct Variant {
  const Tile& tile;
  Sharing sharing = Sharing::kNone;

  /// Into how many parts K is split.
  int64_t parts(const Product& p) const;
  /// Whether the way to share K, or to take turns, can fill the GPU better than blocks with one tile each.
  bool fills(const Product& p) const;
  /// Bytes of partial sums in the workspace.
  size_t partial_bytes(const Product& p) const;
  /// Microseconds, roughly.
  double time(const Product& p) const;
  /// Type, generation of the GPU, shared memory, loaders and extents.
  Verdict check(const Problem& problem, const Product& p) const;
};

/// Sums of a product split along K: elements from part to part and from row to row.
struct PartLayout {
  int64_t count, pitch, plane;
  PartLayout(const Product& p, int64_t parts)
      : count(parts), pitch((p.columns() + 7) / 8 * 8), plane(pitch * p.rows()) {}
  size_t bytes() const { return static_cast<size_t>(count * plane) * 4; }
};

/// No, with the best one's name, where the model knows many faster variants: timing all of them, each of which is
/// compiled, takes longer than it brings. HONE_CUDA_EVERY_TILE=1 lets all pass that are not pointless.
Verdict worth_trying(const Variant& v, const Problem& problem, const Product& p);

}  // namespace hone::cuda
