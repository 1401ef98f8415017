// Small vocabulary of the recognition passes: who made a value, products and sums with numbers, and putting one node in
// the place of a whole pattern.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "ops/program.h"
#include "passes/pass.h"

namespace hone::passes {

/// The node that makes v where it is of this kind and has no epilogue; else null.
ir::Node* made_by(const ir::Value* v, const Op& op);
/// The same for Map nodes of one function.
ir::Node* map_of(const ir::Value* v, ScalarFn fn);
/// The one number of a constant of one element.
std::optional<double> number(const ir::Value* v);
/// True for a constant number close to x (relative 1e-4: exporters round their constants).
bool is_number(const ir::Value* v, double x);
bool close(double a, double b);

/// A slice by numbers, each axis named, that takes whole steps forward; starts are counted from the beginning. Wraps:
/// what lies behind the end comes from the beginning.
struct Cut {
  std::vector<int64_t> axes, start, step;
  bool wraps = false;
};
/// Nullopt where n is null or no such slice, or the extents along its axes are not known.
std::optional<Cut> cut_of(const ir::Node* n);

/// v = x * factor or v = x + term, written with Mul, Div, Neg, Affine, Add or Sub and constant numbers, of x's shape.
struct WithNumber {
  ir::Value* x;
  double number;
};
std::optional<WithNumber> scaled(ir::Value* v);
std::optional<WithNumber> shifted(ir::Value* v);

/// A product written as a tree of Mul, Div by numbers, Neg, Square and small whole powers: the number and the other
/// factors. Values in `whole` are factors, however they are made.
struct Product {
  double number = 1;
  std::vector<ir::Value*> factors;
};
Product product_of(ir::Value* v, const std::set<const ir::Value*>& whole = {});
/// The same as a multiset of two or three given factors, in any order.
bool is_product(const Product& p, double number, std::vector<const ir::Value*> factors);

/// `by` takes the place of `old` everywhere; nodes that nothing uses any more go, handing their origins to `by`.
/// Returns false (and does nothing) where a graph output forbids it. Removed nodes are added to `removed`, if given.
bool replace_pattern(ir::Graph& g, ir::Value* old, ir::Node* by, std::set<const ir::Node*>* removed = nullptr);
/// Removes n and then its unused producers, where unused; their origins go to `heir`.
void sweep(ir::Graph& g, ir::Node* n, ir::Node* heir, std::set<const ir::Node*>* removed = nullptr);

/// All uses of v are by nodes in `nodes`, and v is no graph output.
bool only_used_by(const ir::Graph& g, const ir::Value* v, const std::set<const ir::Node*>& nodes);

/// A Map node on one operand, placed before `before`.
ir::Node* insert_map(ir::Graph& g, ir::Node* before, ScalarFn fn, std::vector<ir::Value*> inputs, double alpha = 0,
                     double beta = 0);
/// v under another shape of the same volume: v itself where the shapes are equal, else a Reshape placed before
/// `before`.
ir::Value* reshaped(ir::Graph& g, ir::Node* before, ir::Value* v, const Shape& shape);

}  // namespace hone::passes
