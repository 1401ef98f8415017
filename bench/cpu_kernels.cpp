// Speed of the CPU matrix product and convolution kernels by layer shape of well-known networks, beside oneDNN on the
// same shapes: GFLOP/s and the share of the machine's measured multiply-add peak. Usage: cpu_kernels [--benchmark_*].
// HONE_CPU_ISA=avx2 measures the AVX2 kernels; HONE_BENCH_THREADS sets the threads (default 1).
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/simd/conv_staged.h"
#include "backends/cpu/simd/gemm.h"
#include "base/parallel.h"
#include "onednn_peer.h"
#include "peak.h"

namespace hone::cpu {
namespace {

struct Layer {
  const char* name;
  int64_t size, in, out, kernel, stride;  // square convolution; kernel 0: matrix product with `size` rows
  bool residual;
  StepKind activation;  // kAffine: none
};

constexpr StepKind kNone = StepKind::kAffine, kRelu = StepKind::kClip, kSilu = StepKind::kSilu,
                   kGelu = StepKind::kGeluErf;

const Layer kLayers[] = {
    {"resnet50/stem", 224, 3, 64, 7, 2, false, kRelu},     {"resnet50/2a", 56, 64, 64, 1, 1, false, kRelu},
    {"resnet50/2b", 56, 64, 64, 3, 1, false, kRelu},       {"resnet50/2c", 56, 64, 256, 1, 1, true, kRelu},
    {"resnet50/2d", 56, 256, 64, 1, 1, false, kRelu},      {"resnet50/3down", 56, 256, 512, 1, 2, false, kNone},
    {"resnet50/3s", 56, 128, 128, 3, 2, false, kRelu},     {"resnet50/3b", 28, 128, 128, 3, 1, false, kRelu},
    {"resnet50/3c", 28, 128, 512, 1, 1, true, kRelu},      {"resnet50/3a", 28, 512, 128, 1, 1, false, kRelu},
    {"resnet50/4b", 14, 256, 256, 3, 1, false, kRelu},     {"resnet50/4c", 14, 256, 1024, 1, 1, true, kRelu},
    {"resnet50/4a", 14, 1024, 256, 1, 1, false, kRelu},    {"resnet50/5b", 7, 512, 512, 3, 1, false, kRelu},
    {"resnet50/5c", 7, 512, 2048, 1, 1, true, kRelu},      {"resnet50/5a", 7, 2048, 512, 1, 1, false, kRelu},
    {"resnet50/fc", 1, 2048, 1000, 0, 1, false, kNone},    {"mobilenet2/stem", 224, 3, 32, 3, 2, false, kRelu},
    {"mobilenet2/1p", 112, 32, 16, 1, 1, false, kNone},    {"mobilenet2/2e", 112, 16, 96, 1, 1, false, kRelu},
    {"mobilenet2/2p", 56, 96, 24, 1, 1, false, kNone},     {"mobilenet2/3e", 56, 24, 144, 1, 1, false, kRelu},
    {"mobilenet2/3p", 28, 144, 32, 1, 1, true, kNone},     {"mobilenet2/4e", 28, 32, 192, 1, 1, false, kRelu},
    {"mobilenet2/4p", 14, 192, 64, 1, 1, false, kNone},    {"mobilenet2/5e", 14, 64, 384, 1, 1, false, kRelu},
    {"mobilenet2/6p", 14, 576, 96, 1, 1, true, kNone},     {"mobilenet2/7e", 7, 160, 960, 1, 1, false, kRelu},
    {"mobilenet2/7p", 7, 960, 160, 1, 1, true, kNone},     {"mobilenet2/head", 7, 320, 1280, 1, 1, false, kRelu},
    {"efficientnet/1p", 112, 32, 16, 1, 1, false, kNone},  {"efficientnet/2e", 112, 16, 96, 1, 1, false, kSilu},
    {"efficientnet/3p", 28, 144, 40, 1, 1, false, kNone},  {"efficientnet/5e", 14, 80, 480, 1, 1, false, kSilu},
    {"efficientnet/6e", 14, 112, 672, 1, 1, false, kSilu}, {"efficientnet/7e", 7, 192, 1152, 1, 1, false, kSilu},
    {"efficientnet/se", 1, 1152, 48, 0, 1, false, kSilu},  {"vit_b/qkv", 197, 768, 2304, 0, 1, false, kNone},
    {"vit_b/proj", 197, 768, 768, 0, 1, true, kNone},      {"vit_b/mlp1", 197, 768, 3072, 0, 1, false, kGelu},
    {"vit_b/mlp2", 197, 3072, 768, 0, 1, true, kNone},     {"bert/qkv", 128, 768, 2304, 0, 1, false, kNone},
    {"bert/mlp1", 128, 768, 3072, 0, 1, false, kGelu},     {"bert/mlp2", 128, 3072, 768, 0, 1, true, kNone},
};

int bench_threads() {
  const char* value = std::getenv("HONE_BENCH_THREADS");
  return value != nullptr ? std::max(1, std::atoi(value)) : 1;
}

std::vector<float> random_floats(int64_t n) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> u(-1, 1);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = u(generator);
  return v;
}

/// Runs f for the benchmark's time and reports the best iteration, which a busy machine disturbs least.
template <class F>
void measure(benchmark::State& state, double flops, F f) {
  using Clock = std::chrono::steady_clock;
  double best = 1e300;
  for (auto _ : state) {
    const auto start = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  state.counters["best_us"] = best * 1e6;
  state.counters["GFLOP/s"] = flops / best * 1e-9;
  state.counters["%peak"] = flops / best * 1e-7 / bench::peak_gflops(isa());
}

enum class Method { kGathered, kStaged };

void own(benchmark::State& state, const Layer& l, Method method) {
  const ThreadScope threads(bench_threads());
  ConvRows rows;
  rows.height = rows.width = l.size, rows.channels = rows.pixel_pitch = l.in;
  rows.kernel_h = rows.kernel_w = l.kernel, rows.stride_h = rows.stride_w = l.stride;
  rows.pad_top = rows.pad_left = l.kernel / 2;
  rows.out_height = rows.out_width = (l.size + l.stride - 1) / l.stride;
  const int64_t k = l.kernel == 0 ? l.in : rows.k();
  const int64_t m = l.kernel == 0 ? l.size : rows.out_height * rows.out_width;
  const auto input = random_floats((l.kernel == 0 ? l.size : l.size * l.size) * l.in),
             weights = random_floats(k * l.out);
  const auto bias = random_floats(l.out), residual = random_floats(m * l.out);
  std::vector<float> packed(static_cast<size_t>(packed_b_size(isa(), k, l.out) + 16)),
      out(static_cast<size_t>(m * l.out + 16));
  const auto aligned = [](float* p) {
    return reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(p) + 63) & ~uintptr_t{63});
  };
  pack_b(isa(), k, l.out, weights.data(), l.out, false, aligned(packed.data()));
  rows.input = input.data();
  Epilogue e;
  e.bias = bias.data();
  if (l.residual) e.residual = residual.data(), e.residual_pitch = l.out;
  if (l.activation == kRelu)
    e.clip = true, e.lo = 0, e.hi = 6;
  else if (l.activation != kNone)
    e.push({l.activation, 1, 0, {}});
  const bool direct = l.kernel == 0 || (l.kernel == 1 && l.stride == 1);
  const Gemm g{
      m,     l.out, k, input.data(), l.in, direct ? nullptr : &rows, aligned(packed.data()), aligned(out.data()),
      l.out, &e};
  const StagedConv staged{rows, l.in == 3, 1, l.out, g.b, g.c, g.ldc, &e};
  std::vector<std::byte> workspace(
      method == Method::kStaged ? static_cast<size_t>(staged_conv_workspace(rows, staged.planar, bench_threads())) : 0);
  measure(state, 2.0 * static_cast<double>(m) * static_cast<double>(l.out) * static_cast<double>(k),
          [&] { method == Method::kStaged ? staged_conv(isa(), staged, workspace.data()) : gemm(isa(), g); });
}

