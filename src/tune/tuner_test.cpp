// What is timed, and how often, on a device of tactics that count their runs: by optimization level, and with times of
// earlier builds in the timing cache.
#include "tune/tuner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/map.h"
#include "ops/matmul.h"
#include "tune/problem.h"

namespace hone::tune {
namespace {

class CountingKernel : public Kernel {
 public:
  explicit CountingKernel(int* runs) : runs_(runs) {}
  void run(const Launch&) const noexcept override { ++*runs_; }

 private:
  int* runs_;
};

class CountingTactic : public Tactic {
 public:
  explicit CountingTactic(int number) : name_(fmt::format("counting.{}", number)) {}
  std::string_view name() const override { return name_; }
  Verdict supports(const Problem&) const override { return Verdict::yes(); }
  std::unique_ptr<Kernel> make(const Problem&, std::span<const Blob>) const override {
    return std::make_unique<CountingKernel>(&runs);
  }
  mutable int runs = 0;

 private:
  std::string name_;
};

// Runs in host memory, as the CPU device does.
class CountingBackend : public Backend {
 public:
  CountingBackend() {
    for (const CountingTactic& t : all) list_.push_back(&t);
  }
  std::string_view name() const override { return "counting"; }
  std::string fingerprint() const override { return "counting"; }
  std::string kernels_version() const override { return version; }
  std::span<const Tactic* const> tactics(const Op&) const override { return list_; }
  const Tactic* find_tactic(std::string_view) const override { return nullptr; }
  int timed_tactics() const {
    return static_cast<int>(std::count_if(all.begin(), all.end(), [](const auto& t) { return t.runs > 0; }));
  }
  int runs() const {
    int n = 0;
    for (const CountingTactic& t : all) n += t.runs;
    return n;
  }
  std::vector<CountingTactic> all{CountingTactic(0), CountingTactic(1), CountingTactic(2), CountingTactic(3)};
  std::string version = "1";

 private:
  std::vector<const Tactic*> list_;
};

Result tune_one_node(const CountingBackend& backend, int level, TimingCache* cache = nullptr) {
  ir::Graph g;
  g.mark_output(g.add(kMapOp, "relu", {g.add_input("x", DType::kF32, {2})}, MapAttrs())->output());
  Options o;
  o.backend = &backend;
  o.level = level;
  o.cache = cache;
  return tune(g, o);
}

TEST(Tuner, HigherLevelsTryMoreAndMeasureLonger) {
  const int tried[] = {0, 2, 4, 4, 4, 4};
  int before = -1;
  for (int level = 0; level <= 5; ++level) {
    SCOPED_TRACE(level);
    const CountingBackend backend;
    const Result r = tune_one_node(backend, level);
    EXPECT_EQ(r.timed, tried[level]);
    EXPECT_EQ(backend.timed_tactics(), tried[level]);
    EXPECT_GE(backend.runs(), before);
    before = backend.runs();
    ASSERT_EQ(r.choices.size(), 1u);
    EXPECT_NE(r.choices.begin()->second.tactic, nullptr);
    if (level == 0) {
      EXPECT_EQ(r.choices.begin()->second.tactic->name(), "counting.0");
    }
  }
  EXPECT_GT(before, 4 * 10);
}

TEST(Tuner, TimesOfOtherKernelsAreNotUsed) {
  CountingBackend backend;
  TimingCache cache;
  EXPECT_EQ(tune_one_node(backend, 3, &cache).timed, 4);
  const std::vector<std::byte> file = cache.serialize();
  TimingCache again(file);
  Result r = tune_one_node(backend, 3, &again);
  EXPECT_EQ(r.timed, 0);
  EXPECT_EQ(r.cached, 4);
  backend.version = "2";
  r = tune_one_node(backend, 3, &again);
  EXPECT_EQ(r.timed, 4);
  EXPECT_EQ(r.cached, 0);
  backend.version = "1";
  EXPECT_EQ(tune_one_node(backend, 3, &again).cached, 4);
}

// Extents of the data that constant weights fix; others stay unknown.
TEST(Problem, WeightsTellExtents) {
  ir::Graph g;
  const auto data = [&](const char* name, std::vector<std::string> dims) {
    Shape s;
    for (const std::string& d : dims) s.push_back(Dim::symbol(d));
    return g.add_input(name, DType::kF32, s);
  };
  const auto weights = [&](Dims d) { return g.constant("w", Tensor(DType::kF32, std::move(d))); };
  g.add(kConvolutionOp, "conv", {data("a", {"%a.0", "%a.1", "h", "w"}), weights({8, 3, 1, 1})}, ConvolutionAttrs());
  g.add(kDeconvolutionOp, "deconv", {data("b", {"n", "%b.1", "h", "w"}), weights({6, 2, 1, 1})}, DeconvolutionAttrs());
  g.add(kMatMulOp, "product", {data("c", {"%c.0", "%c.1"}), weights({7, 5})}, MatMulAttrs());
  Bindings b;
  bind_by_weights(g, b);
  EXPECT_EQ(b, (Bindings{{"%a.1", 3}, {"%b.1", 6}, {"%c.1", 7}}));
}

}  // namespace
}  // namespace hone::tune
