// Slice and pad: ONNX ends, network API sizes and sampling modes, symbolic extents.
#include "ops/slice.h"

#include "ops/op_testing.h"
#include "ops/pad.h"

namespace hone {
namespace {
using namespace testing;  // NOLINT

SliceAttrs by_ends(std::vector<int64_t> start, std::vector<int64_t> end, std::vector<int64_t> step = {},
                   std::vector<int64_t> axes = {}) {
  SliceAttrs a;
  a.start = std::move(start), a.size = std::move(end), a.stride = std::move(step), a.axes = std::move(axes);
  a.ends = true;
  return a;
}

TEST(Slice, ClampsAsOnnxDoes) {
  const Tensor x = floats({5}, {0, 1, 2, 3, 4});
  expect_near(run(kSliceOp, by_ends({1}, {INT64_MAX}), {x}), {4}, {1, 2, 3, 4});
  expect_near(run(kSliceOp, by_ends({-3}, {-1}), {x}), {2}, {2, 3});
  expect_near(run(kSliceOp, by_ends({0}, {100}, {2}), {x}), {3}, {0, 2, 4});
  expect_near(run(kSliceOp, by_ends({-1}, {INT64_MIN}, {-1}), {x}), {5}, {4, 3, 2, 1, 0});
  expect_near(run(kSliceOp, by_ends({3}, {0}, {-2}), {x}), {2}, {3, 1});
  expect_near(run(kSliceOp, by_ends({4}, {2}), {x}), {0}, {});
  expect_near(run(kSliceOp, by_ends({-100}, {2}), {x}), {2}, {0, 1});
}
TEST(Slice, AlongNamedAxes) {
  expect_near(run(kSliceOp, by_ends({1}, {3}, {1}, {-1}), {counting({2, 4})}), {2, 2}, {1, 2, 5, 6});
}
TEST(Slice, SymbolicExtents) {
  const TensorInfo x = info(DType::kF32, {"N", "S"});
  EXPECT_EQ(shape_of(kSliceOp, by_ends({0}, {INT64_MAX}, {}, {1}), {x}), "[N,S]");
  EXPECT_EQ(shape_of(kSliceOp, by_ends({0}, {77}, {}, {1}), {x}), "[N,min(77,S)]");
  EXPECT_EQ(shape_of(kSliceOp, by_ends({-1}, {INT64_MAX}, {}, {1}), {x}), "[N,min(1,S)]");
  EXPECT_EQ(shape_of(kSliceOp, by_ends({0}, {INT64_MAX}, {2}, {1}), {x}), "[N,div(S+1,2)]");
  EXPECT_EQ(shape_of(kSliceOp, by_ends({-1}, {INT64_MIN}, {-1}, {1}), {x}), "[N,S]");
}
TEST(Slice, ComplementsAddUp) {
  const TensorInfo x = info(DType::kF32, {"S"});
  const Dim head = infer_one(kSliceOp, by_ends({0}, {-3}), {x}).shape[0];
  const Dim tail = infer_one(kSliceOp, by_ends({-3}, {INT64_MAX}), {x}).shape[0];
  EXPECT_EQ((head + tail).str(), "S");
}
TEST(Slice, ClampedExtentBroadcastsWithItsOwn) {
  const Dim s = Dim::symbol("S"), clamped = min(Dim(512), s);
  EXPECT_EQ(max(clamped, s), s);
  EXPECT_EQ(max(s, clamped), s);
  EXPECT_EQ(min(max(s, Dim(4)), s), s);
  EXPECT_EQ(min(clamped, s), clamped);
}
TEST(Slice, PaddingToAMultipleIsOne) {
  const Dim h = Dim::symbol("H"), seven(7);
  const Dim padded = h + floor_mod(seven - floor_mod(h, seven), seven);
  EXPECT_EQ(padded.str(), "7*div(H+6,7)");
  EXPECT_EQ(floor_div(padded, seven).str(), "div(H+6,7)");
  const auto at = [&](int64_t v) { return padded.eval([&](const std::string&) { return v; }); };
  const Dim inner = floor_div(h, Dim(4)), outer = seven * floor_div(inner + Dim(6), seven);
  EXPECT_EQ(min(outer, inner), inner);
  EXPECT_EQ(min(h - floor_div(h, Dim(3)), Dim(0)), Dim(0));
  EXPECT_EQ((h + floor_mod(h, Dim(2))).str(), "2*div(H+1,2)");
  EXPECT_EQ(at(14), 14);
  EXPECT_EQ(at(15), 21);
  EXPECT_EQ(at(20), 21);
}
TEST(Slice, SymbolicEndsAndContents) {
  SliceAttrs a = by_ends({}, {}, {}, {1});
  EXPECT_EQ(shape_of(kSliceOp, a, {info(DType::kF32, {"1", "P+S"}), dims_value({"P"}), dims_value({"P+S"})}), "[1,S]");
  EXPECT_EQ(content_of(kSliceOp, by_ends({1}, {3}), {dims_value({"N", "C", "H", "W"})}), "[C,H]");
  EXPECT_EQ(shape_of(kSliceOp, a, {info(DType::kF32, {"1", "9"}), info(DType::kI64, {"1"}), info(DType::kI64, {"1"})}),
            "[1,%node.1]");
}
TEST(Slice, SizesAndModes) {
  SliceAttrs a;
  a.start = {-1}, a.size = {5}, a.stride = {1};
  const Tensor x = floats({3}, {1, 2, 3});
  EXPECT_THROW(run(kSliceOp, a, {x}), ModelError);
  a.mode = SampleMode::kClamp;
  expect_near(run(kSliceOp, a, {x}), {5}, {1, 1, 2, 3, 3});
  a.mode = SampleMode::kWrap;
  expect_near(run(kSliceOp, a, {x}), {5}, {3, 1, 2, 3, 1});
  a.mode = SampleMode::kReflect;
  expect_near(run(kSliceOp, a, {x}), {5}, {2, 1, 2, 3, 2});
  a.mode = SampleMode::kFill;
  expect_near(run(kSliceOp, a, {x, Tensor(), Tensor(), Tensor(), floats({}, {9})}), {5}, {9, 1, 2, 3, 9});
}
TEST(Slice, RefusesZeroStepsAndOddCounts) {
  const TensorInfo x = info(DType::kF32, {"4", "4"});
  EXPECT_THROW(shape_of(kSliceOp, by_ends({0}, {1}, {0}), {x}), ModelError);
  EXPECT_THROW(shape_of(kSliceOp, by_ends({0, 0}, {1}), {x}), ModelError);
  EXPECT_THROW(shape_of(kSliceOp, by_ends({0}, {1}, {1}, {2}), {x}), ModelError);
  EXPECT_THROW(shape_of(kSliceOp, by_ends({0, 0, 0}, {1, 1, 1}), {x}), ModelError);
}

PadAttrs pads(std::vector<int64_t> p, PadMode mode) {
  PadAttrs a;
  a.pads = std::move(p), a.mode = mode, a.value = 7;
  return a;
}

TEST(Pad, Modes) {
  const Tensor x = floats({1, 3}, {1, 2, 3});
  expect_near(run(kPadOp, pads({0, 2, 1, 1}, PadMode::kConstant), {x}), {2, 6}, {7, 7, 1, 2, 3, 7, 7, 7, 7, 7, 7, 7});
  expect_near(run(kPadOp, pads({0, 2, 0, 2}, PadMode::kReflect), {x}), {1, 7}, {3, 2, 1, 2, 3, 2, 1});
  expect_near(run(kPadOp, pads({0, 2, 0, 1}, PadMode::kEdge), {x}), {1, 6}, {1, 1, 1, 2, 3, 3});
  expect_near(run(kPadOp, pads({0, 2, 0, 1}, PadMode::kWrap), {x}), {1, 6}, {2, 3, 1, 2, 3, 1});
  expect_near(run(kPadOp, pads({0, -1, 0, 1}, PadMode::kConstant), {x}), {1, 3}, {2, 3, 7});
}
TEST(Pad, SymbolicAndErrors) {
  EXPECT_EQ(shape_of(kPadOp, pads({0, 1, 0, 2}, PadMode::kConstant), {info(DType::kF32, {"N", "W"})}), "[N,W+3]");
  EXPECT_THROW(shape_of(kPadOp, pads({0, 1, 0}, PadMode::kConstant), {info(DType::kF32, {"N", "W"})}), ModelError);
  EXPECT_THROW(shape_of(kPadOp, pads({-3, -3}, PadMode::kConstant), {info(DType::kF32, {"4"})}), ModelError);
  PadAttrs a;
  a.axes = {1};
  EXPECT_EQ(shape_of(kPadOp, a, {info(DType::kF32, {"N", "W"}), dims_value({"1", "K"})}), "[N,K+W+1]");
}

}  // namespace
}  // namespace hone
