// Implementation of testing.h (in a test source, so that the library stays free of it).
#include "backends/cuda/tactics/testing.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "backends/cuda/backend.h"
#include "backends/cuda/device.h"
#include "backends/cuda/driver/api.h"
#include "backends/cuda/gpu.h"
#include "backends/cuda/modules.h"
#include "backends/extents.h"
#include "backends/layout.h"
#include "ops/pointwise.h"

namespace hone::cuda::testing {
namespace {

constexpr size_t kGuard = 256;          // bytes before and after every buffer
constexpr unsigned char kGap = 0xB5;    // what outputs hold before
constexpr unsigned char kInGap = 0xFF;  // not a number: reading between rows shows

// The real driver where it has a GPU, else the emulator; what the environment says comes first.
void choose_device() {
  std::string why_not;
  DriverApi probe;
  if (std::getenv("HONE_CUDA_DRIVER") != nullptr || load_driver(&probe, &why_not)) return;
#ifdef HONE_EMULATOR
  setenv("HONE_CUDA_DRIVER", HONE_EMULATOR, 0);
  setenv("HONE_NVRTC", HONE_EMULATOR, 0);
#endif
}

// Empty: tests can run.
const std::string& why_no_device() {
  static const std::string reason = [] {
    if (!only_compiles()) choose_device();
    std::string why_not;
    if (only_compiles()) return find_nvrtc(&why_not) == nullptr ? why_not : std::string();
    if (find_driver(&why_not) == nullptr || find_nvrtc(&why_not) == nullptr) return why_not;
    return std::string();
  }();
  return reason;
}

size_t width_of(DType t) { return static_cast<size_t>(bits(t)) / 8; }

/// Elements that a buffer of this layout spans.
int64_t span_of(const TensorDesc& d) {
  if (d.count() == 0) return 0;
  const std::vector<int64_t> s = element_strides(d);
  int64_t last = 0;
  for (size_t a = 0; a < s.size(); ++a) last += (d.dims[a] - 1) * s[a];
  return last + 1;
}

/// Calls f(index in logical order, position in memory) for every element.
template <class F>
void for_each_element(const TensorDesc& d, F&& f) {
  const std::vector<int64_t> s = element_strides(d);
  std::vector<int64_t> at(d.dims.size(), 0);
  for (int64_t i = 0; i < d.count(); ++i) {
    int64_t position = 0;
    for (size_t a = 0; a < at.size(); ++a) position += at[a] * s[a];
    f(static_cast<size_t>(i), static_cast<size_t>(position));
    for (size_t a = at.size(); a-- > 0;) {
      if (++at[a] < d.dims[a]) break;
      at[a] = 0;
    }
  }
}

// Device memory with guard zones.
class Buffer {
 public:
  explicit Buffer(size_t bytes, unsigned char fill) : bytes_(bytes) {
    memory_ = cuda_device().allocate(bytes + 2 * kGuard);
    cuda_device().fill(memory_, fill, bytes + 2 * kGuard, nullptr);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cuda_device().release(memory_); }
  std::byte* data() const { return static_cast<std::byte*>(memory_) + kGuard; }
  size_t size() const { return bytes_; }
  void upload(const std::vector<std::byte>& from) const {
    cuda_device().upload(data(), from.data(), from.size(), nullptr);
  }
  std::vector<std::byte> download() const {
    std::vector<std::byte> all(bytes_ + 2 * kGuard);
    cuda_device().download(all.data(), memory_, all.size(), nullptr);
    return all;
  }

