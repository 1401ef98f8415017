// Looking through reshapes and transposes.
#include "passes/fuse/permuted.h"

#include <numeric>

#include "ops/transpose.h"

namespace hone::passes {

using ir::Node;
using ir::Value;

bool is_identity(const std::vector<int64_t>& perm) {
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i)) return false;
  return true;
}

std::optional<std::vector<std::vector<size_t>>> split_axes(const Shape& from, const Shape& to) {
  std::vector<std::vector<size_t>> groups(from.size());
  size_t k = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i].is(1) && (k == to.size() || !to[k].is(1))) continue;  // dropped
    Dim product(1);
    // Leading ones belong to the axis that follows them, unless it is one of them itself.
    while (k < to.size() && (product != from[i] || groups[i].empty())) {
      product = product * to[k];
      groups[i].push_back(k++);
    }
    if (product != from[i]) return std::nullopt;
  }
  for (; k < to.size(); ++k) {
    if (!to[k].is(1) || groups.empty()) return std::nullopt;
    groups.back().push_back(k);
  }
  return groups;
}

Permuted Permuted::of(Value* v, Shape shape, std::vector<int64_t> perm) {
  return {v, std::move(shape), std::move(perm)};
}

Shape Permuted::result() const {
  Shape s;
  for (int64_t p : perm) s.push_back(shape[static_cast<size_t>(p)]);
  return s;
}

namespace {

// value = perm(reshape(transpose(w, p))) as perm'(reshape'(w)).
bool through_transpose(Permuted& v, Node* t) {
  Value* w = t->input(0);
  std::vector<int64_t> p = t->attr<TransposeAttrs>().perm;
  const size_t rank = w->shape().size();
  if (p.empty())
    for (size_t i = rank; i-- > 0;) p.push_back(static_cast<int64_t>(i));
  const auto groups = split_axes(t->output()->shape(), v.shape);
  if (!groups || p.size() != rank) return false;
  // Axis p[i] of w is split as axis i of the transposed value.
  Shape shape;
  std::vector<int64_t> place(v.shape.size());  // of each axis of the old shape in the new one
  for (size_t b = 0; b < rank; ++b)
    for (size_t i = 0; i < rank; ++i) {
      if (p[i] != static_cast<int64_t>(b)) continue;
      for (size_t k : (*groups)[i]) {
        place[k] = static_cast<int64_t>(shape.size());
        shape.push_back(v.shape[k]);
      }
    }
  for (int64_t& k : v.perm) k = place[static_cast<size_t>(k)];
  v.shape = std::move(shape);
  v.source = w;
  return true;
}

}  // namespace

void Permuted::strip() {
  for (int i = 0; i < 32; ++i) {
    Node* n = source->producer();
    if (n == nullptr || n->epilogue) return;
    if (n->is(kReshapeOp) || n->is(kUnsqueezeOp) || n->is(kSqueezeOp))
      source = n->input(0);
    else if (!n->is(kTransposeOp) || !through_transpose(*this, n))
      return;
  }
}

}  // namespace hone::passes
