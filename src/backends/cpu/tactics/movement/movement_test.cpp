// The movement tactics against the operators' references.
#include "backends/cpu/tactics/tactic_testing.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/reformat.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "ops/transpose.h"

namespace hone::cpu {
const Tactic& strided_move();
const Tactic& gather_rows();
namespace {

using testing::random_tensor;

void check(const Tactic& tactic, const Op& op, const Attributes& attrs, const std::vector<Tensor>& inputs,
           std::vector<Format> formats = {}) {
  std::vector<const Tensor*> in;
  for (const Tensor& t : inputs) in.push_back(t.defined() ? &t : nullptr);
  const Tensor want = evaluate(op, attrs, in, 1)[0];
  testing::TacticRun r;
  r.tactic = &tactic, r.op = &op, r.attrs = &attrs, r.inputs = inputs;
  r.constant.assign(inputs.size(), true);
  const Format f = formats.empty() ? Format::kLinear : formats[0];
  for (size_t i = 0; i < inputs.size(); ++i)
    r.layouts.push_back({DType::kF32, i < formats.size() ? formats[i] : f, {}, 0});
  r.outputs = {{want.type(), f, want.dims(), 0}};
  testing::expect_as_reference(r, 0, 0);
}

TEST(MovementTactic, Transpose) {
  TransposeAttrs a;
  for (const std::vector<int64_t>& perm : {std::vector<int64_t>{0, 2, 1, 3}, {3, 2, 1, 0}, {0, 3, 1, 2}, {1, 0, 2, 3}})
    for (DType t : {DType::kF32, DType::kI8, DType::kF16, DType::kI64}) {
      a.perm = perm;
      check(strided_move(), kTransposeOp, a, {random_tensor(t, {3, 20, 7, 33}, 1, -100, 100)});
    }
}

TEST(MovementTactic, SliceAndPad) {
  SliceAttrs s;
  s.ends = true;
  s.start = {1, -3}, s.size = {100, -100}, s.stride = {2, -1}, s.axes = {1, -1};
  for (Format f : {Format::kLinear, Format::kChannelsLast})
    check(strided_move(), kSliceOp, s, {random_tensor(DType::kF32, {2, 9, 5, 6}, 1)}, {f});
  s.ends = false, s.start = {1, 0, 2}, s.size = {1, 4, 3}, s.stride = {1, 2, 1}, s.axes = {};
  check(strided_move(), kSliceOp, s, {random_tensor(DType::kF32, {2, 9, 5}, 1)});
  PadAttrs p;
  p.pads = {0, 1, 2, -1, 0, 0, 3, 2}, p.value = 2.5;
  check(strided_move(), kPadOp, p, {random_tensor(DType::kF32, {2, 3, 5, 6}, 1)}, {Format::kChannelsLast});
  p.pads = {1, -2}, p.axes = {-1};
  check(strided_move(), kPadOp, p, {random_tensor(DType::kI32, {4, 9}, 1, -9, 9)});
}

TEST(MovementTactic, ConcatExpandTile) {
  ConcatAttrs c;
  for (int64_t axis : {0, 1, -1}) {
    c.axis = axis;
    Dims x{2, 3, 4, 5}, y = x;
    y[static_cast<size_t>(axis < 0 ? axis + 4 : axis)] = 7;
    for (Format f : {Format::kLinear, Format::kChannelsLast})
      check(strided_move(), kConcatOp, c, {random_tensor(DType::kF32, x, 1), random_tensor(DType::kF32, y, 2)}, {f, f});
  }
  ExpandAttrs e;
  e.shape = {4, 3, 6};
  check(strided_move(), kExpandOp, e, {random_tensor(DType::kF32, {3, 1}, 1)});
  TileAttrs t;
  t.repeats = {2, 3, 1};
  check(strided_move(), kTileOp, t, {random_tensor(DType::kF32, {2, 5, 6}, 1)});
}

TEST(MovementTactic, FormatChanges) {
  const Dims dims{2, 19, 9, 11};
  for (DType t : {DType::kF32, DType::kF16, DType::kU8}) {
    const Tensor x = random_tensor(t, dims, 1, 0, 99);
    for (Format from : {Format::kLinear, Format::kChannelsLast})
      for (Format to : {Format::kLinear, Format::kChannelsLast})
        for (int64_t pitch : {0, 24}) {
          ReformatAttrs attrs;
          testing::TacticRun r;
          r.tactic = &strided_move(), r.op = &kReformatOp, r.attrs = &attrs, r.inputs = {x};
          r.layouts = {{t, from, dims, from == Format::kChannelsLast ? pitch : 0}};
          r.outputs = {{t, to, dims, to == Format::kChannelsLast ? pitch : 0}};
          testing::for_each_target([&] {
            const auto y = testing::run(r);
            ASSERT_EQ(y.size(), 1u);
            EXPECT_TRUE(y[0].identical(x));
          });
        }
  }
}

TEST(MovementTactic, Gather) {
  GatherAttrs g;
  for (int64_t axis : {0, 1, -1})
    for (DType t : {DType::kI32, DType::kI64}) {
      g.axis = axis;
      check(gather_rows(), kGatherOp, g,
            {random_tensor(DType::kF32, {6, 7, 8}, 1), random_tensor(DType::kF32, {2, 5}, 2, -6, 6).to(t)});
    }
}

}  // namespace
}  // namespace hone::cpu
