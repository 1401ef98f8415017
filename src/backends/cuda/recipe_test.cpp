// Recipes from source to result: arguments of every kind, shared memory, barriers, errors, code that comes from a plan.
#include "backends/cuda/recipe.h"

#include <gtest/gtest.h>

#include <thread>

#include "backends/cuda/device.h"
#include "backends/cuda/driver/api.h"
#include "backends/cuda/modules.h"
#include "backends/cuda/tactics/testing.h"
#include "ops/map.h"
#include "ops/reduce.h"
#include "ops/type.h"

namespace hone::cuda {
namespace {

using testing::TestProblem;

class RecipeTest : public testing::CudaTest {};
class RecipeDeviceTest : public testing::CudaDeviceTest {};

// y = a + b for dense f32 tensors of the same dims.
class AddTactic : public RecipeTactic {
 public:
  std::string_view name() const override { return "test.add"; }
  Verdict supports(const Problem& p) const override {
    if (p.inputs[0].dims != p.inputs[1].dims) return Verdict::no("dims differ");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    Recipe r;
    r.source = R"(
extern "C" __global__ void __launch_bounds__(128) kernel(const float* a, const float* b, float* y, int n) {
  const int i = blockIdx.x * 128 + threadIdx.x;
  if (i < n) y[i] = a[i] + b[i];
}
)";
    const int64_t n = p.outputs[0].count();
    r.grid = {static_cast<unsigned>((n + 127) / 128), 1, 1}, r.block = {128, 1, 1};
    r.arguments = {Argument::input(0), Argument::input(1), Argument::output(0),
                   Argument::value_of(static_cast<int>(n))};
    return {r};
  }
};

MapAttrs add_attrs() {
  MapAttrs a;
  a.fn = ScalarFn::kAdd;
  return a;
}

TEST_F(RecipeTest, AddsVectors) {
  const AddTactic tactic;
  for (const Dims& dims : {Dims{1}, Dims{127}, Dims{3, 50, 7}})
    TestProblem(kMapOp, add_attrs()).input(DType::kF32, dims).input(DType::kF32, dims).check(tactic);
}

TEST_F(RecipeTest, LaunchesNothingForNoElements) {
  TestProblem(kMapOp, add_attrs()).input(DType::kF32, {0, 3}).input(DType::kF32, {0, 3}).check(AddTactic());
}

// The same, started early.
class EarlyAddTactic : public AddTactic {
 public:
  std::string_view name() const override { return "test.early_add"; }
  std::vector<Recipe> recipes(const Problem& p) const override {
    std::vector<Recipe> r = AddTactic::recipes(p);
    r[0].source = "#include \"overlap.cuh\"\n" + r[0].source;
    const size_t body = r[0].source.find("  const int i");
    r[0].source.insert(body, "  let_next_start();\n  wait_for_previous();\n");
    r[0].overlaps = true;
    return r;
  }
};

TEST_F(RecipeTest, StartsEarly) {
  TestProblem(kMapOp, add_attrs()).input(DType::kF32, {1000}).input(DType::kF32, {1000}).check(EarlyAddTactic());
}

// Sums rows: dynamic shared memory of more than 48 KiB, barriers, shuffles, a workspace and two launches.
class SumTactic : public RecipeTactic {
 public:
  std::string_view name() const override { return "test.sum"; }
  Verdict supports(const Problem&) const override { return Verdict::yes(); }
  size_t workspace(const Problem& p) const override { return static_cast<size_t>(p.inputs[0].dims[0]) * 8; }
  std::vector<Recipe> recipes(const Problem& p) const override {
    Recipe sum, copy;
    sum.source = R"(
extern "C" __global__ void __launch_bounds__(96) sum(const float* x, float* partial, int n) {
  extern __shared__ __align__(16) float row[];
  __shared__ float of_warp[3];
  for (int i = threadIdx.x; i < n; i += 96) row[n - 1 - i] = x[(long long)blockIdx.x * n + i];
  __syncthreads();
  float s = 0;
  for (int i = threadIdx.x; i < n; i += 96) s += row[i];
  for (int lane = 16; lane > 0; lane /= 2) s += __shfl_xor_sync(0xffffffffu, s, lane);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = s;
  __syncthreads();
  if (threadIdx.x == 0) partial[2 * blockIdx.x] = of_warp[0] + of_warp[1] + of_warp[2];
}
)";
    copy.source = R"(
struct Pair { float value, unused; };
extern "C" __global__ void copy(const Pair* partial, float* y) { y[blockIdx.x] = partial[blockIdx.x].value; }
)";
    const auto rows = static_cast<unsigned>(p.inputs[0].dims[0]);
    const int n = static_cast<int>(p.inputs[0].dims[1]);
    sum.entry = "sum", copy.entry = "copy";
    sum.grid = copy.grid = {rows, 1, 1};
    sum.block = {96, 1, 1};
    sum.shared_bytes = 60 << 10;
    sum.arguments = {Argument::input(0), Argument::workspace(), Argument::value_of(n)};
    copy.arguments = {Argument::workspace(), Argument::output(0)};
    return {sum, copy};
  }
};

