// A heavy node as matrix products C[item] = A[item] B[item] with the node's tail applied to the sums: what the geometry
// of convolutions and matrix products comes down to, and the recipes that compute it.
#pragma once

#include <vector>

#include "backends/cuda/recipe.h"
#include "backends/cuda/tactics/product/tail_source.h"
#include "backends/cuda/tactics/product/tile.h"

namespace hone::cuda {

/// How slabs of an operand are fetched (device/product_load.cuh).
enum class Load { kAlongK, kAcrossK, kWindows, kTransposedWindows, kPlanes };

struct ProductOperand {
  Load load = Load::kAlongK;
  Argument data;
  int64_t pitch = 0;          // of a matrix: elements from row to row
  std::vector<Factor> items;  // from item to item
  bool along_k() const { return load != Load::kAcrossK && load != Load::kPlanes; }
};

/// Geometry of windows, with exactly three spatial axes; strides in elements.
struct WindowGeometry {
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, pad[3] = {0, 0, 0};
  int64_t image = 0, axis[3] = {0, 0, 0};
  int64_t channels = 0, channel_step = 1;
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

/// `Windows` as an initialiser made of parameters. Axes that the image does not have are constants; so are the strides
/// where they divide (`constant_strides`).
std::string windows_code(KernelParameters& k, const WindowGeometry& w, bool constant_strides);

struct Product {
  DType type = DType::kF32;
  int64_t items = 1, m = 1, n = 1, k = 1;
  bool items_are_columns = false;  // items follow each other along the columns of the output, not along its rows
  ProductOperand a, b;
  WindowGeometry windows;
  std::vector<IndexAxis> row_axes, column_axes;  // of the output
  int bias = -1;                                 // input with one value for each element of axis 1 of the output
  int64_t traffic = 0;
  /// Weights that are not known at build time are packed into the workspace by a kernel that runs first.
  std::vector<Recipe> before;
  size_t before_bytes = 0;

  int64_t rows() const { return items_are_columns ? m : m * items; }
  int64_t columns() const { return items_are_columns ? n * items : n; }
};

/// How many elements of a type a 16-byte chunk holds.
inline int64_t chunk_elements(DType t) { return 128 / bits(t); }

/// How blocks share work: a block takes all of K; blocks write partial sums over parts of K that a second kernel adds
/// up; the blocks of a cluster add up each other's sums; or pairs of blocks, which stay, fetch their second operand for
/// each other.
enum class Sharing { kNone, kParts, kCluster, kPairs };

/// Whether the copy engine can fetch an operand: rows along K, up to one axis of items, whole 16 bytes.
bool copies_in_bulk(const Product& p, const ProductOperand& o);

/// Tactics that differ in the geometry they take, in the tile they use and in how blocks share K.
class ProductTactic : public RecipeTactic {
 public:
  ProductTactic(std::string_view family, const Tile& tile, Sharing sharing);
  std::string_view name() const final { return name_; }
  Verdict supports(const Problem& p) const override;
  Verdict promises(const Problem& p) const override;
  std::vector<Recipe> recipes(const Problem& p) const override;
  size_t workspace(const Problem& p) const override;
  double estimate(const Problem& p) const override;

 protected:
  /// What holds for every way to run it: types, tail and geometry. Fills `product` where it says yes.
  Verdict describe(const Problem& p, Product& product) const;
  Product product_of(const Problem& p) const;
  /// Fills `product` where it says yes.
  virtual Verdict geometry(const Problem& p, Product& product) const = 0;

 private:
  const std::string name_;
  const Tile& tile_;
  const Sharing sharing_;
};

}  // namespace hone::cuda
