// Heads read in place: from one product's result, of unlike numbers; not where a cut goes through a head.
#include "passes/fuse/attention_operands.h"

#include "ops/attention.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;

Value* heads_of(Net& n, Value* all, int64_t from, int64_t to, int64_t size) {
  SliceAttrs cut;
  cut.start = {from}, cut.size = {to}, cut.stride = {1}, cut.axes = {2}, cut.ends = true;
  ReshapeAttrs r;
  r.shape = {0, 0, (to - from) / size, size};
  return n.add(kReshapeOp, {n.add(kSliceOp, {all}, cut)}, r);
}

Value* attention(Net& n, Value* q, Value* k, Value* v) {
  AttentionAttrs a;
  a.scale = 0.3;
  a.q_perm = a.k_perm = a.v_perm = a.out_perm = {0, 2, 1, 3};
  return n.add(kAttentionOp, {q, k, v}, a);
}

TEST(AttendInPlace, OneProductForAll) {
  Net n;
  Value* all = n.add(kMatMulOp, {n.input("x", {"N", "S", "8"}), n.weights({8, 24})}, MatMulAttrs());
  n.output(attention(n, heads_of(n, all, 0, 8, 4), heads_of(n, all, 8, 16, 4), heads_of(n, all, 16, 24, 4)), "y");
  EXPECT_EQ(run_checked(n.graph, attend_in_place, {{"N", 2}, {"S", 5}}), 3);
  n.graph.remove_dead();
  EXPECT_EQ(count(n.graph, kSliceOp), 0);
  const auto& a = only(n.graph, kAttentionOp)->attr<AttentionAttrs>();
  EXPECT_EQ(a.q_first, 0);
  EXPECT_EQ(a.k_first, 2);
  EXPECT_EQ(a.v_first, 4);
  EXPECT_EQ(a.heads, 2);
  EXPECT_EQ(a.kv_heads, 2);
}
TEST(AttendInPlace, FewerKeyHeads) {
  Net n;
  Value* all = n.input("x", {"2", "3", "24"});
  n.output(attention(n, heads_of(n, all, 0, 16, 4), heads_of(n, all, 16, 20, 4), heads_of(n, all, 20, 24, 4)), "y");
  EXPECT_EQ(run_checked(n.graph, attend_in_place), 3);
  EXPECT_EQ(only(n.graph, kAttentionOp)->attr<AttentionAttrs>().kv_heads, 1);
}
TEST(AttendInPlace, WindowsThatReachOutsideStay) {
  Net n;
  Value* all = n.input("x", {"2", "3", "16"});
  SliceAttrs outside;
  outside.start = {-8}, outside.size = {8}, outside.axes = {2}, outside.mode = SampleMode::kFill;
  ReshapeAttrs r;
  r.shape = {0, 0, 2, 4};
  Value* q = n.add(kReshapeOp, {n.add(kSliceOp, {all}, outside)}, r);
  n.output(attention(n, q, heads_of(n, all, 0, 8, 4), heads_of(n, all, 8, 16, 4)), "y");
  EXPECT_EQ(run_checked(n.graph, attend_in_place), 2);
}
TEST(AttendInPlace, CutsThroughHeadsStay) {
  Net n;
  Value* all = n.input("x", {"2", "3", "14"});
  n.output(attention(n, heads_of(n, all, 0, 8, 4), heads_of(n, all, 2, 10, 4), heads_of(n, all, 6, 14, 4)), "y");
  EXPECT_EQ(run_checked(n.graph, attend_in_place), 0);
}

}  // namespace
}  // namespace hone::passes