 private:
  size_t bytes_;
  void* memory_ = nullptr;
};

std::unique_ptr<Buffer> to_device(const Tensor& value, const TensorDesc& d) {
  const size_t w = width_of(d.type);
  std::vector<std::byte> memory(static_cast<size_t>(span_of(d)) * w, std::byte{kInGap});
  const auto* from = static_cast<const std::byte*>(value.raw());
  for_each_element(d, [&](size_t i, size_t at) { std::copy_n(from + i * w, w, memory.data() + at * w); });
  auto b = std::make_unique<Buffer>(memory.size(), kInGap);
  b->upload(memory);
  return b;
}

/// The output as a linear tensor; fails the test where bytes that are not the output's have changed.
Tensor from_device(const Buffer& b, const TensorDesc& d, std::string_view who) {
  const size_t w = width_of(d.type);
  std::vector<std::byte> all = b.download();
  Tensor value = Tensor::zeros(d.type, d.dims);
  auto* to = static_cast<std::byte*>(value.raw());
  for_each_element(d, [&](size_t i, size_t at) {
    std::byte* from = all.data() + kGuard + at * w;
    std::copy_n(from, w, to + i * w);
    std::fill_n(from, w, std::byte{kGap});
  });
  const auto touched = std::find_if(all.begin(), all.end(), [](std::byte x) { return x != std::byte{kGap}; });
  EXPECT_TRUE(touched == all.end()) << who << " wrote where no output is, at byte "
                                    << touched - all.begin() - static_cast<ptrdiff_t>(kGuard) << " of " << b.size();
  return value;
}

void compare(const Tensor& got, const Tensor& want, double tolerance, std::string_view who) {
  ASSERT_EQ(got.dims(), want.dims()) << who;
  const std::vector<double> g = got.as_doubles(), w = want.as_doubles();
  double error = 0, norm = 0, worst = -1;
  size_t worst_at = 0, count = 0;
  for (size_t i = 0; i < g.size(); ++i) {
    const bool same = g[i] == w[i] || (std::isnan(g[i]) && std::isnan(w[i]));
    if (!std::isfinite(g[i]) || !std::isfinite(w[i])) {
      ASSERT_TRUE(same) << who << ": element " << i << " is " << g[i] << " instead of " << w[i];
      continue;
    }
    const double d = std::abs(g[i] - w[i]);
    error += d * d, norm += w[i] * w[i], ++count;
    if (d > worst) worst = d, worst_at = i;
  }
  if (count == 0) return;
  const double rms = std::sqrt(norm / static_cast<double>(count));
  EXPECT_LE(std::sqrt(error), tolerance * std::sqrt(norm) + 1e-30) << who << ": relative L2 error";
  EXPECT_LE(worst, 16 * tolerance * (rms + std::abs(w[worst_at])) + 1e-30)
      << who << ": element " << worst_at << " of " << g.size() << " is " << g[worst_at] << " instead of "
      << w[worst_at];
}

// What is compiled where nothing runs: the first distinct sources of each tactic. At the end every family of tactics,
// which differ in the sizes of their tiles only, must have been met, so that none is forgotten.
class CompiledTactics : public ::testing::Environment {
 public:
  static void compile(const Tactic& t, const Problem& p) {
    const auto* recipe_tactic = dynamic_cast<const RecipeTactic*>(&t);
    if (recipe_tactic == nullptr) return;  // calls a library
    std::set<std::string>& sources = met()[std::string(t.name())];
    if (!t.supports(p)) return;  // not for this GPU
    for (const Recipe& r : recipe_tactic->recipes(p)) {
      if (r.grid[0] == 0 || r.grid[1] == 0 || r.grid[2] == 0) continue;
      if (sources.size() >= limit() || !sources.insert(code_key(r.source)).second) continue;
      EXPECT_NO_THROW({
        try {
          machine_code(r.source);
        } catch (const Error& e) {
          ADD_FAILURE() << t.name() << ": " << e.what();
        }
      });
    }
  }
  void TearDown() override {
    if (!only_compiles() || !why_no_device().empty() || GTEST_FLAG_GET(filter) != "*") return;
    size_t count = 0;
    std::set<std::string> families;
    for (const auto& [name, sources] : met()) families.insert(family(name));
    const bool has_all = gpu().capability() / 10 == 9;  // others lack some families
    for (const Op* op : all_ops())
      for (const Tactic* t : backend().tactics(*op))
        EXPECT_TRUE(!has_all || dynamic_cast<const RecipeTactic*>(t) == nullptr || families.count(family(t->name())))
            << "no test compiles kernels of " << t->name();
    for (const auto& [name, sources] : met()) count += sources.size();
    std::printf("%zu kernels of %zu tactics compiled for %s\n", count, met().size(), architecture_name().c_str());
  }

