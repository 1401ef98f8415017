// Transposes around the products of an attention module.
#include "passes/fuse/transposes.h"

#include "ops/attention.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "passes/canonicalize/canonicalize.h"
#include "passes/fuse/attention.h"
#include "passes/fuse/selects.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;
using enum ScalarFn;

Value* transpose(Net& n, Value* x, std::vector<int64_t> perm) {
  TransposeAttrs a;
  a.perm = std::move(perm);
  return n.add(kTransposeOp, {x}, a);
}
Value* reshape(Net& n, Value* x, std::vector<int64_t> shape) {
  ReshapeAttrs a;
  a.shape = std::move(shape);
  return n.add(kReshapeOp, {x}, a);
}
Value* matmul(Net& n, Value* a, Value* b) { return n.add(kMatMulOp, {a, b}, MatMulAttrs()); }
Value* pick(Net& n, Value* x, int64_t index) {
  GatherAttrs a;
  a.axis = 0;
  return n.add(kGatherOp, {x, n.index(index)}, a);
}

// As PyTorch's module of batches that come first: [N, 5, 8], two heads of 4 channels.
TEST(MoveTransposes, AttentionModule) {
  Net n;
  Value* x = n.input("x", {"N", "5", "8"});
  Value* t = transpose(n, n.map(kTanh, {x}), {1, 0, 2});
  Value* all = n.map(kAdd, {n.weights({24}), matmul(n, t, n.weights({8, 24}))});
  all = transpose(n, reshape(n, all, {5, -1, 3, 8}), {2, 0, 1, 3});
  const auto heads = [&](int64_t i) {
    return reshape(n, transpose(n, reshape(n, pick(n, all, i), {5, -1, 4}), {1, 0, 2}), {-1, 2, 5, 4});
  };
  Value *q = heads(0), *k = transpose(n, heads(1), {0, 1, 3, 2}), *v = heads(2);
  Value* p = n.add(kSoftmaxOp, {matmul(n, n.map(kMul, {q, n.number(0.5f)}), k)}, SoftmaxAttrs());
  Value* o = reshape(n, transpose(n, matmul(n, p, v), {2, 0, 1, 3}), {-1, 8});
  o = n.map(kAdd, {matmul(n, o, n.weights({8, 8})), n.weights({8})});
  o = transpose(n, reshape(n, o, {5, -1, 8}), {1, 0, 2});
  n.output(n.map(kAdd, {o, x}));
  EXPECT_EQ(run_checked(n.graph, move_transposes, {{"N", 3}}), 2);
  EXPECT_EQ(run_checked(n.graph, select_through_views, {{"N", 3}}), 3);
  EXPECT_EQ(run_checked(n.graph, recognize_attention, {{"N", 3}}), 1);
  EXPECT_EQ(count(n.graph, kTransposeOp), 0) << n.graph.str();
}
// Nothing would take the transpose in, or the product does not keep its rows apart.
TEST(MoveTransposes, StaysWhereItDoesNotHelp) {
  Net n;
  Value* x = n.input("x", {"2", "5", "8"});
  n.output(matmul(n, transpose(n, x, {1, 0, 2}), n.weights({8, 4})), "result");
  Value* items = matmul(n, transpose(n, x, {1, 0, 2}), n.weights({5, 8, 8}));
  n.output(transpose(n, reshape(n, items, {5, 2, 2, 4}), {0, 2, 1, 3}), "items");
  Value* last = matmul(n, transpose(n, x, {0, 2, 1}), n.weights({5, 8}));
  n.output(transpose(n, reshape(n, last, {2, 8, 2, 4}), {0, 2, 1, 3}), "last axis");
  Value* rows = n.map(kAdd, {matmul(n, transpose(n, x, {1, 0, 2}), n.weights({8, 8})), n.weights({5, 1, 8})});
  n.output(transpose(n, reshape(n, rows, {5, 2, 2, 4}), {0, 2, 1, 3}), "rows");
  n.output(transpose(n, matmul(n, x, n.weights({8, 8})), {1, 0, 2}), "nothing before");
  EXPECT_EQ(run_checked(n.graph, move_transposes), 0) << n.graph.str();
}

}  // namespace
}  // namespace hone::passes
