// Products with few rows, such as those of classifiers and of squeeze-and-excite blocks at batch 1: a tile of any size
// would be mostly empty, and K is far longer than the columns need.
#pragma once

#include "backends/cuda/tactics/product/product.h"

namespace hone::cuda {

/// Up to four rows, both operands along K in whole 16-byte pieces.
Verdict check_few_rows(const Product& p);
Recipe few_rows_recipe(const Problem& problem, const Product& p);
/// Microseconds, roughly.
double few_rows_time(const Product& p);
extern const Tile kFewRowsTile;  // gives the tactics their names

/// `Geometry`: the class that makes a product of the problem, as for the tiles.
template <class Geometry>
class FewRows final : public Geometry {
 public:
  explicit FewRows(std::string_view family) : Geometry(family, kFewRowsTile, Sharing::kNone) {}
  Verdict supports(const Problem& p) const override {
    Product product;
    if (Verdict v = this->describe(p, product); !v) return v;
    if (Verdict v = check_few_rows(product); !v) return v;
    return product.before_bytes <= p.workspace_limit ? Verdict::yes()
                                                     : Verdict::no("needs {} bytes of workspace", product.before_bytes);
  }
  Verdict promises(const Problem&) const override { return Verdict::yes(); }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const Product product = this->product_of(p);
    std::vector<Recipe> r = product.before;
    r.push_back(few_rows_recipe(p, product));
    return r;
  }
  size_t workspace(const Problem& p) const override { return this->product_of(p).before_bytes; }
  double estimate(const Problem& p) const override { return few_rows_time(this->product_of(p)); }
};

}  // namespace hone::cuda
