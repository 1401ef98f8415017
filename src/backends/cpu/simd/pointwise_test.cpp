// Pointwise programs against the reference evaluation, for all functions, types and broadcast patterns.
#include "backends/cpu/simd/pointwise.h"

#include "backends/cpu/simd/simd_testing.h"
#include "base/parallel.h"
#include "ops/broadcast.h"
#include "ops/pointwise.h"

namespace hone::cpu {
namespace {

Tensor random_tensor(DType type, const Dims& dims, unsigned seed, float lo = -3, float hi = 3) {
  Tensor t(DType::kF32, dims);
  const auto v = testing::random_floats(static_cast<size_t>(t.count()), seed, lo, hi);
  std::copy(v.begin(), v.end(), t.data<float>());
  return t.to(type);
}

Dims broadcast_dims(const std::vector<Tensor>& inputs) {
  Dims out;
  for (const Tensor& t : inputs) {
    if (t.dims().size() > out.size()) out.insert(out.begin(), t.dims().size() - out.size(), 1);
    for (size_t i = 0; i < t.dims().size(); ++i)
      if (int64_t& d = out[out.size() - t.dims().size() + i]; t.dims()[i] != 1) d = t.dims()[i];
  }
  return out;
}

std::vector<Tensor> run(const PwProgram& p, const std::vector<Tensor>& inputs) {
  std::vector<DType> types;
  for (const Tensor& t : inputs) types.push_back(t.type());
  const PwEvaluator e(p, types);
  const Dims out = broadcast_dims(inputs);
  PwTensors shapes{{out.begin(), out.end()}, {}};
  std::vector<void*> operands;
  for (const Tensor& t : inputs) {
    shapes.strides.push_back(broadcast_strides(t.dims(), out));
    operands.push_back(const_cast<void*>(t.raw()));
  }
  std::vector<Tensor> results;
  for (int i = 0; i < e.outputs(); ++i) {
    results.emplace_back(e.output_type(i), out);
    shapes.strides.push_back(broadcast_strides(out, out));
    operands.push_back(results.back().raw());
  }
  const PwNest nest(e, shapes);
  const Tensor workspace(DType::kU8, {static_cast<int64_t>(nest.workspace(num_threads()))});
  nest.run(e, operands.data(), const_cast<void*>(workspace.raw()), num_threads());
  return results;
}

void check(const PwProgram& p, const std::vector<Tensor>& inputs, double tolerance = 2e-6) {
  SCOPED_TRACE(p.str());
  std::vector<const Tensor*> pointers;
  for (const Tensor& t : inputs) pointers.push_back(&t);
  const auto want = evaluate(p, pointers);
  const auto got = run(p, inputs);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].type(), want[i].type());
    testing::expect_near_all(got[i].as_doubles(), want[i].as_doubles(), tolerance, tolerance);
  }
}

PwProgram one(ScalarFn fn, DType type, int operands, float alpha = 0, float beta = 0) {
  PwProgram p;
  p.inputs = operands;
  PwInstr i{fn, type, {0, static_cast<int16_t>(operands > 1 ? 1 : -1), static_cast<int16_t>(operands > 2 ? 2 : -1)}};
  i.alpha = alpha, i.beta = beta;
  p.outputs = {p.add(i)};
  return p;
}

bool is_bitwise(ScalarFn f) { return f == ScalarFn::kBitNot || (f >= ScalarFn::kBitAnd && f <= ScalarFn::kShiftRight); }

TEST(Pointwise, EveryFloatFunction) {
  testing::for_each_target([] {
    for (int f = 0; f < kScalarFnCount; ++f) {
      const auto fn = static_cast<ScalarFn>(f);
      if (is_bitwise(fn)) continue;
      std::vector<Tensor> in;
      const Dims dims{3, 37};
      const bool positive =
          fn == ScalarFn::kLog || fn == ScalarFn::kSqrt || fn == ScalarFn::kRsqrt || fn == ScalarFn::kPow;
      const bool unit = fn == ScalarFn::kAsin || fn == ScalarFn::kAcos || fn == ScalarFn::kAtanh;
      for (int k = 0; k < arity(fn); ++k)
        in.push_back(random_tensor(DType::kF32, dims, 7 + static_cast<unsigned>(k),
                                   positive                 ? 0.1f
                                   : fn == ScalarFn::kAcosh ? 1.0f
                                   : unit                   ? -0.99f
                                                            : -3.0f,
                                   unit ? 0.99f : 3.0f));
      if (fn == ScalarFn::kSelect) in[0] = in[0].to(DType::kI32).to(DType::kBool);
      const DType type = result_type(fn, in[0].type(), in.size() > 1 ? in[1].type() : in[0].type());
      check(one(fn, type, arity(fn), 0.7f, 1.3f), in, 4e-6);
    }
  });
}

