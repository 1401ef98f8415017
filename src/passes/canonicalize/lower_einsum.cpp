// Einstein summations of two operands that are matrix products: transposes, reshapes and a MatMul take their place.
#include <algorithm>

#include "ops/einsum.h"
#include "ops/matmul.h"
#include "ops/transpose.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/canonicalize/support.h"

namespace hone::passes {
namespace {

struct Terms {
  std::string a, b, out;
};

// "ij,jk->ik" without ellipsis, repeated labels or implicit output.
std::optional<Terms> parse(std::string s, const ir::Node* n) {
  std::erase(s, ' ');
  const size_t comma = s.find(','), arrow = s.find("->");
  if (n->inputs().size() != 2 || comma == std::string::npos || arrow == std::string::npos || comma > arrow ||
      s.find('.') != std::string::npos)
    return std::nullopt;
  Terms t{s.substr(0, comma), s.substr(comma + 1, arrow - comma - 1), s.substr(arrow + 2)};
  for (const std::string* term : {&t.a, &t.b, &t.out}) {
    const std::set<char> distinct(term->begin(), term->end());
    if (distinct.size() != term->size()) return std::nullopt;
  }
  return t;
}

// Labels by what they are in a product; false where a label is in one operand alone and summed.
struct Roles {
  std::string batch, rows, columns, inner;
};
std::optional<Roles> roles(const Terms& t) {
  Roles r;
  auto in = [](const std::string& s, char c) { return s.find(c) != std::string::npos; };
  for (char c : t.a) {
    if (in(t.b, c))
      (in(t.out, c) ? r.batch : r.inner) += c;
    else if (in(t.out, c))
      r.rows += c;
    else
      return std::nullopt;
  }
  for (char c : t.b) {
    if (in(t.a, c)) continue;
    if (!in(t.out, c)) return std::nullopt;
    r.columns += c;
  }
  return r;
}

ir::Value* arrange(ir::Graph& g, ir::Node* n, const char* suffix, ir::Value* v, const std::string& from,
                   const std::string& to) {
  if (from == to) return v;
  TransposeAttrs a;
  for (char c : to) a.perm.push_back(static_cast<int64_t>(from.find(c)));
  return g.insert(n, kTransposeOp, n->name() + suffix, {v}, a)->output();
}

ir::Value* reshaped(ir::Graph& g, ir::Node* n, const char* suffix, ir::Value* v, const Shape& to) {
  if (v == nullptr || v->shape() == to) return v;
  ir::Node* r = insert_reshape(g, n, n->name() + suffix, v, to);
  return r != nullptr ? r->output() : nullptr;
}

bool lower(ir::Graph& g, ir::Node* n) {
  const auto t = parse(n->attr<EinsumAttrs>().equation, n);
  const auto r = t ? roles(*t) : std::nullopt;
  if (!r || n->output()->type() == DType::kBool) return false;
  std::map<char, Dim> extent;
  for (size_t i = 0; i < 2; ++i) {
    const std::string& labels = i == 0 ? t->a : t->b;
    for (size_t k = 0; k < labels.size(); ++k) {
      const auto [at, fresh] = extent.emplace(labels[k], n->input(i)->shape()[k]);
      if (!fresh && !(at->second == n->input(i)->shape()[k])) return false;  // broadcast, or not provably equal
    }
  }
  auto dims = [&](const std::string& labels) {
    Shape s;
    for (char c : labels) s.push_back(extent.at(c));
    return s;
  };
  auto matrix = [&](const std::string& rows, const std::string& columns) {
    Shape s = dims(r->batch);
    s.push_back(volume(dims(rows)));
    s.push_back(volume(dims(columns)));
    return s;
  };
  ir::Value* a = arrange(g, n, "_a", n->input(0), t->a, r->batch + r->rows + r->inner);
  ir::Value* b = arrange(g, n, "_b", n->input(1), t->b, r->batch + r->inner + r->columns);
  a = reshaped(g, n, "_a_matrix", a, matrix(r->rows, r->inner));
  b = reshaped(g, n, "_b_matrix", b, matrix(r->inner, r->columns));
  if (a == nullptr || b == nullptr) return false;
  ir::Value* v = g.insert(n, kMatMulOp, n->name() + "_product", {a, b}, MatMulAttrs())->output();
  const std::string order = r->batch + r->rows + r->columns;
  v = reshaped(g, n, "_result", v, dims(order));
  return v != nullptr && substitute(g, n, arrange(g, n, "_arranged", v, order, t->out));
}

}  // namespace

int lower_einsum(ir::Graph& g, const Options&) {
  int changed = 0;
  for (ir::Node* n : g.nodes())
    if (n->is(kEinsumOp)) changed += lower(g, n);
  return changed;
}

}  // namespace hone::passes
