// Matrix products, and convolutions of single pixels in channels-last images, by cuBLASLt. Bias, ReLU, GELU (tanh) and
// a residual are fused; other epilogues follow as an element-wise launch. The library's algorithms, and both ways to
// store constant weights, are timed at build time.
#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>

#include "backends/cuda/device.h"
#include "backends/cuda/gpu.h"
#include "backends/cuda/libraries/choices.h"
#include "backends/cuda/libraries/cublaslt.h"
#include "backends/cuda/tactics/library/product.h"
#include "backends/cuda/tactics/library/second_launch.h"

namespace hone::cuda {
namespace {

namespace lt = cublaslt;

constexpr int kAlgorithms = 8;  // as many as the library gives
constexpr size_t kMostWorkspace = 64u << 20;
constexpr uint32_t kAlignment = 16;
/// A blob of weights stored [k, n] is longer than its matrix by this; [n, k] is not.
constexpr size_t kPlainMark = 64;

int library_type(DType t) {
  switch (t) {
    case DType::kF32:
      return lt::kF32;
    case DType::kF16:
      return lt::kF16;
    case DType::kBF16:
      return lt::kBF16;
    default:
      return -1;
  }
}

size_t aligned(size_t bytes) { return (bytes + 255) / 256 * 256; }

bool folds_weights(const Problem& p) { return p.constant(1) != nullptr; }

/// How one node is given to the library.
struct Call {
  Product product;
  FusedTail tail;
  bool split = false;
  DType out_type = DType::kF32;
};

/// nullopt with the reasons.
std::optional<Call> call_of(const Problem& p, std::string* why_not) {
  const auto product = product_of(p, why_not);
  if (!product) return std::nullopt;
  const DType in = p.inputs[0].type, out = p.outputs[0].type;
  if (library_type(in) < 0 || (p.inputs[1].type != in && !folds_weights(p))) {
    *why_not = fmt::format("computes in f32, f16 and bf16, not {} by {}", name(in), name(p.inputs[1].type));
    return std::nullopt;
  }
  Call c{*product, {}, false, out};
  std::string whole;
  if (out != in && out != DType::kF32)
    whole = fmt::format("the library does not write {} from {}", name(out), name(in));
  if (whole.empty())
    if (const auto tail = tail_of(p, c.product, false, &whole)) {
      c.tail = *tail;
      return c;
    }
  if (!p.has_epilogue()) {
    *why_not = whole;
    return std::nullopt;
  }
  if (const Verdict second = SecondLaunch::check(p); !second) {
    *why_not = whole + "; " + second.reason;
    return std::nullopt;
  }
  c.split = true;
  c.tail = *tail_of(p, c.product, true, &whole);
  const TensorDesc product_desc = SecondLaunch::product(p);
  c.out_type = product_desc.type;
  if (!SecondLaunch::in_place(p)) {  // dense in the workspace
    c.product.d.distance = c.product.n;
    c.product.d.batch_stride = c.product.batch > 1 ? c.product.m * c.product.n : 0;
  }
  return c;
}

/// The library's descriptors of a call; weights that were folded may be stored in either order.
class Descriptors {
 public:
  Descriptors(const Call& c, DType in, bool tf32, bool plain_weights, bool weights_folded) {
    const lt::Api& api = lt::api();
    Matrix second = c.product.b;
    if (weights_folded && second.batch_stride == 0)
      second = {!plain_weights, plain_weights ? c.product.n : c.product.k, 0};
    const int compute = in == DType::kF32 && tf32 ? lt::kComputeTF32 : lt::kComputeF32;
    lt::check(api.operation_create(operation.slot(), compute, lt::kF32), "describing a product");
    // The library stores by column: it gets the transposed product.
    set_operation(lt::kOperationTransposeA, second.transposed ? lt::kTransposed : lt::kPlain);
    set_operation(lt::kOperationTransposeB, c.product.a.transposed ? lt::kTransposed : lt::kPlain);
    set_operation(lt::kOperationEpilogue, epilogue(c.tail));
    if (c.tail.bias >= 0) {
      set_operation(lt::kOperationBiasType, library_type(c.out_type));
      set_bias(reinterpret_cast<const void*>(uintptr_t{kAlignment}));  // heuristics look at its alignment
    }
    const Product& q = c.product;
    make_layout(&a, in, second.transposed ? q.k : q.n, second.transposed ? q.n : q.k, second, q.batch);
    make_layout(&b, in, q.a.transposed ? q.m : q.k, q.a.transposed ? q.k : q.m, q.a, q.batch);
    make_layout(&d, c.out_type, q.n, q.m, q.d, q.batch);
  }
  void set_bias(const void* bias) const {
    lt::check(lt::api().operation_set(operation.get(), lt::kOperationBias, &bias, sizeof(bias)), "setting a bias");
  }
  bool try_set_bias(const void* bias) const noexcept {
    return lt::api().operation_set(operation.get(), lt::kOperationBias, &bias, sizeof(bias)) == lt::kSuccess;
  }