 private:
  // "cuda.gemm_mma" of "cuda.gemm_mma_64x128_split".
  static std::string family(std::string_view name) {
    size_t end = name.find_first_of("0123456789");
    if (end != std::string_view::npos) name = name.substr(0, end);
    return std::string(name.substr(0, name.find_last_not_of('_') + 1));
  }
  static std::map<std::string, std::set<std::string>, std::less<>>& met() {
    static std::map<std::string, std::set<std::string>, std::less<>> m;
    return m;
  }
  static size_t limit() {
    const char* text = std::getenv("HONE_CUDA_SOURCES");
    return text != nullptr && *text != 0 ? static_cast<size_t>(std::atoll(text)) : 12;
  }
};
[[maybe_unused]] const auto* const compiled_tactics = ::testing::AddGlobalTestEnvironment(new CompiledTactics);

}  // namespace

bool only_compiles() {
  const char* arch = std::getenv("HONE_CUDA_ARCH");
  return arch != nullptr && *arch != 0;
}

void CudaTest::SetUp() {
  if (!why_no_device().empty()) GTEST_SKIP() << "no device to run on: " << why_no_device();
}

void CudaDeviceTest::SetUp() {
  CudaTest::SetUp();
  if (only_compiles()) GTEST_SKIP() << "HONE_CUDA_ARCH is set: nothing runs";
}

bool is_emulated() { return why_no_device().empty() && gpu_in_hand().name.find("Emulated") != std::string::npos; }

TestProblem& TestProblem::input(DType type, const Dims& dims, Layout layout, bool constant, double low, double high) {
  Tensor t(DType::kF64, dims);
  std::uniform_real_distribution<double> u(low, high);
  for (double& v : t.span<double>()) {
    v = u(random_);
    if (is_integer(type)) v = std::floor(v);
    if (type == DType::kBool) v = v < (low + high) / 2 ? 0 : 1;
  }
  return input(t.to(type), layout, constant);
}

TestProblem& TestProblem::input(const Tensor& value, Layout layout, bool constant) {
  values_.push_back(value), layouts_.push_back(layout), constant_.push_back(constant);
  reference_.clear();
  return *this;
}

TestProblem& TestProblem::missing_input() { return input(Tensor()); }

TestProblem& TestProblem::epilogue(std::string_view program) {
  base_inputs_ = static_cast<int>(values_.size());
  program_ = PwProgram::parse(program);
  return *this;
}

TestProblem& TestProblem::output(Format format, int64_t extra_pitch) {
  out_layouts_.push_back({format, extra_pitch});
  return *this;
}

TestProblem& TestProblem::output_type(DType type) {
  out_type_ = type;
  return *this;
}

TestProblem& TestProblem::outputs(size_t count) {
  outputs_ = count;
  return *this;
}

TestProblem& TestProblem::allow_tf32() {
  tf32_ = true;
  return *this;
}

const std::vector<Tensor>& TestProblem::reference() {
  if (!reference_.empty()) return reference_;
  const size_t base = base_inputs_ >= 0 ? static_cast<size_t>(base_inputs_) : values_.size();
  std::vector<const Tensor*> inputs;
  for (size_t i = 0; i < base; ++i) inputs.push_back(values_[i].defined() ? &values_[i] : nullptr);
  reference_ = evaluate(op_, *attrs_, inputs, outputs_);
  if (base_inputs_ >= 0) {
    std::vector<const Tensor*> operands{&reference_[0]};
    for (size_t i = base; i < values_.size(); ++i) operands.push_back(&values_[i]);
    std::vector<Tensor> results = evaluate(program_, operands);
    reference_.assign(results.begin(), results.end());
  }
  if (out_type_)
    for (Tensor& t : reference_) t = t.to(*out_type_);
  return reference_;
}

std::vector<TensorDesc> TestProblem::inferred_outputs() {
  const size_t base = base_inputs_ >= 0 ? static_cast<size_t>(base_inputs_) : values_.size();
  std::vector<TensorInfo> facts;
  for (size_t i = 0; i < base; ++i) {
    const Tensor& t = values_[i];
    facts.push_back({t.type(), to_shape(t.dims()), std::nullopt, t.defined() ? &t : nullptr});
  }
  const std::unique_ptr<Attributes> attrs = attrs_->clone();
  InferContext c;
  c.attrs = attrs.get();
  for (size_t i = 0; i < base; ++i) c.inputs.push_back(values_[i].defined() ? &facts[i] : nullptr);
  c.outputs.resize(outputs_);
  infer(op_, c);
  std::vector<TensorDesc> descs;
  for (const TensorInfo& t : c.outputs) {
    if (!is_const(t.shape)) return {};
    descs.push_back({t.type, Format::kLinear, to_dims(t.shape), 0});
  }
  const int last = base_inputs_ < 0 ? -1 : program_.outputs.at(0) - program_.inputs;
  if (last >= 0) descs[0].type = program_.code.at(static_cast<size_t>(last)).type;
  return descs;
}

// Types and dims of the outputs. Where nothing runs the shape rule tells them, unless they depend on data.
std::vector<TensorDesc> TestProblem::output_facts() {
  std::vector<TensorDesc> descs;
  if (only_compiles()) descs = inferred_outputs();
  if (!descs.empty()) {
    for (TensorDesc& d : descs) d.type = out_type_.value_or(d.type);
    return descs;
  }
  for (const Tensor& t : reference()) descs.push_back({t.type(), Format::kLinear, t.dims(), 0});
  return descs;
}

const Problem& TestProblem::problem() {
  problem_ = {};
  problem_.op = &op_, problem_.attrs = attrs_.get();
  problem_.allow_tf32 = tf32_;
  if (base_inputs_ >= 0) problem_.epilogue = {&program_, base_inputs_};
  for (size_t i = 0; i < values_.size(); ++i) {
    const Tensor& t = values_[i];
    problem_.inputs.push_back(t.defined() ? TensorDesc{t.type(), layouts_[i].format, t.dims(), layouts_[i].pitch}
                                          : TensorDesc());
    problem_.present.push_back(t.defined());
    problem_.constants.push_back(constant_[i] ? &t : nullptr);
  }
  problem_.outputs = output_facts();
  if (op_.has(kDataDependent)) {
    const std::vector<Dims> largest = dims_for_extent(problem_, largest_extent(problem_));
    for (size_t i = 0; i < largest.size(); ++i) problem_.outputs[i].dims = largest[i];
  }
  for (size_t i = 0; i < problem_.outputs.size(); ++i) {
    TensorDesc& d = problem_.outputs[i];
    if (i < out_layouts_.size()) {
      d.format = out_layouts_[i].format;
      const int64_t row = d.format == Format::kChannelsLast ? d.channels() : d.dims.empty() ? 1 : d.dims.back();
      if (out_layouts_[i].pitch > 0) d.pitch = row + out_layouts_[i].pitch;
    }
  }
  return problem_;
}

double TestProblem::tolerance_of(DType t) const {
  double tolerance = t == DType::kF16 ? 3e-3 : t == DType::kBF16 ? 2e-2 : is_float(t) ? (tf32_ ? 1e-3 : 1e-5) : 0;
  if (!is_float(t)) return tolerance;
  // An output in f32 of operands in less is as good as these are.
  for (const Tensor& v : values_) {
    if (v.defined() && v.type() == DType::kBF16) tolerance = std::max(tolerance, 2e-2);
    if (v.defined() && v.type() == DType::kF16) tolerance = std::max(tolerance, 3e-3);
  }
  return tolerance;
}

std::vector<Tensor> TestProblem::run(const Tactic& t) {
  const Problem& p = problem();
  if (only_compiles()) {
    CompiledTactics::compile(t, p);
    return reference();
  }
  const Verdict v = t.supports(p);
  EXPECT_TRUE(static_cast<bool>(v)) << t.name() << " refuses: " << v.reason;
  if (!v) return {};
  const uint64_t folded = t.folds(p);
  std::vector<Blob> blobs = t.prepare(p);
  std::vector<std::unique_ptr<Buffer>> memory;
  for (Blob& b : blobs) {
    memory.push_back(std::make_unique<Buffer>(b.size, kInGap));
    cuda_device().upload(memory.back()->data(), b.data, b.size, nullptr);
    b.data = memory.back()->data();
  }
  t.compile(p);
  const std::unique_ptr<Kernel> kernel = t.make(p, blobs);
  std::vector<const void*> in;
  for (size_t i = 0; i < values_.size(); ++i) {
    if (!values_[i].defined() || (folded >> i & 1) != 0) {
      in.push_back(nullptr);
      continue;
    }
    memory.push_back(to_device(values_[i], p.inputs[i]));
    in.push_back(memory.back()->data());
  }
  std::vector<std::unique_ptr<Buffer>> results;
  std::vector<void*> out;
  for (const TensorDesc& d : p.outputs) {
    results.push_back(std::make_unique<Buffer>(static_cast<size_t>(span_of(d)) * width_of(d.type), kGap));
    out.push_back(results.back()->data());
  }
  const Buffer extent(sizeof(int64_t), kGap);
  if (op_.has(kDataDependent)) out.push_back(extent.data());
  const Buffer workspace(kernel->workspace(), kInGap);
  kernel->run({in.data(), out.data(), workspace.data(), nullptr});
  EXPECT_EQ(cuda_device().take_error(), "") << t.name();
  cuda_device().synchronize(nullptr);
  std::vector<TensorDesc> found = p.outputs;
  if (op_.has(kDataDependent)) {
    const auto n = from_device(extent, {DType::kI64, Format::kLinear, {1}, 0}, t.name()).as_ints()[0];
    const std::vector<Dims> dims = dims_for_extent(p, n);
    for (size_t i = 0; i < found.size(); ++i) found[i].dims = dims[i];
  }
  std::vector<Tensor> values;
  for (size_t i = 0; i < results.size(); ++i) values.push_back(from_device(*results[i], found[i], t.name()));
  return values;
}

void TestProblem::check(const Tactic& t, double tolerance) {
  if (only_compiles()) return CompiledTactics::compile(t, problem());
  const std::vector<Tensor> got = run(t);
  if (got.empty()) return;
  const std::vector<Tensor>& want = reference();
  ASSERT_EQ(got.size(), want.size()) << t.name();
  for (size_t i = 0; i < got.size(); ++i)
    compare(got[i], want[i], tolerance < 0 ? tolerance_of(want[i].type()) : tolerance, t.name());
}

void TestProblem::refuses(const Tactic& t) {
  if (only_compiles()) return;  // what is refused may depend on the GPU
  const Verdict v = t.supports(problem());
  EXPECT_FALSE(static_cast<bool>(v)) << t.name() << " takes a problem that it cannot run";
}

}  // namespace hone::cuda::testing
