// Element-wise programs beside the reference: every function and type, broadcasting in both formats, pitches, tails.
#include <set>

#include "backends/cuda/tactics/testing.h"
#include "ops/cast.h"
#include "ops/map.h"
#include "ops/pointwise.h"

namespace hone::cuda {
const Tactic& pointwise_fused();
namespace {

using testing::Layout;
using testing::TestProblem;
constexpr Layout kLast{Format::kChannelsLast, 0};

class PointwiseTest : public testing::CudaTest {};

PointwiseAttrs program(std::string_view text) {
  PointwiseAttrs a;
  a.program = PwProgram::parse(text);
  return a;
}

bool takes_floats(ScalarFn f) {
  for (std::string_view s : {"bitnot", "bitand", "bitor", "bitxor", "shl", "shr"})
    if (name(f) == s) return false;
  return true;
}

// Computed on doubles, whose infinities and NaN have no integer meaning.
bool gives_nan_on_integers(ScalarFn f) {
  for (std::string_view s : {"log", "sqrt", "rsqrt", "recip", "asin", "acos", "acosh", "atanh"})
    if (name(f) == s) return true;
  return false;
}

// A range in which the function is defined and tame.
std::pair<double, double> range_of(ScalarFn f) {
  for (std::string_view s : {"log", "sqrt", "rsqrt", "pow", "recip"})
    if (name(f) == s) return {0.25, 3};
  for (std::string_view s : {"div", "floor_div", "floor_mod", "fmod", "acosh"})
    if (name(f) == s) return {1, 4};
  for (std::string_view s : {"asin", "acos", "atanh"})
    if (name(f) == s) return {-0.9, 0.9};
  return {-3, 3};
}

// One program with all functions that are defined on a range, each an output.
PwProgram functions_on(std::pair<double, double> range, DType t, bool integers) {
  PwProgram p;
  p.inputs = 4;  // the last is a bool
  for (int i = 0; i < kScalarFnCount; ++i) {
    PwInstr c;
    c.fn = static_cast<ScalarFn>(i), c.alpha = integers ? 1 : 0.75f, c.beta = integers ? 3 : 1.5f;
    if (integers ? gives_nan_on_integers(c.fn) : !takes_floats(c.fn)) continue;
    if (!integers && range_of(c.fn) != range) continue;
    for (int k = 0; k < arity(c.fn); ++k) c.operand[k] = static_cast<int16_t>(k);
    if (c.fn == ScalarFn::kSelect) c.operand[0] = 3;
    c.type = result_type(c.fn, t, t);
    p.outputs.push_back(p.add(c));
  }
  return p;
}

TEST_F(PointwiseTest, EveryFunctionOfFloats) {
  std::set<std::pair<double, double>> ranges;
  for (int i = 0; i < kScalarFnCount; ++i) ranges.insert(range_of(static_cast<ScalarFn>(i)));
  for (const auto& range : ranges)
    for (DType t : {DType::kF32, DType::kF16, DType::kBF16}) {
      PointwiseAttrs a;
      a.program = functions_on(range, t, false);
      SCOPED_TRACE(fmt::format("{} in {}..{}", name(t), range.first, range.second));
      TestProblem p(kPointwiseOp, a);
      for (int k = 0; k < 3; ++k) p.input(t, {3, 70}, {}, false, range.first, range.second);
      p.input(DType::kBool, {3, 70}).outputs(a.program.outputs.size()).check(pointwise_fused());
    }
}

TEST_F(PointwiseTest, EveryFunctionOfIntegers) {
  for (DType t : {DType::kI32, DType::kI64, DType::kU8}) {
    PointwiseAttrs a;
    a.program = functions_on({}, t, true);
    SCOPED_TRACE(name(t));
    TestProblem p(kPointwiseOp, a);
    for (int k = 0; k < 3; ++k) p.input(t, {90}, {}, false, t == DType::kU8 ? 0 : -6, 7);
    p.input(DType::kBool, {90}).outputs(a.program.outputs.size()).check(pointwise_fused());
  }
}

TEST_F(PointwiseTest, CastsBetweenAllTypes) {
  const std::vector<DType> types = {DType::kF32, DType::kF16, DType::kBF16, DType::kI8,  DType::kU8,
                                    DType::kI32, DType::kI64, DType::kBool, DType::kF64, DType::kFP8};
  for (DType from : types)
    for (DType to : types) {
      if (testing::is_emulated() && (static_cast<int>(from) + 3 * static_cast<int>(to)) % 3 != 0) continue;
      CastAttrs a;
      a.to = to;
      SCOPED_TRACE(fmt::format("{} to {}", name(from), name(to)));
      TestProblem(kCastOp, a).input(from, {5, 37}, {}, false, -300, 300).check(pointwise_fused());
    }
}

TEST_F(PointwiseTest, Broadcasts) {
  MapAttrs add;
  add.fn = ScalarFn::kAdd;
  const std::vector<std::pair<Dims, Dims>> cases = {{{2, 16, 5, 8}, {16, 1, 1}},   {{2, 16, 5, 8}, {1}},
                                                    {{2, 16, 5, 8}, {2, 1, 5, 1}}, {{2, 16, 5, 8}, {5, 8}},
                                                    {{1, 3, 7, 5}, {3, 1, 1}},     {{1}, {}},
                                                    {{4, 1, 6}, {1, 5, 1}},        {{1030}, {1030}},
                                                    {{3, 4096}, {4096}},           {{2, 1, 16, 24}, {1, 9, 16, 24}}};
  for (const auto& [x, y] : cases)
    for (DType t : {DType::kF32, DType::kF16}) {
      SCOPED_TRACE(str(x) + str(y));
      TestProblem(kMapOp, add).input(t, x).input(t, y).check(pointwise_fused());
    }
}

TEST_F(PointwiseTest, FormatsAndPitches) {
  const PointwiseAttrs a = program("2 inputs; r2=add.f16 r0 r1; r3=silu.f16 r2 a=1 b=0; out r3");
  for (int64_t channels : {8, 24, 13})
    for (int64_t extra : {0, 8, 3}) {
      SCOPED_TRACE(fmt::format("{} channels, {} more", channels, extra));
      const Dims d{2, channels, 3, 5};
      TestProblem(kPointwiseOp, a)
          .input(DType::kF16, d, {Format::kChannelsLast, channels + extra})
          .input(DType::kF16, {channels, 1, 1})
          .output(Format::kChannelsLast, extra)
          .check(pointwise_fused());
      TestProblem(kPointwiseOp, a)
          .input(DType::kF16, d, kLast)
          .input(DType::kF16, d)
          .output(Format::kLinear, extra)
          .check(pointwise_fused());
    }
}

TEST_F(PointwiseTest, ChainsWithSeveralTypesAndOutputs) {
  const PointwiseAttrs a = program(
      "3 inputs; r3=mul.f16 r0 r1; r4=identity.f32 r3; r5=exp.f32 r4; r6=less.bool r4 r2; r7=select.f32 r6 r5 r2; "
      "r8=identity.i8 r7; out r7 r8 r6 r3");
  TestProblem(kPointwiseOp, a)
      .input(DType::kF16, {6, 40})
      .input(DType::kF16, {40})
      .input(DType::kF32, {6, 1})
      .outputs(4)
      .check(pointwise_fused());
}

TEST_F(PointwiseTest, Nothing) {
  MapAttrs add;
  add.fn = ScalarFn::kAdd;
  TestProblem(kMapOp, add).input(DType::kF32, {0, 3}).input(DType::kF32, {3}).check(pointwise_fused());
}

}  // namespace
}  // namespace hone::cuda