  /// Best first; empty with the reason.
  std::vector<lt::Heuristic> algorithms(size_t workspace, std::string* why_not) const {
    const lt::Api& api = lt::api();
    lt::OwnedPreference preference;
    lt::check(api.preference_create(preference.slot()), "describing a search");
    const auto set = [&](int attribute, auto value) {
      lt::check(api.preference_set(preference.get(), attribute, &value, sizeof(value)), "describing a search");
    };
    set(lt::kPreferenceWorkspace, static_cast<uint64_t>(workspace));
    set(lt::kPreferenceReduction, static_cast<uint32_t>(lt::kReductionNone | lt::kReductionComputeType));
    for (int which :
         {lt::kPreferenceAlignmentA, lt::kPreferenceAlignmentB, lt::kPreferenceAlignmentC, lt::kPreferenceAlignmentD})
      set(which, kAlignment);
    std::vector<lt::Heuristic> found(kAlgorithms);
    int count = 0;
    const lt::Status s = api.heuristic(lt::handle(), operation.get(), a.get(), b.get(), d.get(), d.get(),
                                       preference.get(), kAlgorithms, found.data(), &count);
    if (s != lt::kSuccess) *why_not = "cuBLASLt refuses: " + lt::error_text(s);
    found.resize(s == lt::kSuccess ? static_cast<size_t>(count) : 0);
    std::erase_if(found, [](const lt::Heuristic& h) { return h.state != lt::kSuccess; });
    if (found.empty() && why_not->empty()) *why_not = "cuBLASLt offers no algorithm";
    return found;
  }
  /// The library still accepts a stored algorithm.
  bool accepts(const lt::Algorithm& algorithm, size_t workspace) const {
    lt::Heuristic h{};
    return lt::api().check_algorithm(lt::handle(), operation.get(), a.get(), b.get(), d.get(), d.get(), &algorithm,
                                     &h) == lt::kSuccess &&
           h.workspace <= workspace;
  }

  lt::OwnedOperation operation;
  lt::OwnedLayout a, b, d;

