// Data movement beside the reference: transposes of all shapes of planes, windows, joined tensors, format changes.
#include "backends/cuda/tactics/testing.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/reformat.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "ops/transpose.h"

namespace hone::cuda {
const Tactic& strided_move();
namespace {

using testing::Layout;
using testing::TestProblem;
constexpr Layout kLast{Format::kChannelsLast, 0};

class MovementTest : public testing::CudaTest {};

TEST_F(MovementTest, Transposes) {
  const std::vector<std::pair<Dims, std::vector<int64_t>>> cases = {{{64, 96}, {1, 0}},
                                                                    {{33, 70}, {1, 0}},
                                                                    {{3, 40, 24}, {0, 2, 1}},
                                                                    {{2, 5, 12, 16}, {0, 2, 1, 3}},
                                                                    {{4, 9, 10, 11}, {}},
                                                                    {{1, 130, 2, 65}, {0, 2, 3, 1}},
                                                                    {{7}, {0}},
                                                                    {{2, 3, 4}, {2, 0, 1}},
                                                                    {{2, 64, 4, 32}, {0, 2, 3, 1}}};
  for (const auto& [dims, perm] : cases)
    for (DType t : {DType::kF32, DType::kF16, DType::kI8, DType::kI64}) {
      if (testing::is_emulated() && t == DType::kI64 && dims.size() < 4) continue;
      SCOPED_TRACE(fmt::format("{} {}", str(dims), name(t)));
      TransposeAttrs a;
      a.perm = perm;
      TestProblem(kTransposeOp, a).input(t, dims, {}, false, -100, 100).check(strided_move());
    }
}

TEST_F(MovementTest, Reformats) {
  for (const Dims& d : {Dims{2, 64, 5, 12}, Dims{1, 13, 7, 9}, Dims{2, 32, 6}, Dims{1, 8, 2, 3, 8}})
    for (DType t : {DType::kF16, DType::kF32})
      for (int64_t extra : {0, 8, 5}) {
        SCOPED_TRACE(fmt::format("{} {} {}", str(d), name(t), extra));
        const NoAttrs none;
        TestProblem(kReformatOp, none).input(t, d).output(Format::kChannelsLast, extra).check(strided_move());
        TestProblem(kReformatOp, none).input(t, d, {Format::kChannelsLast, d[1] + extra}).check(strided_move());
        TestProblem(kReformatOp, none).input(t, d, {Format::kLinear, d.back() + extra}).check(strided_move());
      }
}

SliceAttrs window(std::vector<int64_t> start, std::vector<int64_t> end, std::vector<int64_t> step,
                  std::vector<int64_t> axes) {
  SliceAttrs a;
  a.start = std::move(start), a.size = std::move(end), a.stride = std::move(step), a.axes = std::move(axes);
  a.ends = true;
  return a;
}

TEST_F(MovementTest, Slices) {
  TestProblem(kSliceOp, window({1, 2}, {9, 100}, {1, 3}, {0, 1})).input(DType::kF16, {10, 40}).check(strided_move());
  TestProblem(kSliceOp, window({8}, {24}, {1}, {1})).input(DType::kF16, {10, 40}).check(strided_move());
  TestProblem(kSliceOp, window({3}, {20}, {1}, {1}))
      .input(DType::kF32, {2, 40, 3, 5}, kLast)
      .output(Format::kChannelsLast)
      .check(strided_move());
  TestProblem(kSliceOp, window({-1}, {-100}, {-1}, {2})).input(DType::kI32, {3, 4, 50}).check(strided_move());
  TestProblem(kSliceOp, window({1}, {1}, {1}, {0})).input(DType::kI32, {3, 4}).check(strided_move());
}

TEST_F(MovementTest, Concats) {
  ConcatAttrs a;
  a.axis = 1;
  for (DType t : {DType::kF16, DType::kI64}) {
    TestProblem(kConcatOp, a).input(t, {2, 8, 16}).input(t, {2, 3, 16}).input(t, {2, 0, 16}).check(strided_move());
    TestProblem(kConcatOp, a)
        .input(t, {2, 8, 3, 4}, kLast)
        .input(t, {2, 5, 3, 4})
        .output(Format::kChannelsLast)
        .check(strided_move());
  }
  a.axis = -1;
  TestProblem many(kConcatOp, a);
  for (int i = 0; i < 20; ++i) many.input(DType::kF32, {3, 1 + i % 4});
  many.check(strided_move());
}

TEST_F(MovementTest, Copies) {
  ExpandAttrs e;
  e.shape = {3, 4, 70};
  TestProblem(kExpandOp, e).input(DType::kF16, {4, 1}).check(strided_move());
  TestProblem(kExpandOp, e).input(DType::kF32, {70}).check(strided_move());
  TileAttrs t;
  t.repeats = {2, 1, 3};
  TestProblem(kTileOp, t).input(DType::kF16, {3, 4, 16}).check(strided_move());
  TestProblem(kTileOp, t).input(DType::kI8, {2, 3, 5}).check(strided_move());
  ReshapeAttrs r;
  r.shape = {-1, 7};
  TestProblem(kReshapeOp, r).input(DType::kF16, {3, 5, 7}).check(strided_move());
  TestProblem(kIdentityOp, NoAttrs()).input(DType::kBool, {5, 2051}).check(strided_move());
}

}  // namespace
}  // namespace hone::cuda
