// Einstein summations as matrix products.
#include "ops/einsum.h"
#include "passes/canonicalize/testing.h"

namespace hone::passes {
namespace {
using namespace testing;

int lower(const char* equation, Dims a, Dims b) {
  ir::Graph g;
  ir::Value* x = g.add_input("x", DType::kF32, to_shape(a));
  ir::Value* y = g.add_input("y", DType::kF32, to_shape(b));
  EinsumAttrs e;
  e.equation = equation;
  g.mark_output(add(g, kEinsumOp, "e", {x, y}, e));
  const int changed = run_pass(g, lower_einsum, {varied(a), varied(b, 2)}, 1e-5);
  EXPECT_EQ(ops(g).find("Einsum") == std::string::npos, changed == 1);
  return changed;
}

TEST(LowerEinsum, LowersProducts) {
  EXPECT_EQ(lower("ij,jk->ik", {2, 3}, {3, 4}), 1);
  EXPECT_EQ(lower("bhid, bhjd -> bhij", {2, 2, 3, 4}, {2, 2, 5, 4}), 1);
  EXPECT_EQ(lower("bchw,bkc->bkhw", {2, 3, 2, 2}, {2, 4, 3}), 1);
  EXPECT_EQ(lower("bhwc,hkc->bhwk", {2, 3, 4, 5}, {3, 6, 5}), 1);
  EXPECT_EQ(lower("i,j->ij", {2}, {3}), 1);
  EXPECT_EQ(lower("ij,ij->", {2, 3}, {2, 3}), 1);
}

TEST(LowerEinsum, LeavesTheOthers) {
  EXPECT_EQ(lower("ij,jk->i", {2, 3}, {3, 4}), 0);
  EXPECT_EQ(lower("ii,ij->ij", {2, 2}, {2, 3}), 0);
  EXPECT_EQ(lower("...j,jk->...k", {2, 3}, {3, 4}), 0);
  EXPECT_EQ(lower("ij,jk->ik", {2, 1}, {3, 4}), 0);
}

}  // namespace
}  // namespace hone::passes