TEST_F(RecipeTest, SharesMemoryAndWaits) {
  ReduceAttrs a;
  a.axes = {1};
  TestProblem(kReduceOp, a).input(DType::kF32, {5, 1001}).check(SumTactic());
}

class BrokenTactic : public AddTactic {
 public:
  std::vector<Recipe> recipes(const Problem& p) const override {
    std::vector<Recipe> r = AddTactic::recipes(p);
    change(&r[0]);
    return r;
  }
  void (*change)(Recipe*) = nullptr;
};

std::string error_of(void (*change)(Recipe*)) {
  BrokenTactic t;
  t.change = change;
  TestProblem p(kMapOp, add_attrs());
  p.input(DType::kF32, {4}).input(DType::kF32, {4});
  try {
    t.make(p.problem(), {});
  } catch (const InternalError& e) {
    return e.what();
  }
  return "";
}

TEST_F(RecipeDeviceTest, SaysWhatIsWrong) {
  const std::string text =
      error_of([](Recipe* r) { r->source = "extern \"C\" __global__ void kernel() { nonsense; }"; });
  EXPECT_NE(text.find("nonsense"), std::string::npos) << text;
  EXPECT_NE(text.find("test.add"), std::string::npos) << text;
  EXPECT_NE(error_of([](Recipe* r) { r->entry = "other"; }).find("other"), std::string::npos);
  EXPECT_NE(error_of([](Recipe* r) { r->block = {2048, 1, 1}; }).find("2048"), std::string::npos);
  EXPECT_NE(error_of([](Recipe* r) { r->arguments[0] = Argument::blob(0); }).find("blob 0"), std::string::npos);
  if (driver().function_parameter != nullptr) {
    EXPECT_NE(error_of([](Recipe* r) { r->arguments.pop_back(); }), "");
    EXPECT_NE(error_of([](Recipe* r) { r->arguments.back() = Argument::value_of(int64_t{4}); }), "");
  }
}

TEST_F(RecipeDeviceTest, CompilesASourceOnce) {
  const std::string source = "extern \"C\" __global__ void kernel(int* x) { *x = 4711; }";
  std::array<CodeImage, 4> images;
  std::vector<std::thread> threads;
  for (CodeImage& i : images) threads.emplace_back([&] { i = machine_code(source); });
  for (std::thread& t : threads) t.join();
  for (const CodeImage& i : images) EXPECT_EQ(i.code.data, images[0].code.data);
}

TEST_F(RecipeDeviceTest, CodeGoesThroughPlans) {
  const AddTactic tactic;
  TestProblem p(kMapOp, add_attrs());
  p.input(DType::kF32, {4}).input(DType::kF32, {4});
  std::vector<CodeImage> images;
  tactic.make(p.problem(), {})->collect_code(&images);
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].key, code_key(tactic.recipes(p.problem())[0].source));
  EXPECT_GT(images[0].code.size, 100u);
  // Code under a key of its own is what a kernel of that source gets.
  const std::string source = "extern \"C\" __global__ void kernel() { this is no code; }";
  provide_machine_code({code_key(source), images[0].code});
  EXPECT_NE(load_function(source, "kernel", 0).function, nullptr);
}

TEST_F(RecipeDeviceTest, CapturesIntoGraphs) {
  const Device& d = cuda_device();
  const AddTactic tactic;
  TestProblem p(kMapOp, add_attrs());
  p.input(DType::kF32, {4}).input(DType::kF32, {4});
  const auto kernel = tactic.make(p.problem(), {});
  auto* a = static_cast<float*>(d.allocate(16));
  auto* y = static_cast<float*>(d.allocate(16));
  void* stream = d.create_stream();
  const std::vector<float> ones{1, 2, 3, 4};
  const void* in[] = {a, a};
  void* out[] = {y};
  EXPECT_FALSE(d.begin_capture(nullptr));
  ASSERT_TRUE(d.begin_capture(stream));
  EXPECT_TRUE(d.is_capturing(stream));
  kernel->run({in, out, nullptr, stream});
  void* graph = d.end_capture(stream);
  ASSERT_NE(graph, nullptr);
  EXPECT_FALSE(d.is_capturing(stream));
  d.upload(a, ones.data(), 16, stream);
  d.launch_graph(graph, stream);
  std::vector<float> got(4);
  d.download(got.data(), y, 16, stream);
  EXPECT_EQ(got, (std::vector<float>{2, 4, 6, 8}));
  d.destroy_graph(graph), d.destroy_stream(stream), d.release(a), d.release(y);
}

}  // namespace
}  // namespace hone::cuda
