// Helpers of pass tests: run one pass, compare what the graph computes before and after, look at what is left.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "ir/evaluate.h"
#include "ops/map.h"
#include "passes/canonicalize/canonicalize.h"

namespace hone::passes::testing {

inline Tensor floats(Dims dims, std::vector<float> v) { return Tensor::from(v).reshaped(std::move(dims)); }
inline Tensor ints(std::vector<int64_t> v) { return Tensor::from(v); }
/// Values between -1 and 1 that differ.
inline Tensor varied(Dims dims, int seed = 1) {
  Tensor t(DType::kF32, std::move(dims));
  for (int64_t i = 0; i < t.count(); ++i) t.data<float>()[i] = static_cast<float>(std::sin(seed * 0.7 + i * 1.3));
  return t;
}
inline MapAttrs map_attrs(ScalarFn fn) {
  MapAttrs a;
  a.fn = fn;
  return a;
}
/// A Map node whose only origin is its name.
inline ir::Value* add_map(ir::Graph& g, const std::string& name, ScalarFn fn, std::vector<ir::Value*> in) {
  ir::Node* n = g.add(kMapOp, name, std::move(in), map_attrs(fn));
  n->origins = {name};
  return n->output();
}
template <class A>
ir::Value* add(ir::Graph& g, const Op& op, const std::string& name, std::vector<ir::Value*> in, A attrs) {
  ir::Node* n = g.add(op, name, std::move(in), std::move(attrs));
  n->origins = {name};
  return n->output();
}

/// "Op(inputs) Op(...)" of all nodes but constants, in order.
inline std::string ops(const ir::Graph& g) {
  std::string s;
  for (const ir::Node* n : g.nodes())
    if (!n->is(kConstantOp)) s += (s.empty() ? "" : " ") + std::string(n->op().name);
  return s;
}
inline std::multiset<std::string> origins(const ir::Graph& g) {
  std::multiset<std::string> s;
  for (const ir::Node* n : g.nodes()) s.insert(n->origins.begin(), n->origins.end());
  return s;
}

using PassFn = int (*)(ir::Graph&, const Options&);

/// Runs the pass, verifies the graph, and checks that it computes the same and stands for the same original nodes.
inline int run_pass(ir::Graph& g, PassFn pass, const std::vector<Tensor>& inputs, double tolerance = 1e-6) {
  const auto before = ir::evaluate(g, inputs);
  const auto names = origins(g);
  std::vector<std::string> outputs;
  for (const ir::Value* v : g.outputs()) outputs.push_back(v->name());
  const int changed = pass(g, Options());
  g.verify();
  const auto after = ir::evaluate(g, inputs);
  EXPECT_EQ(before.size(), after.size());
  for (size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(before[i].type(), after[i].type());
    EXPECT_EQ(before[i].dims(), after[i].dims());
    EXPECT_EQ(g.outputs()[i]->name(), outputs[i]);
    const auto x = before[i].as_doubles(), y = after[i].as_doubles();
    for (size_t k = 0; k < x.size() && k < y.size(); ++k) EXPECT_NEAR(x[k], y[k], tolerance) << i << " " << k;
  }
  EXPECT_EQ(origins(g), names);
  return changed;
}

}  // namespace hone::passes::testing
