// Speed of the CPU kernels that are not matrix products, on the layers of the networks that we care about. Reports
// GFLOP/s or GB/s; HONE_CPU_ISA=avx2 forces the lesser instruction set.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/isa.h"
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

}  // namespace

int main(int argc, char** argv) {
  benchmark::AddCustomContext("isa", isa_name(isa()));
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
