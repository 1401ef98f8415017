// Rolls in one and two axes, patches cut by two slices, and what must stay.
#include "passes/fuse/windows.h"

#include "ops/concat.h"
#include "ops/slice.h"
#include "passes/pass_testing.h"

namespace hone::passes {
namespace {
using namespace testing;  // NOLINT
using ir::Value;

Value* cut(Net& n, Value* x, int64_t axis, int64_t start, int64_t end, int64_t step = 1) {
  SliceAttrs a;
  a.start = {start}, a.size = {end}, a.stride = {step}, a.axes = {axis}, a.ends = true;
  return n.add(kSliceOp, {x}, a);
}
Value* rolled(Net& n, Value* x, int64_t axis, int64_t by, int64_t second_end) {
  ConcatAttrs a;
  a.axis = axis;
  return n.add(kConcatOp, {cut(n, x, axis, by, INT64_MAX), cut(n, x, axis, 0, second_end)}, a);
}

TEST(JoinWindows, RollsInTwoAxes) {
  Net n;
  n.output(rolled(n, rolled(n, n.input("x", {"N", "7", "6", "2"}), 1, 3, 3), 2, -2, -2));
  EXPECT_EQ(run_checked(n.graph, join_windows, {{"N", 2}}), 2);
  EXPECT_EQ(run_checked(n.graph, join_windows, {{"N", 2}}), 1);
  EXPECT_EQ(count(n.graph, kConcatOp), 0);
  EXPECT_EQ(only(n.graph, kSliceOp)->attr<SliceAttrs>().start, (std::vector<int64_t>{3, 4}));
}
TEST(JoinWindows, PatchesCutByTwoSlices) {
  Net n;
  Value* x = n.input("x", {"2", "8", "7", "3"});
  for (int64_t i : {0, 1}) {
    Value* rows = cut(n, x, 1, i, INT64_MAX, 2);
    n.output(cut(n, rows, 2, 0, INT64_MAX, 2), fmt::format("a{}", i));
    n.output(cut(n, rows, 2, 1, INT64_MAX, 2), fmt::format("b{}", i));
  }
  EXPECT_EQ(run_checked(n.graph, join_windows), 4);
  EXPECT_EQ(count(n.graph, kSliceOp), 4);
}
TEST(JoinWindows, OthersStay) {
  Net n;
  Value* x = n.input("x", {"2", "8", "3"});
  n.output(rolled(n, x, 1, 3, 4), "longer");
  Value* part = cut(n, x, 1, 2, 6);
  n.output(cut(n, part, 1, 1, 3), "same axis");
  Value* read = cut(n, x, 1, 0, 6);
  n.output(cut(n, read, 2, 0, 2), "cut");
  n.output(n.map(ScalarFn::kRelu, {read}), "read otherwise");
  EXPECT_EQ(run_checked(n.graph, join_windows), 0);
}

}  // namespace
}  // namespace hone::passes