 private:
  static int epilogue(const FusedTail& t) {
    const bool bias = t.bias >= 0;
    switch (t.activation) {
      case FusedTail::Activation::kRelu:
        return bias ? lt::kEpilogueReluBias : lt::kEpilogueRelu;
      case FusedTail::Activation::kGeluTanh:
        return bias ? lt::kEpilogueGeluBias : lt::kEpilogueGelu;
      default:
        return bias ? lt::kEpilogueBias : lt::kEpilogueNone;
    }
  }
  void set_operation(int attribute, int32_t value) const {
    lt::check(lt::api().operation_set(operation.get(), attribute, &value, sizeof(value)), "describing a product");
  }
  static void make_layout(lt::OwnedLayout* l, DType type, int64_t rows, int64_t columns, const Matrix& m,
                          int64_t batch) {
    const lt::Api& api = lt::api();
    lt::check(api.layout_create(l->slot(), library_type(type), static_cast<uint64_t>(rows),
                                static_cast<uint64_t>(columns), std::max(m.distance, rows)),
              "describing a matrix");
    if (batch == 1) return;
    const auto count = static_cast<int32_t>(batch);
    lt::check(api.layout_set(l->get(), lt::kLayoutBatchCount, &count, sizeof(count)), "describing a batch");
    lt::check(api.layout_set(l->get(), lt::kLayoutBatchStride, &m.batch_stride, sizeof(m.batch_stride)),
              "describing a batch");
  }
};

/// What a product runs with; stored as text of hexadecimal digits.
struct Chosen {
  lt::Algorithm algorithm{};
  uint64_t workspace = 0, plain_weights = 0;
};

std::string text_of(const Chosen& c) {
  std::string s;
  for (uint64_t word : c.algorithm.data) s += fmt::format("{:016x}", word);
  return s + fmt::format("{:016x}{:016x}", c.workspace, c.plain_weights);
}

std::optional<Chosen> chosen_from(const std::string& text) {
  constexpr size_t kWords = 10, kDigits = 16;
  if (text.size() != kWords * kDigits || text.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  const auto word = [&](size_t i) { return std::stoull(text.substr(i * kDigits, kDigits), nullptr, 16); };
  Chosen c;
  for (size_t i = 0; i < 8; ++i) c.algorithm.data[i] = word(i);
  c.workspace = word(8), c.plain_weights = word(9);
  return c;
}

class LtKernel final : public Kernel {
 public:
  LtKernel(const Problem& p, const Call& c, const Chosen& chosen, std::span<const Blob> blobs, CodeImage image)
      : call_(c),
        chosen_(chosen),
        image_(std::move(image)),
        descriptors_(c, p.inputs[0].type, p.allow_tf32, chosen.plain_weights != 0, folds_weights(p)) {
    size_t next = 0;
    const auto take = [&] {
      require<ModelError>(next < blobs.size(), "prepared weights are missing");
      return blobs[next++].data;
    };
    if (folds_weights(p)) weights_ = take();
    if (c.tail.bias >= 0 && p.constant(static_cast<size_t>(c.tail.bias)) != nullptr)
      bias_ = take(), descriptors_.set_bias(bias_);
    if (!c.split) return;
    second_.emplace(p);
    in_place_ = SecondLaunch::in_place(p);
    product_bytes_ = in_place_ ? 0 : aligned(SecondLaunch::product(p).bytes());
  }

  size_t workspace() const override {
    return product_bytes_ + aligned(chosen_.workspace) + (second_ ? second_->workspace() : 0);
  }

  void run(const Launch& l) const noexcept override {
    if (const Result r = try_enter_context(); r != kSuccess) return note_launch_error(r, kName);
    if (!multiply(l)) return note_launch_error(kErrorLaunchFailed, kName);
    auto* rest = static_cast<std::byte*>(l.workspace) + product_bytes_ + aligned(chosen_.workspace);
    if (second_) second_->run(l, product(l), rest);
  }

  void collect_code(std::vector<CodeImage>* images) const override {
    if (image_.code.size > 0) images->push_back(image_);
    if (second_) second_->collect_code(images);
  }
  static constexpr std::string_view kName = "cuda.matmul_cublaslt";

 private:
  void* product(const Launch& l) const noexcept { return second_ && !in_place_ ? l.workspace : l.outputs[0]; }
  bool multiply(const Launch& l) const noexcept {
    const float one = 1, zero = 0;
    void* d = product(l);
    const bool adds = call_.tail.residual >= 0;
    const void* c = adds ? l.inputs[call_.tail.residual] : d;
    const void* b = weights_ != nullptr ? weights_ : l.inputs[1];
    auto* workspace = static_cast<std::byte*>(l.workspace) + product_bytes_;
    const auto go = [&] {
      return lt::api().multiply(lt::handle(), descriptors_.operation.get(), &one, b, descriptors_.a.get(), l.inputs[0],
                                descriptors_.b.get(), adds ? &one : &zero, c, descriptors_.d.get(), d,
                                descriptors_.d.get(), &chosen_.algorithm, workspace, chosen_.workspace,
                                l.stream) == lt::kSuccess;
    };
    if (call_.tail.bias < 0 || bias_ != nullptr) return go();
    // The bias is part of the description, which threads share.
    const std::lock_guard lock(bias_mutex_);
    return descriptors_.try_set_bias(l.inputs[call_.tail.bias]) && go();
  }

  Call call_;
  Chosen chosen_;
  CodeImage image_;
  Descriptors descriptors_;
  const void *weights_ = nullptr, *bias_ = nullptr;
  std::optional<SecondLaunch> second_;
  bool in_place_ = false;
  size_t product_bytes_ = 0;
  mutable std::mutex bias_mutex_;
};

/// The second operand in the library's type; [n, k] or, `plain`, [k, n], where it is one matrix.
Blob stored_weights(const Problem& p, const Call& c, bool plain) {
  const Tensor w = p.constant(1)->to(p.inputs[0].type);
  const bool one_matrix = c.product.b.batch_stride == 0;
  std::byte* to = nullptr;
  Blob blob = Blob::allocate(w.bytes() + (plain ? kPlainMark : 0), &to);
  if (!one_matrix || c.product.b.transposed != plain) {
    std::memcpy(to, w.raw(), w.bytes());
    return blob;
  }
  const int64_t rows = c.product.b.transposed ? c.product.n : c.product.k;
  const int64_t columns = c.product.b.transposed ? c.product.k : c.product.n;
  with_width(w.type(), [&]<class T>() {
    const auto* from = static_cast<const T*>(w.raw());
    auto* out = reinterpret_cast<T*>(to);
    constexpr int64_t kTile = 32;
    for (int64_t r0 = 0; r0 < rows; r0 += kTile)
      for (int64_t c0 = 0; c0 < columns; c0 += kTile)
        for (int64_t r = r0; r < std::min(rows, r0 + kTile); ++r)
          for (int64_t i = c0; i < std::min(columns, c0 + kTile); ++i) out[i * rows + r] = from[r * columns + i];
  });
  return blob;
}

bool has_two_layouts(const Problem& p, const Call& c) { return folds_weights(p) && c.product.b.batch_stride == 0; }

class MatMulCublasLt final : public Tactic {
 public:
  std::string_view name() const override { return LtKernel::kName; }

  Verdict supports(const Problem& p) const override {
    std::string why_not;
    const auto c = call_of(p, &why_not);
    if (!c) return {why_not};
    if (lt::find(&why_not) == nullptr) return {why_not};
    const std::string key = key_of(p);
    const std::lock_guard lock(mutex_);
    const auto known = verdicts_.find(key);
    if (known != verdicts_.end()) return known->second;
    return verdicts_[key] = ask(p, *c);
  }

  uint64_t folds(const Problem& p) const override {
    std::string why_not;
    const auto c = call_of(p, &why_not);
    if (!c) return 0;
    uint64_t bits = folds_weights(p) ? 2 : 0;
    if (const int b = c->tail.bias; b >= 0 && b < 64 && p.constant(static_cast<size_t>(b)) != nullptr)
      bits |= 1ull << b;
    return bits;
  }

  std::vector<Blob> prepare(const Problem& p) const override {
    const Call c = require_call(p);
    const std::string key = key_of(p);
    auto chosen = stored_choice(key);
    if (!chosen) {
      chosen = measure(p, c);
      keep_choice(key, text_of(*chosen));
    }
    return blobs(p, c, chosen->plain_weights != 0);
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> prepared) const override {
    enter_context();
    const Call c = require_call(p);
    const bool plain = has_two_layouts(p, c) && !prepared.empty() &&
                       prepared[0].size > storage_bytes(p.inputs[0].type, p.constant(1)->count());
    const std::string key = key_of(p);
    auto chosen = stored_choice(key);
    CodeImage image = chosen ? choice_image(key, text_of(*chosen)) : CodeImage{};
    if (chosen && ((chosen->plain_weights != 0) != plain ||
                   !Descriptors(c, p.inputs[0].type, p.allow_tf32, plain, folds_weights(p))
                        .accepts(chosen->algorithm, workspace_limit(p))))
      chosen.reset(), image = {};
    if (!chosen) {  // a shape that was not measured: what the library thinks best
      std::string why_not;
      const Descriptors d(c, p.inputs[0].type, p.allow_tf32, plain, folds_weights(p));
      const auto found = d.algorithms(workspace_limit(p), &why_not);
      require<Unsupported>(!found.empty(), "{}", why_not);
      chosen = Chosen{found[0].algorithm, found[0].workspace, plain ? 1u : 0u};
    }
    return std::make_unique<LtKernel>(p, c, *chosen, prepared, std::move(image));
  }
  double estimate(const Problem&) const override { return 2; }

 private:
  static std::string key_of(const Problem& p) {
    return choice_key(fmt::format("cublaslt {}", lt::api().version()), describe_problem(LtKernel::kName, p));
  }
  static size_t workspace_limit(const Problem& p) { return std::min(p.workspace_limit, kMostWorkspace); }
  static Call require_call(const Problem& p) {
    std::string why_not;
    const auto c = call_of(p, &why_not);
    require<Unsupported>(c.has_value(), "{}", why_not);
    return *c;
  }
  static std::optional<Chosen> stored_choice(const std::string& key) {
    const auto text = find_choice(key);
    return text ? chosen_from(*text) : std::nullopt;
  }

  static Verdict ask(const Problem& p, const Call& c) {
    try {
      enter_context();
      std::string why_not;
      const Descriptors d(c, p.inputs[0].type, p.allow_tf32, false, folds_weights(p));
      if (d.algorithms(workspace_limit(p), &why_not).empty()) return {why_not};
      return Verdict::yes();
    } catch (const Error& e) {
      return {e.message()};
    }
  }

  static std::vector<Blob> blobs(const Problem& p, const Call& c, bool plain) {
    std::vector<Blob> out;
    if (folds_weights(p)) out.push_back(stored_weights(p, c, plain));
    if (c.tail.bias < 0) return out;
    const Tensor* bias = p.constant(static_cast<size_t>(c.tail.bias));
    if (bias == nullptr) return out;
    const Tensor converted = bias->to(c.out_type);
    std::byte* to = nullptr;
    out.push_back(Blob::allocate(converted.bytes(), &to));
    std::memcpy(to, converted.raw(), converted.bytes());
    return out;
  }

  /// Times every algorithm for every way to store the weights.
  static Chosen measure(const Problem& p, const Call& c) {
    enter_context();
    std::vector<std::unique_ptr<ScratchMemory>> memory;
    const auto scratch = [&](size_t bytes) {
      return (memory.push_back(std::make_unique<ScratchMemory>(bytes)), memory.back()->data());
    };
    std::vector<const void*> in;
    for (size_t i = 0; i < p.inputs.size(); ++i) in.push_back(p.has(i) ? scratch(extent_bytes(p.inputs[i])) : nullptr);
    std::vector<void*> out{scratch(extent_bytes(p.outputs[0]))};
    // The contents do not matter: zeros in place of weights and bias.
    std::vector<Blob> blobs;
    for (int i = 0; i < 2; ++i) {
      const size_t bytes = i == 0 ? extent_bytes(p.inputs[1]) * 2 + kPlainMark : static_cast<size_t>(c.product.n) * 4;
      blobs.push_back({nullptr, static_cast<const std::byte*>(scratch(bytes)), bytes});
    }
    if (!folds_weights(p)) blobs.erase(blobs.begin());
    std::optional<Chosen> best;
    double best_us = std::numeric_limits<double>::infinity();
    std::string why_not;
    for (const bool plain : {false, true}) {
      if (plain && !has_two_layouts(p, c)) break;
      const Descriptors d(c, p.inputs[0].type, p.allow_tf32, plain, folds_weights(p));
      for (const lt::Heuristic& h : d.algorithms(workspace_limit(p), &why_not)) {
        const Chosen candidate{h.algorithm, h.workspace, plain ? 1u : 0u};
        const LtKernel kernel(p, c, candidate, blobs, {});
        void* workspace = scratch(kernel.workspace());
        const auto launch = [&](void* stream) { kernel.run({in.data(), out.data(), workspace, stream}); };
        const double us = time_launches(launch, best_us);
        memory.pop_back();
        if (us >= 0 && us < best_us) best = candidate, best_us = us;
      }
    }
    require<Unsupported>(best.has_value(), "no algorithm of cuBLASLt runs this node {}", why_not);
    return *best;
  }

  mutable std::mutex mutex_;
  mutable std::map<std::string, Verdict> verdicts_;
};

}  // namespace

const Tactic& matmul_cublaslt() {
  static const MatMulCublasLt tactic;
  return tactic;
}

}  // namespace hone::cuda
