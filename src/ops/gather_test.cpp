// Gather, scatter, non-zero, unique, reverse sequence: values, duplicates, contents and bad indices.
#include "ops/gather.h"

#include "ops/non_zero.h"
#include "ops/op_testing.h"
#include "ops/reverse_sequence.h"
#include "ops/scatter.h"
#include "ops/unique.h"

namespace hone {
namespace {
using namespace testing;  // NOLINT

GatherAttrs gather(GatherMode mode, int64_t axis, int64_t batch = 0) {
  GatherAttrs a;
  a.mode = mode, a.axis = axis, a.batch_dims = batch;
  return a;
}

TEST(Gather, AlongAxis) {
  const Tensor x = counting({2, 3});
  expect_near(run(kGatherOp, gather(GatherMode::kAxis, 1), {x, ints({2}, {2, -3})}), {2, 2}, {2, 0, 5, 3});
  expect_near(run(kGatherOp, gather(GatherMode::kAxis, 0), {x, ints({}, {1})}), {3}, {3, 4, 5});
  expect_near(run(kGatherOp, gather(GatherMode::kAxis, 1, 1), {x, ints({2, 1}, {2, 0})}), {2, 1}, {2, 3});
  EXPECT_THROW(run(kGatherOp, gather(GatherMode::kAxis, 1), {x, ints({1}, {3})}), ModelError);
}
TEST(Gather, ByElement) {
  const Tensor x = counting({2, 3});
  expect_near(run(kGatherOp, gather(GatherMode::kElement, 1), {x, ints({2, 2}, {2, 0, -1, 1})}), {2, 2}, {2, 0, 5, 4});
  EXPECT_THROW(run(kGatherOp, gather(GatherMode::kElement, 1), {x, ints({3, 1}, {0, 0, 0})}), ModelError);
}
TEST(Gather, ByTuples) {
  const Tensor x = counting({2, 2, 2});
  expect_near(run(kGatherOp, gather(GatherMode::kNd, 0), {x, ints({2, 2}, {0, 1, 1, 0})}), {2, 2}, {2, 3, 4, 5});
  expect_near(run(kGatherOp, gather(GatherMode::kNd, 0, 1), {x, ints({2, 1}, {1, 0})}), {2, 2}, {2, 3, 4, 5});
  EXPECT_THROW(run(kGatherOp, gather(GatherMode::kNd, 0), {x, ints({1, 4}, {0, 0, 0, 0})}), ModelError);
}
TEST(Gather, ShapesAndContents) {
  const Tensor one = ints({}, {1});
  EXPECT_EQ(content_of(kGatherOp, gather(GatherMode::kAxis, 0), {dims_value({"N", "S"}), constant(one)}), "[S]");
  EXPECT_EQ(shape_of(kGatherOp, gather(GatherMode::kAxis, 0),
                     {info(DType::kF32, {"30522", "768"}), info(DType::kI64, {"N", "S"})}),
            "[N,S,768]");
  EXPECT_THROW(shape_of(kGatherOp, gather(GatherMode::kAxis, 0), {info(DType::kF32, {"3"}), info(DType::kF32, {"2"})}),
               ModelError);
}

ScatterAttrs scatter(bool nd, int64_t axis, ScatterReduction r) {
  ScatterAttrs a;
  a.nd = nd, a.axis = axis, a.reduction = r;
  return a;
}

TEST(Scatter, ElementsAndReductionsInOrder) {
  const Tensor x = floats({4}, {1, 2, 3, 4}), idx = ints({3}, {1, -1, 1}), upd = floats({3}, {10, 20, 30});
  const auto run_with = [&](ScatterReduction r) { return run(kScatterOp, scatter(false, 0, r), {x, idx, upd}); };
  expect_near(run_with(ScatterReduction::kNone), {4}, {1, 30, 3, 20});
  expect_near(run_with(ScatterReduction::kAdd), {4}, {1, 42, 3, 24});
  expect_near(run_with(ScatterReduction::kMul), {4}, {1, 600, 3, 80});
  expect_near(run_with(ScatterReduction::kMax), {4}, {1, 30, 3, 20});
  expect_near(run_with(ScatterReduction::kMin), {4}, {1, 2, 3, 4});
}
TEST(Scatter, AlongInnerAxis) {
  expect_near(run(kScatterOp, scatter(false, 1, ScatterReduction::kNone),
                  {floats({2, 3}, {0, 0, 0, 0, 0, 0}), ints({2, 1}, {2, 0}), floats({2, 1}, {5, 6})}),
              {2, 3}, {0, 0, 5, 6, 0, 0});
}
TEST(Scatter, Nd) {
  expect_near(run(kScatterOp, scatter(true, 0, ScatterReduction::kAdd),
                  {counting({2, 2}), ints({2, 1}, {1, 1}), floats({2, 2}, {10, 20, 1, 2})}),
              {2, 2}, {0, 1, 13, 25});
  EXPECT_THROW(run(kScatterOp, scatter(true, 0, ScatterReduction::kNone),
                   {counting({2, 2}), ints({1, 1}, {2}), floats({1, 2}, {1, 2})}),
               ModelError);
  EXPECT_THROW(run(kScatterOp, scatter(true, 0, ScatterReduction::kNone),
                   {counting({2, 2}), ints({1, 1}, {0}), floats({1, 3}, {1, 2, 3})}),
               ModelError);
}
TEST(Scatter, TracksContent) {
  const Tensor at = ints({1, 1}, {1});
  EXPECT_EQ(content_of(kScatterOp, scatter(true, 0, ScatterReduction::kNone),
                       {dims_value({"N", "C"}), constant(at), dims_value({"7"})}),
            "[N,7]");
}

TEST(NonZero, FindsPositions) {
  EXPECT_EQ(values<int64_t>(run(kNonZeroOp, NonZeroAttrs{}, {floats({2, 2}, {1, 0, 3, 4})})),
            (std::vector<int64_t>{0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(shape_of(kNonZeroOp, NonZeroAttrs{}, {info(DType::kBool, {"N", "4"})}), "[2,%node.0]");
  EXPECT_EQ(content_of(kNonZeroOp, NonZeroAttrs{}, {dims_value({"0", "3", "0", "1"})}), "[1,3]");
  EXPECT_EQ(str(run(kNonZeroOp, NonZeroAttrs{}, {floats({}, {5})}).dims()), "[0,1]");
}

TEST(Unique, SortedAndByOccurrence) {
  UniqueAttrs a;
  const Tensor x = floats({6}, {2, 1, 1, 3, 4, 3});
  auto r = run_all(kUniqueOp, a, {x}, 4);
  expect_near(r[0], {4}, {1, 2, 3, 4});
  EXPECT_EQ(values<int64_t>(r[1]), (std::vector<int64_t>{1, 0, 3, 4}));
  EXPECT_EQ(values<int64_t>(r[2]), (std::vector<int64_t>{1, 0, 0, 2, 3, 2}));
  EXPECT_EQ(values<int64_t>(r[3]), (std::vector<int64_t>{2, 1, 2, 1}));
  a.sorted = false;
  r = run_all(kUniqueOp, a, {x}, 4);
  expect_near(r[0], {4}, {2, 1, 3, 4});
  EXPECT_EQ(values<int64_t>(r[2]), (std::vector<int64_t>{0, 1, 1, 2, 3, 2}));
}
TEST(Unique, SlicesAlongAxis) {
  UniqueAttrs a;
  a.has_axis = true, a.axis = 0;
  expect_near(run(kUniqueOp, a, {floats({3, 2}, {1, 0, 1, 0, 0, 5})}), {2, 2}, {0, 5, 1, 0});
  a.axis = 1;
  expect_near(run(kUniqueOp, a, {floats({2, 3}, {2, 1, 2, 0, 3, 0})}), {2, 2}, {1, 2, 3, 0});
}

TEST(ReverseSequence, BothLayouts) {
  ReverseSequenceAttrs a;
  a.batch_axis = 0, a.time_axis = 1;
  expect_near(run(kReverseSequenceOp, a, {counting({2, 3}), ints({2}, {2, 3})}), {2, 3}, {1, 0, 2, 5, 4, 3});
  expect_near(run(kReverseSequenceOp, ReverseSequenceAttrs{}, {counting({3, 2}), ints({2}, {1, 3})}), {3, 2},
              {0, 5, 2, 3, 4, 1});
  EXPECT_THROW(run(kReverseSequenceOp, a, {counting({2, 3}), ints({2}, {2, 4})}), ModelError);
}

}  // namespace
}  // namespace hone
