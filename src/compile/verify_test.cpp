// Verification: an honest plan is close to the reference in every layer; a layer with wrong weights is found and named
// by its nodes, and what follows is judged on what it was given.
#include "compile/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compile/compile.h"
#include "ops/assertion.h"
#include "ops/map.h"
#include "ops/matmul.h"

namespace hone::compile {
namespace {

// y = exp(x . w1) . w2, tanh
std::unique_ptr<ir::Graph> network() {
  auto g = std::make_unique<ir::Graph>();
  auto weights = [&](const char* name, int64_t rows, int64_t columns) {
    Tensor t(DType::kF32, {rows, columns});
    for (int64_t i = 0; i < t.count(); ++i) t.data<float>()[i] = 0.1F * std::sin(static_cast<float>(7 * i + rows));
    return g->constant(name, t);
  };
  MapAttrs exp, tanh;
  exp.fn = ScalarFn::kExp, tanh.fn = ScalarFn::kTanh;
  ir::Value* x = g->add_input("x", DType::kF32, {4, 8});
  auto add = [&](const Op& op, const char* name, std::vector<ir::Value*> in, auto attrs) {
    ir::Node* n = g->add(op, name, std::move(in), attrs);
    n->origins = {name};
    return n->output();
  };
  ir::Value* a = add(kMatMulOp, "first", {x, weights("w1", 8, 16)}, MatMulAttrs());
  ir::Value* b = add(kMapOp, "exponential", {a}, exp);
  ir::Value* c = add(kMatMulOp, "second", {b, weights("w2", 16, 8)}, MatMulAttrs());
  g->mark_output(add(kMapOp, "tangent", {c}, tanh));
  return g;
}

Options quick() {
  Options o;
  o.threads = 1;
  o.optimization_level = 0;
  return o;
}

const LayerCheck* of(const std::vector<LayerCheck>& checks, const std::string& origin) {
  for (const LayerCheck& c : checks)
    if (std::find(c.origins.begin(), c.origins.end(), origin) != c.origins.end()) return &c;
  return nullptr;
}

TEST(Verify, AnHonestPlanPasses) {
  std::vector<LayerCheck> seen;
  VerifyOptions v;
  v.action = VerifyOptions::Action::kRefuse;
  v.report = [&](int build, const std::vector<LayerCheck>& checks) {
    EXPECT_EQ(build, 0);
    seen = checks;
  };
  Options o = quick();
  o.verify = &v;
  ASSERT_NE(compile(*network(), o), nullptr);
  ASSERT_FALSE(seen.empty());
  for (const LayerCheck& c : seen) {
    EXPECT_TRUE(c.compared()) << c.name << ": " << c.note;
    EXPECT_FALSE(c.failed()) << c.name << ": " << c.error;
    EXPECT_EQ(c.precision, "FP32");
    EXPECT_GT(c.elements, 0);
  }
  ASSERT_NE(of(seen, "second"), nullptr);
  EXPECT_EQ(of(seen, "second"), of(seen, "tangent")) << "the tail is part of the product's layer";
}

TEST(Verify, AToleranceThatNothingMeetsRefusesTheBuildAndNamesTheLayers) {
  VerifyOptions v;
  v.action = VerifyOptions::Action::kRefuse;
  v.tolerance = 1e-30;
  Options o = quick();
  o.verify = &v;
  try {
    compile(*network(), o);
    FAIL() << "built";
  } catch (const ModelError& e) {
    EXPECT_NE(std::string(e.what()).find("first"), std::string::npos) << e.what();
  }
  // What cannot be raised is said, and the engine is there all the same.
  std::string warnings;
  v.action = VerifyOptions::Action::kRaise;
  o.log = [&](int severity, const std::string& s) { warnings += severity == 2 ? s : ""; };
  EXPECT_NE(compile(*network(), o), nullptr);
  EXPECT_NE(warnings.find("does not help"), std::string::npos) << warnings;
}

// Two products in a row, which no pass changes: the graph is what its plan is emitted from.
std::unique_ptr<ir::Graph> products(float second) {
  auto g = std::make_unique<ir::Graph>();
  ir::Value* v = g->add_input("x", DType::kF32, {4, 8});
  for (const auto& [name, scale] : {std::pair("first", 1.F), std::pair("second", second)}) {
    Tensor t(DType::kF32, {8, 8});
    for (int64_t i = 0; i < t.count(); ++i) t.data<float>()[i] = scale * std::sin(static_cast<float>(7 * i));
    ir::Node* n = g->add(kMatMulOp, name, {v, g->constant(fmt::format("{}_w", name), t)}, MatMulAttrs());
    n->origins = {name};
    v = n->output();
  }
  g->mark_output(v);
  return g;
}

TEST(Verify, TheWrongLayerIsFoundAmongRightOnes) {
  const auto plan = compile(*products(1.F), quick());
  VerifyOptions v;
  int asked = 0;
  v.input = [&](const std::string& name, DType type, const Dims& dims) {
    EXPECT_EQ(name, "x");
    ++asked;
    Tensor t(type, dims);
    for (float& f : t.span<float>()) f = 0.5F;
    return t;
  };
  for (const LayerCheck& c : verify(*plan, *products(1.F), cpu_backend(), v)) EXPECT_FALSE(c.failed()) << c.name;
  const std::vector<LayerCheck> checks = verify(*plan, *products(1.5F), cpu_backend(), v);
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(of(checks, "first")->failed());
  EXPECT_TRUE(of(checks, "second")->failed());
  EXPECT_NEAR(of(checks, "second")->error, 1. / 3, 1e-5);
  EXPECT_NE(summary(checks)[2].find("! second"), std::string::npos) << summary(checks)[2];
}

TEST(Verify, ARunThatFailsIsAWarningWhereNothingMustHold) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kBool, {});
  g.add(kAssertionOp, "must", {x}, AssertionAttrs());
  g.mark_output(g.add(kIdentityOp, "same", {g.add_input("y", DType::kF32, {2})})->output());
  VerifyOptions v;
  v.input = [](const std::string&, DType type, const Dims& dims) { return Tensor::zeros(type, dims); };
  Options o = quick();
  o.verify = &v;
  std::string warnings;
  o.log = [&](int severity, const std::string& s) { warnings += severity == 2 ? s : ""; };
  EXPECT_NE(compile(g, o), nullptr);
  EXPECT_NE(warnings.find("could not be verified"), std::string::npos) << warnings;
  v.action = VerifyOptions::Action::kRefuse;
  EXPECT_THROW(compile(g, o), Error);
}

TEST(Verify, LostElementsAreCounted) {
  const auto plan = compile(*products(1e38F), quick());
  VerifyOptions v;
  const std::vector<LayerCheck> checks = verify(*plan, *products(1.F), cpu_backend(), v);
  EXPECT_GT(of(checks, "second")->infinities + of(checks, "second")->nans, 0);
  EXPECT_TRUE(std::isinf(of(checks, "second")->error));
  EXPECT_EQ(of(checks, "first")->infinities, 0);
}

}  // namespace
}  // namespace hone::compile
