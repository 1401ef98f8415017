// Recurrent layers against values of ONNX Runtime for small ramps.
#include "ops/recurrent.h"

#include "ops/testing.h"

namespace hone {
namespace {
using namespace testing;

const Tensor kX = ramp({2, 2, 1}, 0.5, -0.5), kNone;
RecurrentAttrs attrs(RecurrentKind kind) {
  RecurrentAttrs a;
  a.kind = kind, a.hidden_size = 2;
  return a;
}

TEST(Recurrent, RunsBothWaysWithLengths) {
  RecurrentAttrs a = attrs(RecurrentKind::kRnn);
  a.direction = RecurrentDirection::kBidirectional;
  const auto y = run(kRecurrentOp, a,
                     {kX, ramp({2, 2, 1}, .3, -.4), ramp({2, 2, 2}, .1, -.3), ramp({2, 4}, .05, -.1),
                      tensor({2}, {2, 1}, DType::kI32), ramp({2, 2, 2}, .1)},
                     2);
  expect_tensor(y[0], {2, 2, 2, 2},
                {0.0798298, 0.0499583, -0.216518, -0.0199974, 0.379127, 0.535181, 0.462117, 0.696258, -0.322057,
                 -0.0579181, 0, 0, 0.492988, 0.748704, 0, 0});
  expect_tensor(y[1], {2, 2, 2},
                {-0.322057, -0.0579181, -0.216518, -0.0199974, 0.379127, 0.535181, 0.462117, 0.696258});
}

TEST(Recurrent, RunsLstmWithPeepholes) {
  RecurrentAttrs a = attrs(RecurrentKind::kLstm);
  a.direction = RecurrentDirection::kReverse;
  const auto y = run(kRecurrentOp, a,
                     {kX, ramp({1, 8, 1}, .1, -.4), ramp({1, 8, 2}, .05, -.3), ramp({1, 16}, .02, -.1), kNone,
                      ramp({1, 2, 2}, .1), ramp({1, 2, 2}, .2, -.1), ramp({1, 6}, .1, -.2)},
                     3);
  expect_tensor(y[0], {2, 1, 2, 2}, {0.0683816, 0.116651, 0.163927, 0.25905, 0.0429148, 0.122923, 0.150044, 0.262385});
  expect_tensor(y[1], {1, 2, 2}, {0.0683816, 0.116651, 0.163927, 0.25905});
  expect_tensor(y[2], {1, 2, 2}, {0.129167, 0.219711, 0.338254, 0.52683});
}

TEST(Recurrent, TakesActivationsClipAndCoupledGates) {
  RecurrentAttrs a = attrs(RecurrentKind::kLstm);
  a.activations = "hardsigmoid scaledtanh affine", a.alpha = {.25, .5, 2}, a.beta = {.4, .8, .1};
  a.clip = 0.3, a.input_forget = true;
  const auto y = run(kRecurrentOp, a, {kX, ramp({1, 8, 1}, .1, -.4), ramp({1, 8, 2}, .05, -.3)}, 3);
  expect_tensor(y[1], {1, 2, 2}, {0.0405341, 0.0446788, 0.0551076, 0.0662893});
  expect_tensor(y[2], {1, 2, 2}, {0.00417943, 0.00761339, 0.029064, 0.0382681});
}

TEST(Recurrent, RunsGruInBothForms) {
  RecurrentAttrs a = attrs(RecurrentKind::kGru);
  const std::vector<Tensor> in = {kX, ramp({1, 6, 1}, .1, -.4), ramp({1, 6, 2}, .05, -.3), ramp({1, 12}, .03, -.1)};
  expect_tensor(run(kRecurrentOp, a, in, 2)[0], {2, 1, 2, 2},
                {0.0985419, 0.10231, 0.109342, 0.133724, 0.172619, 0.229386, 0.184829, 0.278992});
  a.linear_before_reset = true;
  expect_tensor(run(kRecurrentOp, a, in, 2)[1], {1, 2, 2}, {0.0966681, 0.149753, 0.0995857, 0.195249});
}

TEST(Recurrent, PutsTheBatchFirst) {
  RecurrentAttrs a = attrs(RecurrentKind::kGru);
  const Tensor w = ramp({1, 6, 1}, .1, -.4), r = ramp({1, 6, 2}, .05, -.3), b = ramp({1, 12}, .03, -.1);
  const auto plain = run(kRecurrentOp, a, {kX, w, r, b}, 2);
  a.batch_first = true;
  const auto first = run(kRecurrentOp, a, {tensor({2, 2, 1}, {-0.5, 0.5, 0, 1}), w, r, b}, 2);
  expect_tensor(first[0], {2, 2, 1, 2},
                {0.0985419, 0.10231, 0.172619, 0.229386, 0.109342, 0.133724, 0.184829, 0.278992});
  expect_tensor(first[1], {2, 1, 2}, plain[1].as_doubles());
}

TEST(Recurrent, ChecksShapesAndNames) {
  RecurrentAttrs a = attrs(RecurrentKind::kLstm);
  const auto x = info({"t", "b", "3"}), w = info({"1", "8", "3"}), r = info({"1", "8", "2"});
  EXPECT_EQ(infer_shape_text(kRecurrentOp, a, {x, w, r}, 3), "[t,1,b,2]");
  EXPECT_EQ(str(infer_infos(kRecurrentOp, a, {x, w, r}, 3)[2].shape), "[1,b,2]");
  EXPECT_THROW(infer_infos(kRecurrentOp, a, {x, w, w}), ModelError);
  a.activations = "sigmoid tanh";
  EXPECT_THROW(infer_infos(kRecurrentOp, a, {x, w, r}), ModelError);
  a.activations = "sigmoid tanh wave";
  EXPECT_THROW(infer_infos(kRecurrentOp, a, {x, w, r}), Unsupported);
}

}  // namespace
}  // namespace hone