void peer(benchmark::State& state, const Layer& l) {
  const ThreadScope threads(bench_threads());
  const auto activation = l.activation == kNone   ? bench::PeerActivation::kNone
                          : l.activation == kRelu ? bench::PeerActivation::kRelu6
                          : l.activation == kSilu ? bench::PeerActivation::kSilu
                                                  : bench::PeerActivation::kGelu;
  bench::OneDnnPeer p({l.size, l.in, l.out, l.kernel, l.stride, l.residual, activation});
  measure(state, p.flops(), [&] { p.run(); });
  state.SetLabel(p.implementation());
}

}  // namespace
}  // namespace hone::cpu

int main(int argc, char** argv) {
  using namespace hone::cpu;
  if (detected_isa() == Isa::kNone) return 1;
  std::printf("%s, peak %.1f GFLOP/s per thread\n", isa_name(isa()), hone::bench::peak_gflops(isa()));
  for (const Layer& l : kLayers) {
    benchmark::RegisterBenchmark((std::string(l.name) + "/own").c_str(), [&l](benchmark::State& s) {
      own(s, l, Method::kGathered);
    })->UseRealTime();
    if (l.kernel * l.stride > 1)
      benchmark::RegisterBenchmark((std::string(l.name) + "/staged").c_str(), [&l](benchmark::State& s) {
        own(s, l, Method::kStaged);
      })->UseRealTime();
    benchmark::RegisterBenchmark((std::string(l.name) + "/onednn").c_str(), [&l](benchmark::State& s) {
      peer(s, l);
    })->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