TEST(Pointwise, EveryIntegerFunctionAndType) {
  testing::for_each_target([] {
    for (DType t :
         {DType::kI8, DType::kU8, DType::kI16, DType::kU16, DType::kI32, DType::kU32, DType::kI64, DType::kBool})
      for (int f = 0; f < kScalarFnCount; ++f) {
        const auto fn = static_cast<ScalarFn>(f);
        std::vector<Tensor> in;
        for (int k = 0; k < arity(fn); ++k)
          in.push_back(random_tensor(DType::kF32, {5, 33}, 3 + static_cast<unsigned>(k), -9, 9).to(DType::kI32).to(t));
        if (fn == ScalarFn::kSelect) in[0] = in[0].to(DType::kBool);
        const DType type = result_type(fn, in[0].type(), in.size() > 1 ? in[1].type() : in[0].type());
        std::vector<DType> types;
        for (const Tensor& x : in) types.push_back(x.type());
        const PwProgram p = one(fn, type, arity(fn), -2, 5);
        if (!PwEvaluator::refuse(p, types).empty()) continue;
        check(p, in, 0);
      }
  });
}

TEST(Pointwise, Conversions) {
  testing::for_each_target([] {
    const DType all[] = {DType::kF32, DType::kF16, DType::kBF16, DType::kBool, DType::kI8, DType::kU8,
                         DType::kI16, DType::kU16, DType::kI32,  DType::kU32,  DType::kI64};
    for (DType from : all)
      for (DType to : all) {
        Tensor x = random_tensor(DType::kF32, {4, 35}, 5, -300, 300);
        if (from == DType::kU8 || from == DType::kU16 || from == DType::kU32)
          for (float& v : x.span<float>()) v = std::abs(v);
        check(one(ScalarFn::kIdentity, to, 1), {x.to(from)}, 0);
      }
  });
}

TEST(Pointwise, BroadcastPatterns) {
  testing::for_each_target([] {
    const PwProgram fma = one(ScalarFn::kFma, DType::kF32, 3);
    const std::vector<std::array<Dims, 3>> cases = {
        {Dims{2, 3, 5, 7}, Dims{7}, Dims{}},
        {Dims{2, 3, 5, 7}, Dims{3, 1, 1}, Dims{2, 1, 1, 1}},
        {Dims{5, 1}, Dims{1, 9}, Dims{5, 9}},
        {Dims{4, 1, 6, 1}, Dims{5, 1, 3}, Dims{1}},
        {Dims{3000}, Dims{1}, Dims{3000}},
        {Dims{3, 2500}, Dims{2500}, Dims{3, 1}},
        {Dims{64, 49, 49}, Dims{1, 49, 49}, Dims{64, 1, 49}},
        {Dims{300, 16}, Dims{300, 16}, Dims{16}},
        {Dims{}, Dims{}, Dims{}},
        {Dims{0, 4}, Dims{4}, Dims{1}},
        {Dims{70000}, Dims{70000}, Dims{}},
    };
    for (int threads : {1, 2}) {
      ThreadScope scope(threads);
      for (const auto& c : cases)
        check(fma, {random_tensor(DType::kF32, c[0], 1), random_tensor(DType::kF32, c[1], 2),
                    random_tensor(DType::kF32, c[2], 3)});
    }
  });
}

TEST(Pointwise, MixedTypesAndSeveralOutputs) {
  testing::for_each_target([] {
    const auto p = PwProgram::parse(
        "4 inputs; r4=mul.f16 r0 r1; r5=less.bool r4 r2; r6=select.f16 r5 r4 r2; r7=identity.f32 r6; "
        "r8=silu.f32 a=1 r7; r9=identity.i32 r7; r10=add.i32 r9 r3; out r8 r5 r10 r6 r0");
    for (const Dims& d : {Dims{3, 50}})
      check(p,
            {random_tensor(DType::kF16, d, 1), random_tensor(DType::kF16, {50}, 2),
             random_tensor(DType::kF16, {3, 1}, 3), random_tensor(DType::kI32, {3, 50}, 4, -100, 100)},
            2e-3);
  });
}

TEST(Pointwise, OutputInThePlaceOfAnInput) {
  PwProgram p = PwProgram::parse("2 inputs; r2=add.f32 r0 r1; r3=mul.f32 r2 r0; out r3");
  Tensor x = random_tensor(DType::kF32, {5000}, 1), y = random_tensor(DType::kF32, {1}, 2);
  const Tensor* in[] = {&x, &y};
  const Tensor want = evaluate(p, in)[0].clone();
  const DType types[] = {DType::kF32, DType::kF32};
  const PwEvaluator e(p, types);
  const PwNest nest(e, {{5000}, {{1}, {0}, {1}}});
  std::vector<std::byte> workspace(nest.workspace(num_threads()) + 64);
  void* operands[] = {x.raw(), y.raw(), x.raw()};
  nest.run(e, operands, workspace.data() + (64 - reinterpret_cast<uintptr_t>(workspace.data()) % 64), num_threads());
  testing::expect_near_all(x.span<float>(), want.span<float>(), 1e-6, 1e-6);
}

TEST(Pointwise, RefusesWhatItCannotDo) {
  const DType f64[] = {DType::kF64}, f32[] = {DType::kF32};
  EXPECT_NE(PwEvaluator::refuse(one(ScalarFn::kAbs, DType::kF64, 1), f64), "");
  EXPECT_NE(PwEvaluator::refuse(one(ScalarFn::kBitNot, DType::kF32, 1), f32), "");
  EXPECT_EQ(PwEvaluator::refuse(one(ScalarFn::kAbs, DType::kF32, 1), f32), "");
}

}  // namespace
}  // namespace hone::cpu
