// Speed of the CPU kernels that are not matrix products, on the layers of the networks that we care about. Reports
// GFLOP/s or GB/s; HONE_CPU_ISA=avx2 forces the lesser instruction set.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "backends/cpu/simd/attention.h"
#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/isa.h"
#include "backends/cpu/simd/pointwise.h"
#include "backends/cpu/simd/pool.h"
#include "backends/cpu/simd/reduce.h"
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/simd/strided_copy.h"
#include "base/parallel.h"

namespace {
using namespace hone;
using namespace hone::cpu;
using benchmark::Counter;

// Starts at a cache line, as tensors do in the memory arena.
class Floats {
 public:
  explicit Floats(int64_t n)
      : p_(static_cast<float*>(std::aligned_alloc(64, static_cast<size_t>(n * 4 + 63) / 64 * 64))) {
    for (int64_t i = 0; i < n; ++i) p_[i] = static_cast<float>(i * 7919 % 1000) * 0.002f - 1.0f;
  }
  ~Floats() { std::free(p_); }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;
  float* data() const { return p_; }

 private:
  float* p_;
};

Counter giga(double per_iteration) { return Counter(per_iteration * 1e-9, Counter::kIsIterationInvariantRate); }

// args: height, channels, kernel, stride, activation, threads
void depthwise_layer(benchmark::State& state) {
  const int64_t h = state.range(0), c = state.range(1);
  const int k = static_cast<int>(state.range(2)), stride = static_cast<int>(state.range(3));
  DepthwiseShape s{1, h, h,     c,    (h + stride - 1) / stride, (h + stride - 1) / stride, k, k, stride, stride,
                   1, 1, k / 2, k / 2};
  const Floats x(h * h * c), w(c * k * k);
  const Floats y(s.oh * s.ow * c), packed(depthwise_packed_size(c, k, k)), sums(c),
      scratch(depthwise_scratch_size(c, 2));
  pack_depthwise(w.data(), nullptr, c, k, k, packed.data());
  Activation act;
  if (state.range(4) == 1) act = {ActKind::kClip, 0, 6};
  if (state.range(4) == 2) act = {ActKind::kSilu};
  ThreadScope threads(static_cast<int>(state.range(5)));
  for (auto _ : state)
    depthwise(s, x.data(), c, packed.data(), act, y.data(), c, state.range(4) == 2 ? sums.data() : nullptr,
              scratch.data());
  state.counters["GFLOP/s"] = giga(2.0 * static_cast<double>(s.oh * s.ow * c * k * k));
  state.counters["GB/s"] = giga(4.0 * static_cast<double>((h * h + s.oh * s.ow) * c));
}
void depthwise_layers(benchmark::internal::Benchmark* b) {
  for (int threads : {1, 2}) {
    for (auto [h, c, k, s] : std::vector<std::array<int, 4>>{{112, 32, 3, 1},
                                                             {112, 96, 3, 2},
                                                             {56, 144, 3, 1},
                                                             {56, 144, 3, 2},
                                                             {28, 192, 3, 1},
                                                             {14, 384, 3, 1},
                                                             {14, 576, 3, 1},
                                                             {14, 576, 3, 2},
                                                             {7, 960, 3, 1}})
      b->Args({h, c, k, s, 1, threads});
    for (auto [h, c, k, s] : std::vector<std::array<int, 4>>{{112, 32, 3, 1},
                                                             {112, 96, 3, 2},
                                                             {56, 144, 3, 1},
                                                             {56, 144, 5, 2},
                                                             {28, 240, 5, 1},
                                                             {28, 240, 3, 2},
                                                             {14, 480, 3, 1},
                                                             {14, 480, 5, 1},
                                                             {14, 672, 5, 1},
                                                             {14, 672, 5, 2},
                                                             {7, 1152, 5, 1},
                                                             {7, 1152, 3, 1},
                                                             {56, 96, 7, 1}})
      b->Args({h, c, k, s, 2, threads});
  }
}
BENCHMARK(depthwise_layer)->Apply(depthwise_layers)->UseRealTime()->Unit(benchmark::kMicrosecond)->MinTime(0.05);

// args: elements of a row, rows
void softmax(benchmark::State& state) {
  const int64_t n = state.range(0), rows = state.range(1);
  const Floats x(n * rows), y(n * rows);
  for (auto _ : state) softmax_rows(x.data(), n, y.data(), n, rows, n, 1, false);
  state.counters["Gelement/s"] = giga(static_cast<double>(n * rows));
}
BENCHMARK(softmax)->Args({49, 147})->Args({197, 197})->Args({1000, 16})->MinTime(0.05);

void layer_norm(benchmark::State& state) {
  const int64_t n = state.range(0), rows = state.range(1);
  const Floats x(n * rows), y(n * rows), scale(n), bias(n);
  const LayerNorm p{n, scale.data(), bias.data(), 1e-5f, false};
  for (auto _ : state) layer_norm_rows(p, x.data(), n, nullptr, nullptr, y.data(), n, rows);
  state.counters["GB/s"] = giga(8.0 * static_cast<double>(n * rows));
}
BENCHMARK(layer_norm)->Args({96, 784})->Args({768, 128})->MinTime(0.05);

// args: program (see below), rows, columns, threads
void pointwise(benchmark::State& state) {
  static const char* const kPrograms[] = {
      "2 inputs; r2=add.f32 r0 r1; out r2",   "2 inputs; r2=add.f32 r0 r1; r3=relu.f32 r2; out r3",
      "1 inputs; r1=silu.f32 r0 a=1; out r1", "1 inputs; r1=gelu_erf.f32 r0; out r1",
      "2 inputs; r2=mul.f32 r0 r1; out r2",  // by a value per column
  };
  const int64_t rows = state.range(1), cols = state.range(2);
  const PwProgram program = PwProgram::parse(kPrograms[state.range(0)]);
  const std::vector<DType> types(static_cast<size_t>(program.inputs), DType::kF32);
  const PwEvaluator evaluator(program, types);
  PwTensors t{{rows, cols}, {{cols, 1}, {state.range(0) == 4 ? 0 : cols, 1}, {cols, 1}}};
  if (program.inputs == 1) t.strides.pop_back();
  const PwNest nest(evaluator, t);
  ThreadScope threads(static_cast<int>(state.range(3)));
  const Floats x(rows * cols), y(rows * cols), z(rows * cols), workspace(static_cast<int64_t>(nest.workspace(2) / 4));
  void* operands[] = {x.data(), y.data(), z.data()};
  if (program.inputs == 1) operands[1] = z.data();
  for (auto _ : state) nest.run(evaluator, operands, workspace.data(), 2);
  const double tensors = program.inputs == 1 || state.range(0) == 4 ? 2 : 3;
  state.counters["GB/s"] = giga(4.0 * tensors * static_cast<double>(rows * cols));
}
BENCHMARK(pointwise)
    ->ArgsProduct({{0, 1, 2, 3, 4}, {196}, {240}, {1, 2}})
    ->ArgsProduct({{0, 2, 4}, {3136}, {256}, {1, 2}})
    ->UseRealTime()
    ->MinTime(0.05);

// args: height, channels; from [C, H, W] to [H, W, C] and back
void layout_change(benchmark::State& state) {
  const int64_t pixels = state.range(0) * state.range(0), c = state.range(1);
  const StridedCopy copy(4, state.range(2) == 0 ? std::vector<StridedCopy::Axis>{{c, pixels, 1}, {pixels, 1, c}}
                                                : std::vector<StridedCopy::Axis>{{c, 1, pixels}, {pixels, c, 1}});
  const Floats x(pixels * c), y(pixels * c);
  ThreadScope threads(1);
  for (auto _ : state) copy.run(x.data(), y.data());
  state.counters["GB/s"] = giga(8.0 * static_cast<double>(pixels * c));
}
BENCHMARK(layout_change)->ArgsProduct({{14, 56}, {64, 256}, {0, 1}})->MinTime(0.05);

void global_average_pool(benchmark::State& state) {
  const int64_t pixels = state.range(0) * state.range(0), c = state.range(1);
  const Reduction reduction(ReduceKind::kAvg, {{pixels, c, true}, {c, 1, false}});
  const Floats x(pixels * c), y(c);
  ThreadScope threads(1);
  for (auto _ : state) reduction.run(x.data(), y.data());
  state.counters["GB/s"] = giga(4.0 * static_cast<double>(pixels * c));
}
BENCHMARK(global_average_pool)->Args({7, 1280})->Args({14, 480})->Args({56, 144})->MinTime(0.05);

void max_pool(benchmark::State& state) {
  PoolShape s;
  s.h = s.w = 112, s.oh = s.ow = 56, s.c = 64, s.kh = s.kw = 3, s.sh = s.sw = 2, s.pad_top = s.pad_left = 1;
  const Floats x(s.h * s.w * s.c), y(s.oh * s.ow * s.c);
  ThreadScope threads(1);
  for (auto _ : state) pool_pixels(s, x.data(), s.c, y.data(), s.c);
  state.counters["GB/s"] = giga(4.0 * static_cast<double>((s.h * s.w + s.oh * s.ow) * s.c));
}
BENCHMARK(max_pool)->MinTime(0.05);

// args: batch * heads, rows, keys, channels, threads
void attention(benchmark::State& state) {
  AttentionShape s;
  s.heads = s.kv_heads = state.range(0), s.rows = state.range(1), s.keys = state.range(2);
  s.channels = s.value_channels = state.range(3);
  const int64_t pitch = s.heads * s.channels;
  s.q = s.k = s.v = s.out = {0, s.channels, pitch};
  s.scale = 0.125f;
  const Floats q(s.rows * pitch), k(s.keys * pitch), v(s.keys * pitch), out(s.rows * pitch);
  ThreadScope threads(static_cast<int>(state.range(4)));
  const Attention a(isa(), s);
  const Floats workspace(static_cast<int64_t>(a.workspace(2) / 4));
  for (auto _ : state) a.run(q.data(), k.data(), v.data(), nullptr, out.data(), workspace.data(), 2);
  state.counters["GFLOP/s"] = giga(4.0 * static_cast<double>(s.heads * s.rows * s.keys * s.channels));
}
BENCHMARK(attention)
    ->Args({192, 49, 49, 32, 1})  // Swin-T, first stage: 64 windows of 3 heads
    ->Args({192, 49, 49, 32, 2})
    ->Args({12, 197, 197, 64, 1})
    ->Args({12, 197, 197, 64, 2})
    ->Args({12, 128, 128, 64, 1})
    ->Args({16, 384, 384, 64, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->MinTime(0.1);

}  // namespace

int main(int argc, char** argv) {
  benchmark::AddCustomContext("isa", isa_name(isa()));
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
