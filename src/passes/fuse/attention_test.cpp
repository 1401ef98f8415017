// Attention in the forms of torchvision, transformers, Swin and Llama exports.
#include "passes/fuse/attention.h"

#include "ops/attention.h"
#include "ops/expand.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"
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
Value* softmax(Net& n, Value* x) { return n.add(kSoftmaxOp, {x}, SoftmaxAttrs()); }
Value* heads(Net& n, Value* x) { return transpose(n, reshape(n, x, {0, 0, 2, 4}), {0, 2, 1, 3}); }

TEST(Attention, BertByTracing) {
  Net n;
  const std::vector<std::string> dims = {"N", "S", "8"};
  Value *q = n.input("q", dims), *k = n.input("k", dims), *v = n.input("v", dims);
  Value* mask = n.input("mask", {"N", "1", "1", "S"});
  Value* kt = transpose(n, reshape(n, k, {0, 0, 2, 4}), {0, 2, 3, 1});
  Value* s = matmul(n, n.map(kMul, {heads(n, q), n.number(0.7f)}), n.map(kMul, {kt, n.number(0.7f)}));
  Value* p = softmax(n, n.map(kAdd, {s, mask}));
  p = n.map(kSelect, {n.map(kIsNan, {p}), n.number(0), p});
  Value* o = transpose(n, matmul(n, p, heads(n, v)), {0, 2, 1, 3});
  n.output(reshape(n, o, {0, 0, 8}));
  EXPECT_EQ(run_checked(n.graph, recognize_attention, {{"N", 2}, {"S", 3}}), 1);
  const auto* a = only(n.graph, kAttentionOp);
  EXPECT_EQ(str(a->attrs()).find("softcap=1"), std::string::npos);
  EXPECT_NEAR(a->attr<AttentionAttrs>().scale, 0.49, 1e-6);
  const std::vector<int64_t> swap = {0, 2, 1, 3};
  EXPECT_EQ(a->attr<AttentionAttrs>().q_perm, swap);
  EXPECT_EQ(a->attr<AttentionAttrs>().k_perm, swap);
  EXPECT_EQ(a->attr<AttentionAttrs>().v_perm, swap);
  EXPECT_EQ(a->attr<AttentionAttrs>().out_perm, swap);
  EXPECT_EQ(count(n.graph, kTransposeOp), 0) << n.graph.str();
}
TEST(Attention, KeysTransposedUnderAFlattening) {
  // torch.export: [N,H,S,D] -> [N*H,S,D] -> [N*H,D,S] -> [N,H,D,S]
  Net n;
  const std::vector<std::string> dims = {"N", "5", "8"};
  Value *q = n.input("q", dims), *k = n.input("k", dims), *v = n.input("v", dims);
  Value* kt = reshape(n, transpose(n, reshape(n, heads(n, k), {-1, 5, 4}), {0, 2, 1}), {-1, 2, 4, 5});
  Value* p = softmax(n, n.map(kDiv, {matmul(n, heads(n, q), kt), n.number(2)}));
  n.output(matmul(n, p, heads(n, v)));
  EXPECT_EQ(run_checked(n.graph, recognize_attention, {{"N", 3}}), 1);
  EXPECT_EQ(count(n.graph, kTransposeOp), 0) << n.graph.str();
  EXPECT_NEAR(only(n.graph, kAttentionOp)->attr<AttentionAttrs>().scale, 0.5, 1e-6);
}
TEST(Attention, VisionTransformerWithSequenceFirst) {
  // torchvision: one product, [S,N,3,E] -> three, heads split after the batch was joined with them.
  Net n;
  Value* x = n.input("qkv", {"5", "2", "24"});
  UnsqueezeAttrs u;
  u.axes = {0};
  Value* t = transpose(n, n.add(kUnsqueezeOp, {reshape(n, x, {5, 2, 3, 8})}, u), {3, 1, 2, 0, 4});
  t = reshape(n, t, {3, 5, 2, 8});
  Value* part[3];
  for (int i = 0; i < 3; ++i) {
    Value* g = n.add(kGatherOp, {t, n.index(i)}, GatherAttrs());
    part[i] = reshape(n, transpose(n, reshape(n, g, {5, 4, 4}), {1, 0, 2}), {2, 2, 5, 4});
  }
  Value* p = softmax(n, matmul(n, n.map(kMul, {part[0], n.number(0.5f)}), transpose(n, part[1], {0, 1, 3, 2})));
  Value* o = transpose(n, matmul(n, p, part[2]), {2, 0, 1, 3});
  n.output(reshape(n, o, {10, 8}));
  EXPECT_EQ(run_checked(n.graph, select_through_views), 3);
  EXPECT_EQ(count(n.graph, kGatherOp), 0);
  EXPECT_EQ(run_checked(n.graph, recognize_attention), 1);
  EXPECT_EQ(count(n.graph, kTransposeOp), 0) << n.graph.str();
  EXPECT_EQ(count(n.graph, kSliceOp), 3);
}
TEST(Attention, WindowsWithTwoMasks) {
  // Swin: a position bias for all windows, and a mask by window added under a reshape.
  Net n;
  const std::vector<std::string> dims = {"N", "3", "2", "4", "5"};
  const auto windows = [&](const char* name) { return reshape(n, n.input(name, dims), {-1, 2, 4, 5}); };
  Value *q = windows("q"), *k = windows("k"), *v = windows("v");
  Value* s = n.map(kAdd, {matmul(n, q, transpose(n, k, {0, 1, 3, 2})), n.weights({1, 2, 4, 4})});
  s = n.map(kAdd, {reshape(n, s, {-1, 3, 2, 4, 4}), n.weights({1, 3, 1, 4, 4})});
  n.output(matmul(n, softmax(n, reshape(n, s, {-1, 2, 4, 4})), v));
  EXPECT_EQ(run_checked(n.graph, recognize_attention, {{"N", 2}}), 1) << n.graph.str();
  EXPECT_EQ(count(n.graph, kExpandOp), 0) << n.graph.str();
}
TEST(Attention, WindowsWithMasksThatDoNotRepeatAlike) {
  Net n;
  const auto windows = [&](const char* name) {
    return reshape(n, n.input(name, {"N", "6", "2", "4", "5"}), {-1, 2, 4, 5});
  };
  Value *q = windows("q"), *k = windows("k"), *v = windows("v");
  Value* s = matmul(n, q, transpose(n, k, {0, 1, 3, 2}));
  s = n.map(kAdd, {reshape(n, s, {-1, 6, 2, 4, 4}), n.weights({1, 6, 1, 4, 4})});
  s = n.map(kAdd, {reshape(n, s, {-1, 3, 2, 4, 4}), n.weights({1, 3, 1, 4, 4})});
  n.output(matmul(n, softmax(n, reshape(n, s, {-1, 2, 4, 4})), v));
  EXPECT_EQ(run_checked(n.graph, recognize_attention, {{"N", 2}}), 1) << n.graph.str();
  EXPECT_GT(count(n.graph, kExpandOp), 0) << n.graph.str();
}
TEST(Attention, SharedKeyHeads) {
  Net n;
  Value* q = n.input("q", {"1", "4", "3", "5"});
  Value *k = n.input("k", {"1", "2", "6", "5"}), *v = n.input("v", {"1", "2", "6", "5"});
  const auto repeat = [&](Value* x) {
    UnsqueezeAttrs u;
    u.axes = {2};
    ExpandAttrs e;
    e.shape = {1, 2, 2, 6, 5};
    return reshape(n, n.add(kExpandOp, {n.add(kUnsqueezeOp, {x}, u)}, e), {1, 4, 6, 5});
  };
  Value* p = softmax(n, matmul(n, q, transpose(n, repeat(k), {0, 1, 3, 2})));
  n.output(matmul(n, p, repeat(v)));
  EXPECT_EQ(run_checked(n.graph, recognize_attention), 1);
  EXPECT_EQ(layers(n.graph), 1) << n.graph.str();
}
TEST(Attention, MaskBySelection) {
  for (bool keeps : {true, false}) {
    Net n;
    Value *q = n.input("q", {"2", "4", "5"}), *k = n.input("k", {"2", "6", "5"}), *v = n.input("v", {"2", "6", "5"});
    Value* keep = n.input("keep", {"4", "6"}, DType::kBool);
    Value* s = n.map(kMul, {matmul(n, q, transpose(n, k, {0, 2, 1})), n.number(0.3f)});
    s = keeps ? n.map(kSelect, {keep, s, n.number(-1e30f)})
              : n.map(kSelect, {n.map(kNot, {keep}), n.number(-1e30f), s});
    n.output(matmul(n, softmax(n, s), v));
    EXPECT_EQ(run_checked(n.graph, recognize_attention), 1);
    EXPECT_EQ(count(n.graph, kMatMulOp), 0);
  }
}
TEST(Attention, LeavesScaledMasksAndSharedProbabilities) {
  Net n;
  const std::vector<std::string> dims = {"1", "2", "4", "5"};
  Value *q = n.input("q", dims), *k = n.input("k", dims), *v = n.input("v", dims);
  Value* s = n.map(kAdd, {matmul(n, q, transpose(n, k, {0, 1, 3, 2})), n.input("mask", {"4", "4"})});
  n.output(matmul(n, softmax(n, n.map(kMul, {s, n.number(2)})), v), "scaled");
  Value* p = softmax(n, matmul(n, q, transpose(n, k, {0, 1, 3, 2})));
  n.output(matmul(n, p, v), "values");
  n.output(p, "probabilities");
  EXPECT_EQ(run_checked(n.graph, recognize_attention), 0);
}

}  // namespace
}  // namespace hone::passes
