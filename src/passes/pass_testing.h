// Helpers of pass tests: graphs in few words, and a check that a pass keeps the results.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "ir/evaluate.h"
#include "ops/map.h"
#include "passes/pass.h"

namespace hone::passes::testing {

/// A graph under construction, with nodes named after what they do and originating from themselves.
class Net {
 public:
  ir::Value* input(const std::string& name, const std::vector<std::string>& dims, DType type = DType::kF32) {
    Shape s;
    for (const std::string& d : dims) s.push_back(Dim::parse(d));
    return graph.add_input(name, type, s);
  }
  /// Small random weights.
  ir::Value* weights(Dims dims, double scale = 0.3) {
    Tensor t(DType::kF32, std::move(dims));
    std::normal_distribution<float> d(0, static_cast<float>(scale));
    for (float& x : t.span<float>()) x = d(random_);
    return graph.constant("w", t);
  }
  ir::Value* number(float x) { return graph.constant("c", Tensor::scalar(x)); }
  ir::Value* ints(const std::vector<int64_t>& v) { return graph.constant("i", Tensor::from(v)); }
  ir::Value* index(int64_t i) { return graph.constant("i", Tensor::scalar(i)); }
  template <class A>
  ir::Value* add(const Op& op, std::vector<ir::Value*> in, A attrs) {
    ir::Node* n = graph.add(op, fmt::format("{}{}", op.name, ++count_), std::move(in), std::move(attrs));
    n->origins = {n->name()};
    return n->output();
  }
  ir::Value* map(ScalarFn fn, std::vector<ir::Value*> in, double alpha = 0, double beta = 0) {
    MapAttrs a;
    a.fn = fn, a.alpha = alpha, a.beta = beta;
    return add(kMapOp, std::move(in), a);
  }
  void output(ir::Value* v, const std::string& name = "out") {
    graph.mark_output(v);
    graph.rename(v, name);
  }

  ir::Graph graph;

 private:
  int count_ = 0;
  std::mt19937 random_{7};
};

inline int count(const ir::Graph& g, const Op& op) {
  const auto nodes = g.nodes();
  return static_cast<int>(std::count_if(nodes.begin(), nodes.end(), [&](const ir::Node* n) { return n->is(op); }));
}
inline int count_map(const ir::Graph& g, ScalarFn fn) {
  int k = 0;
  for (const ir::Node* n : g.nodes()) k += n->is(kMapOp) && n->attr<MapAttrs>().fn == fn ? 1 : 0;
  return k;
}
/// Nodes that are neither constants nor host dims.
inline int layers(const ir::Graph& g) {
  int k = 0;
  for (const ir::Node* n : g.nodes()) k += n->is(kConstantOp) || n->is(kHostDimsOp) ? 0 : 1;
  return k;
}
inline ir::Node* only(const ir::Graph& g, const Op& op) {
  ir::Node* found = nullptr;
  for (ir::Node* n : g.nodes())
    if (n->is(op)) {
      EXPECT_EQ(found, nullptr) << "more than one " << op.name;
      found = n;
    }
  EXPECT_NE(found, nullptr) << "no " << op.name << " in\n" << g.str();
  return found;
}

inline std::vector<Tensor> random_inputs(const ir::Graph& g, const ir::Bindings& symbols) {
  std::mt19937 random(11);
  std::normal_distribution<float> d;
  std::vector<Tensor> in;
  for (const ir::Value* v : g.inputs()) {
    Dims dims;
    for (const Dim& x : v->shape()) dims.push_back(x.eval([&](const std::string& s) { return symbols.at(s); }));
    Tensor t(DType::kF32, dims);
    for (float& x : t.span<float>()) x = d(random);
    in.push_back(v->type() == DType::kBool ? [&] {
      for (float& x : t.span<float>()) x = x > -0.5f ? 1 : 0;
      return t.to(DType::kBool);
    }() : t.to(v->type()));
  }
  return in;
}

/// Runs the pass; checks the graph, that outputs keep their names, shapes and values and that every origin stays in
/// exactly one node. Returns what the pass says.
inline int run_checked(ir::Graph& g, int (*pass)(ir::Graph&, const Options&), const ir::Bindings& symbols = {},
                       double tolerance = 1e-5) {
  const auto describe = [&] {
    std::vector<std::string> s;
    for (const ir::Value* v : g.outputs()) s.push_back(v->name() + str(v->shape()));
    return s;
  };
  std::vector<std::string> before, after;
  for (const ir::Node* n : g.nodes()) before.insert(before.end(), n->origins.begin(), n->origins.end());
  const auto outputs = describe();
  const std::vector<Tensor> in = random_inputs(g, symbols), want = ir::evaluate(g, in);
  const int changed = pass(g, Options());
  g.verify();
  g.remove_dead();
  EXPECT_EQ(describe(), outputs);
  for (const ir::Node* n : g.nodes()) after.insert(after.end(), n->origins.begin(), n->origins.end());
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  EXPECT_EQ(after, before);
  const std::vector<Tensor> got = ir::evaluate(g, in);
  for (size_t i = 0; i < want.size(); ++i) {
    const std::vector<double> a = got.at(i).as_doubles(), b = want[i].as_doubles();
    EXPECT_EQ(str(got[i].dims()), str(want[i].dims()));
    double worst = 0, size = 0;
    for (size_t k = 0; k < b.size() && k < a.size(); ++k)
      worst = std::max(worst, std::fabs(a[k] - b[k])), size = std::max(size, std::fabs(b[k]));
    EXPECT_LE(worst, tolerance * std::max(1.0, size)) << "output " << i << "\n" << g.str();
  }
  return changed;
}

}  // namespace hone::passes::testing
