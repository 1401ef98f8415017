// Batches that run image by image give what the reference interpreter gives, with one thread and with several, and what
// lies between their layers takes no more memory than the images in flight need.
#include "backends/slices.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compile/compile.h"
#include "ir/evaluate.h"
#include "ops/concat.h"
#include "ops/convolution.h"
#include "ops/map.h"
#include "ops/pooling.h"
#include "ops/reduce.h"
#include "runtime/engine.h"

namespace hone::compile {
namespace {

Tensor drawn(Dims dims, uint32_t seed) {
  Tensor t(DType::kF32, std::move(dims));
  for (int64_t i = 0; i < t.count(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    t.data<float>()[i] = static_cast<float>(seed >> 8) * 0x1p-23f - 1.f;
  }
  return t;
}

ir::Value* convolution(ir::Graph& g, ir::Value* x, int64_t in, int64_t out, int64_t k, uint32_t seed) {
  ConvolutionAttrs a;
  a.window.pre_pad = a.window.post_pad = {k / 2, k / 2};
  ir::Value* w = g.constant("w", drawn({out, in, k, k}, seed));
  ir::Value* y = g.add(kConvolutionOp, "conv", {x, w}, a)->output();
  MapAttrs relu;
  relu.fn = ScalarFn::kRelu;
  return g.add(kMapOp, "relu", {y}, relu)->output();
}

// Two branches over one tensor, joined along the channels; a residual; a mean of each image; weights that outweigh an
// image at the end.
std::unique_ptr<ir::Graph> network(int64_t batch) {
  auto graph = std::make_unique<ir::Graph>();
  ir::Graph& g = *graph;
  ir::Value* x = g.add_input("x", DType::kF32, {batch, 3, 40, 36});
  ir::Value* a = convolution(g, x, 3, 16, 3, 1);
  ir::Value* left = convolution(g, a, 16, 16, 1, 2);
  ir::Value* right = convolution(g, a, 16, 32, 3, 3);
  ConcatAttrs join;
  join.axis = 1;
  ir::Value* both = g.add(kConcatOp, "join", {left, right}, join)->output();
  MapAttrs add;
  add.fn = ScalarFn::kAdd;
  ir::Value* c = convolution(g, both, 48, 48, 3, 4);
  ir::Value* sum = g.add(kMapOp, "sum", {c, both}, add)->output();
  ReduceAttrs mean;
  mean.kind = ReduceKind::kAvg, mean.axes = {2, 3};
  ir::Value* m = g.add(kReduceOp, "mean", {sum}, mean)->output();
  ir::Value* scaled = g.add(kMapOp, "shift", {sum, m}, add)->output();
  g.mark_output(convolution(g, scaled, 48, 8, 1, 5));
  g.mark_output(convolution(g, m, 48, 2048, 1, 6));
  return graph;
}

struct Ran {
  std::vector<std::vector<float>> outputs;
  size_t bytes = 0;
};

Ran run(int64_t batch, int threads, const Tensor& x) {
  const auto g = network(batch);
  Options o;
  o.threads = threads;
  o.optimization_level = 1;
  std::shared_ptr<plan::Plan> p = compile(*g, o);
  const auto image = std::make_shared<std::vector<std::byte>>(plan::write(*p));
  const auto engine = runtime::Engine::create(plan::read(*image, image), cpu_backend(), threads);
  runtime::Context context(engine);
  Ran r;
  context.set_address(0, const_cast<void*>(x.raw()));
  for (const int64_t count : {batch * 8 * 40 * 36, batch * 2048}) r.outputs.emplace_back(static_cast<size_t>(count));
  context.set_address(1, r.outputs[0].data());
  context.set_address(2, r.outputs[1].data());
  EXPECT_EQ(context.execute().error, "");
  r.bytes = context.runner().arena_bytes();
  return r;
}

void expect_close(const float* got, const float* want, int64_t n) {
  double error = 0, size = 0;
  for (int64_t i = 0; i < n; ++i) {
    error += std::pow(double{got[i]} - double{want[i]}, 2), size += std::pow(double{want[i]}, 2);
  }
  EXPECT_LT(std::sqrt(error / size), 2e-6);
}

TEST(Slices, MatchInterpreter) {
  for (const int64_t batch : {1, 4, 6, 9})
    for (const int threads : {1, 2, 3}) {
      SCOPED_TRACE(::testing::Message() << "batch " << batch << ", " << threads << " threads");
      const Tensor x = drawn({batch, 3, 40, 36}, 7);
      const Ran got = run(batch, threads, x);
      const std::vector<Tensor> want = ir::evaluate(*network(batch), std::vector<Tensor>{x});
      for (size_t i = 0; i < 2; ++i) expect_close(got.outputs[i].data(), want[i].data<float>(), want[i].count());
    }
}

TEST(Slices, TakeTheMemoryOfImagesInFlight) {
  const size_t one = run(1, 1, drawn({1, 3, 40, 36}, 7)).bytes, eight = run(8, 1, drawn({8, 3, 40, 36}, 7)).bytes;
  EXPECT_LT(eight, 2 * one);
}

TEST(Slices, WhatMixesImagesRunsWhole) {
  const Tensor weights(DType::kF32, {16, 16, 1, 1});
  const auto slices = [&](const Op& op, const Attributes& a, Dims in, Dims out, int threads) {
    Problem p;
    p.op = &op, p.attrs = &a, p.threads = threads;
    p.inputs = {{DType::kF32, Format::kLinear, std::move(in), 0}}, p.present = {true}, p.constants = {nullptr};
    if (&op == &kConvolutionOp) {
      p.inputs.push_back({DType::kF32, Format::kLinear, weights.dims(), 0});
      p.present.push_back(true), p.constants.push_back(&weights);
    }
    p.outputs = {{DType::kF32, Format::kLinear, std::move(out), 0}};
    return slices_of(p);
  };
  const ConvolutionAttrs conv;
  EXPECT_EQ(slices(kConvolutionOp, conv, {8, 16, 32, 32}, {8, 16, 32, 32}, 1).count, 8);
  EXPECT_FALSE(slices(kConvolutionOp, conv, {8, 16, 32, 32}, {8, 16, 32, 32}, 1).parallel);
  EXPECT_TRUE(slices(kConvolutionOp, conv, {8, 16, 32, 32}, {8, 16, 32, 32}, 2).parallel);
  EXPECT_FALSE(slices(kConvolutionOp, conv, {3, 16, 32, 32}, {3, 16, 32, 32}, 2).parallel);  // would leave one idle
  EXPECT_EQ(slices(kConvolutionOp, conv, {1, 16, 32, 32}, {1, 16, 32, 32}, 2).count, 1);
  ReduceAttrs over_batch, over_pixels;
  over_batch.axes = {0}, over_pixels.axes = {-1, 2};
  EXPECT_EQ(slices(kReduceOp, over_batch, {8, 16, 32, 32}, {1, 16, 32, 32}, 1).count, 1);
  EXPECT_EQ(slices(kReduceOp, over_pixels, {8, 16, 32, 32}, {8, 16, 1, 1}, 1).count, 8);
  ConcatAttrs batches;
  EXPECT_EQ(slices(kConcatOp, batches, {8, 16, 32, 32}, {8, 16, 32, 32}, 1).count, 1);
}

}  // namespace
}  // namespace hone::compile
