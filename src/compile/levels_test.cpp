// Optimization levels: all give the network's results; the lowest times nothing, higher ones never less than lower
// ones.
#include <gtest/gtest.h>

#include <cmath>

#include "compile/compile.h"
#include "ir/evaluate.h"
#include "ops/convolution.h"
#include "ops/map.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "runtime/engine.h"

namespace hone::compile {
namespace {

Tensor drawn(Dims dims, uint32_t seed) {
  Tensor t(DType::kF32, std::move(dims));
  for (float& v : t.span<float>()) {
    seed = seed * 1664525u + 1013904223u;
    v = static_cast<float>(seed >> 8) * 0x1p-23f - 1.f;
  }
  return t;
}

// A convolution, a mean of each channel and a product.
std::unique_ptr<ir::Graph> network() {
  auto g = std::make_unique<ir::Graph>();
  ConvolutionAttrs conv;
  conv.window.pre_pad = conv.window.post_pad = {1, 1};
  MapAttrs relu;
  relu.fn = ScalarFn::kRelu;
  ReduceAttrs mean;
  mean.kind = ReduceKind::kAvg;
  mean.axes = {2, 3};
  mean.keep_dims = false;
  ir::Value* x = g->add_input("x", DType::kF32, {2, 16, 10, 10});
  ir::Value* y = g->add(kConvolutionOp, "conv", {x, g->constant("w", drawn({32, 16, 3, 3}, 1))}, conv)->output();
  y = g->add(kReduceOp, "mean", {g->add(kMapOp, "relu", {y}, relu)->output()}, mean)->output();
  g->mark_output(g->add(kMatMulOp, "product", {y, g->constant("v", drawn({32, 8}, 2))}, MatMulAttrs())->output());
  return g;
}

TEST(Levels, TimeMoreAndComputeTheSame) {
  const std::unique_ptr<ir::Graph> g = network();
  const Tensor x = drawn({2, 16, 10, 10}, 9);
  const Tensor want = ir::evaluate(*g, {&x, 1}).at(0);
  int before = 0;
  for (int level = 0; level <= 5; ++level) {
    SCOPED_TRACE(level);
    Options o;
    o.threads = 1;
    o.optimization_level = level;
    Report report;
    runtime::Context context(runtime::Engine::create(compile(*g, o, &report), cpu_backend(), 1));
    EXPECT_EQ(report.timed > 0, level > 0);
    EXPECT_GE(report.timed, before);
    before = report.timed;
    Tensor y(DType::kF32, {2, 8});
    context.set_address(0, const_cast<void*>(x.raw()));
    context.set_address(1, y.raw());
    ASSERT_EQ(context.execute().error, "");
    for (int64_t i = 0; i < y.count(); ++i) EXPECT_NEAR(y.data<float>()[i], want.data<float>()[i], 1e-3F) << i;
  }
}

}  // namespace
}  // namespace hone::compile
