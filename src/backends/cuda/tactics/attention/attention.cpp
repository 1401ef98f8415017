// Attention in one launch: cuda.attention_mma_<queries> on tensor cores for 16-bit types, on Hopper's
// cuda.attention_wgmma_<queries>x<keys>, and cuda.attention_fma_<queries> by ordinary arithmetic for all float types.
// Operands are read where they lie, permutations included.
#include "ops/attention.h"

#include "backends/cuda/program_code.h"
#include "backends/cuda/tactics/product/kernel_parameters.h"
#include "backends/layout.h"

namespace hone::cuda {
namespace {

using Strides = std::array<int64_t, 4>;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t v, int64_t to) { return ceil_div(v, to) * to; }

/// An operand as [B,H,S,D].
struct Operand {
  Dims dims;
  Strides strides{};
  int64_t start = 0;  // bytes to the first head that is used
  Operand(const Problem& p, size_t operand) : Operand(p.inputs[operand], p.attr<AttentionAttrs>().perm(operand)) {
    const auto& a = p.attr<AttentionAttrs>();
    start = a.first(operand) * strides[1] * bits(p.inputs[operand].type) / 8;
    dims[1] = a.used(operand, dims[1]);
  }
  Operand(const TensorDesc& d, const std::vector<int64_t>& perm) : dims(4) {
    const std::vector<int64_t> own = element_strides(d);
    for (size_t i = 0; i < 4; ++i) {
      const size_t from = perm.empty() ? i : static_cast<size_t>(perm[i]);
      dims[i] = d.dims[from], strides[i] = own[from];
    }
  }
};

std::vector<int64_t> inverse(const std::vector<int64_t>& perm) {
  std::vector<int64_t> r(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) r[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return r;
}

struct AttentionProblem {
  Operand q, k, v, out;
  bool masked;
  explicit AttentionProblem(const Problem& p)
      : q(p, 0), k(p, 1), v(p, 2), out(p.outputs[0], inverse(p.attr<AttentionAttrs>().out_perm)), masked(p.has(3)) {}
  int64_t batch() const { return q.dims[0]; }
  int64_t heads() const { return q.dims[1]; }
  int64_t queries() const { return q.dims[2]; }
  int64_t keys() const { return k.dims[2]; }
  int64_t channels() const { return q.dims[3]; }
  int64_t value_channels() const { return v.dims[3]; }
  double products() const {
    return static_cast<double>(batch() * heads() * queries() * keys() * (channels() + value_channels()));
  }
};

Verdict check_attention(const Problem& p) {
  if (p.has_epilogue()) return Verdict::no("takes no tail");
  if (p.inputs.size() < 3 || p.outputs.size() != 1) return Verdict::no("has unusual operands");
  const DType t = p.inputs[0].type;
  if (t != DType::kF32 && t != DType::kF16 && t != DType::kBF16) return Verdict::no("computes no {}", name(t));
  for (const TensorDesc* d : {&p.inputs[0], &p.inputs[1], &p.inputs[2], &p.outputs[0]}) {
    if (d->type != t) return Verdict::no("has operands of unlike types");
    if (d->format != Format::kLinear || d->dims.size() != 4)
      return Verdict::no("reads and writes linear tensors of rank 4");
    if (d->count() == 0) return Verdict::no("has an empty operand");
  }
  const auto& attrs = p.attr<AttentionAttrs>();
  for (size_t i = 0; i < 3; ++i) {
    const size_t heads = attrs.perm(i).empty() ? 1 : static_cast<size_t>(attrs.perm(i)[1]);
    if (!attrs.has_heads(i, p.inputs[i].dims[heads])) return Verdict::no("uses heads that an operand does not hold");
  }
  if (p.has(3)) {
    const TensorDesc& m = p.inputs[3];
    if (m.type != DType::kBool && m.type != DType::kF32 && m.type != DType::kF16 && m.type != DType::kBF16)
      return Verdict::no("has a mask of {}", name(m.type));
    if (m.format != Format::kLinear || m.dims.size() > 4 || m.count() == 0) return Verdict::no("has an unusual mask");
  }
  const AttentionProblem a(p);
  if (a.k.dims[1] < 1 || a.heads() % a.k.dims[1] != 0) return Verdict::no("has heads that do not share keys evenly");
  if (a.queries() > INT32_MAX / 2 || a.keys() > INT32_MAX / 2) return Verdict::no("is too large");
  return Verdict::yes();
}

/// Parameters, types and the call that both kernels share.
class AttentionSource {
 public:
  explicit AttentionSource(const Problem& p) : p_(p), a_(p), type_(device_type(p.inputs[0].type)) {
    const auto& attrs = p.attr<AttentionAttrs>();
    const char* names[] = {"q", "k", "v"};
    const Operand* operands[] = {&a_.q, &a_.k, &a_.v};
    for (int i = 0; i < 3; ++i) k_.pointer("const " + type_, names[i], Argument::input(i, operands[i]->start));
    mask_type_ = a_.masked ? std::string(device_type(p.inputs[3].type)) : "float";
    if (a_.masked) k_.pointer("const " + mask_type_, "mask", Argument::input(3));
    k_.pointer(type_, "out", Argument::output(0));
    kind_ = !a_.masked ? "kNone" : p.inputs[3].type == DType::kBool ? "kKeep" : "kAdd";
    flags_ = fmt::format("attention::{}, {}, {}, {}", kind_, attrs.causal, attrs.softcap > 0, mask_type_);
    problem_ = make_problem(attrs);
  }

  /// `structure`: the kernel of `header` with its template arguments before the flags.
  Recipe recipe(const char* header, const std::string& structure, int threads, int64_t rows, int64_t shared,
                const char* shared_type) {
    Recipe r;
    r.source = fmt::format(
        R"(#include "{7}"
typedef attention::{0}, {1}> Attention;
extern "C" __global__ void __launch_bounds__({2}) kernel({3}) {{
  extern __shared__ __align__(128) {4} shared[];
  const attention::Problem problem = {5};
  Attention::run(problem, q, k, v, {6}, out, shared);
}}
)",
        structure, flags_, threads, k_.parameters(), shared_type, problem_,
        a_.masked ? "mask" : "static_cast<const float*>(nullptr)", header);
    r.arguments = k_.arguments();
    r.overlaps = true;
    r.block = {static_cast<unsigned>(threads), 1, 1};
    r.grid = {static_cast<unsigned>(ceil_div(a_.queries(), rows) * a_.heads() * a_.batch()), 1, 1};
    r.shared_bytes = static_cast<unsigned>(shared);
    return r;
  }
  const std::string& type() const { return type_; }

 private:
  std::string strides(const std::string& name, const Strides& s) {
    std::string r;
    for (size_t i = 0; i < 4; ++i) r += (i == 0 ? "" : ", ") + k_.wide(fmt::format("{}_s{}", name, i), s[i]);
    return fmt::format("{{{}}}", r);
  }
  std::string make_problem(const AttentionAttrs& attrs) {
    std::string s = k_.integer("heads", a_.heads()) + ", " + k_.integer("shared_heads", a_.heads() / a_.k.dims[1]);
    s += ", " + k_.integer("queries", a_.queries()) + ", " + k_.integer("keys", a_.keys());
    s += ", " + k_.integer("channels", a_.channels()) + ", " + k_.integer("value_channels", a_.value_channels());
    s += ", " + strides("q", a_.q.strides) + ", " + strides("k", a_.k.strides) + ", " + strides("v", a_.v.strides);
    s += ", " + strides("out", a_.out.strides) + ", ";
    if (a_.masked) {
      const std::vector<int64_t> m = broadcast_strides_of(p_.inputs[3], 4);
      s += strides("mask", {m[0], m[1], m[2], m[3]});
    } else {
      s += "{0, 0, 0, 0}";
    }
    s += ", " + k_.real("scale", static_cast<float>(attrs.scale)) + ", " +
         k_.real("softcap", static_cast<float>(attrs.softcap));
    const int64_t offset = attrs.causal_bottom_right ? a_.keys() - a_.queries() : 0;
    const bool repeats = attrs.mask_repeats && a_.masked && p_.inputs[3].dims.size() == 4;
    return fmt::format("{{{}, {}, {}}}", s, k_.integer("causal_offset", offset),
                       k_.integer("mask_items", repeats ? p_.inputs[3].dims[0] : std::max<int64_t>(1, a_.batch())));
  }

  const Problem& p_;
  const AttentionProblem a_;
  const std::string type_;
  std::string mask_type_, kind_, flags_, problem_;
  KernelParameters k_;
};

/// What attention on any tensor cores takes. `most`: channels.
Verdict check_on_tensor_cores(const Problem& p, int64_t most) {
  if (Verdict v = check_attention(p); !v) return v;
  const DType t = p.inputs[0].type;
  if (t == DType::kF32) return Verdict::no("multiplies 16-bit types");
  if (gpu().capability() < (t == DType::kF16 ? 75 : 80)) return Verdict::no("needs a newer GPU for {}", name(t));
  const AttentionProblem a(p);
  if (a.channels() > most || a.value_channels() > most) return Verdict::no("takes heads of up to {} channels", most);
  if (a.q.strides[3] != 1 || a.k.strides[3] != 1 || a.v.strides[3] != 1 || a.out.strides[3] != 1)
    return Verdict::no("has heads whose channels are not neighbours");
  return Verdict::yes();
}

/// Tensor cores: a warp for 16 queries.
class AttentionMma : public RecipeTactic {
 public:
  explicit AttentionMma(int queries) : name_(fmt::format("cuda.attention_mma_{}", queries)), warps_(queries / 16) {}
  std::string_view name() const override { return name_; }
  Verdict supports(const Problem& p) const override {
    if (Verdict v = check_on_tensor_cores(p, 256); !v) return v;
    const AttentionProblem a(p);
    if (ceil_div(a.queries(), warps_ * 16) * a.heads() * a.batch() > INT32_MAX) return Verdict::no("is too large");
    if (shape(a).stages == 0) return Verdict::no("needs more shared memory than the GPU has");
    return Verdict::yes();
  }
  Verdict promises(const Problem& p) const override {
    return warps_ == 1 || AttentionProblem(p).queries() > warps_ * 8
               ? Verdict::yes()
               : Verdict::no("has more rows than there are queries");
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const AttentionProblem a(p);
    const Shape s = shape(a);
    AttentionSource source(p);
    const char* kind = p.inputs[0].type == DType::kF16 ? "mma::kF16" : "mma::kBF16";
    const std::string structure = fmt::format("TensorCores<{}, {}, {}, {}, {}, {}, {}", source.type(), kind, warps_,
                                              s.keys, s.channels, s.value_channels, s.stages);
    return {source.recipe("attention.cuh", structure, warps_ * 32, warps_ * 16, shared(s, s.stages), "char")};
  }
  double estimate(const Problem& p) const override {
    const AttentionProblem a(p);
    const Shape s = shape(a);
    const int64_t rows = warps_ * 16, blocks = ceil_div(a.queries(), rows) * a.heads() * a.batch();
    const double fill = static_cast<double>(round_up(a.queries(), rows)) / static_cast<double>(a.queries()) *
                        static_cast<double>(round_up(a.keys(), s.keys)) / static_cast<double>(a.keys());
    const int64_t together =
        std::clamp<int64_t>(gpu().shared_per_block / std::max<int64_t>(1, shared(s, s.stages)), 1, 16 / warps_ + 1);
    const int64_t slots = std::max(1, gpu().multiprocessors) * together;
    const double waves = std::max(1.0, static_cast<double>(blocks) / static_cast<double>(slots));
    const double block = static_cast<double>(rows * a.keys() * (s.channels + s.value_channels)) / (warps_ * 100.0) +
                         2000 + 200.0 * static_cast<double>(ceil_div(a.keys(), s.keys));
    const double bound = a.products() * fill / (std::max(1, gpu().multiprocessors) * 700.0);
    return std::max(bound, waves * block) / 1600 + 1;
  }

 private:
  struct Shape {
    int64_t channels, value_channels, keys;
    int stages;
  };
  int64_t shared(const Shape& s, int stages) const {
    return (warps_ * 16 * std::max(s.channels, s.value_channels) + stages * s.keys * (s.channels + s.value_channels)) *
           2;
  }
  Shape shape(const AttentionProblem& a) const {
    Shape s{round_up(a.channels(), 16), round_up(a.value_channels(), 16), 64, 2};
    if (a.keys() <= 32 || std::max(s.channels, s.value_channels) > 128) s.keys = 32;
    if (a.keys() <= 16) s.keys = 16;
    if (a.keys() <= s.keys) s.stages = 1;
    while (s.stages > 0 && shared(s, s.stages) > gpu().shared_per_block) --s.stages;
    return s;
  }
  const std::string name_;
  const int warps_;
};

/// Hopper's tensor cores: groups of four warps with 64 queries each.
class AttentionWgmma : public RecipeTactic {
 public:
  AttentionWgmma(int queries, int most_keys)
      : name_(fmt::format("cuda.attention_wgmma_{}x{}", queries, most_keys)),
        groups_(queries / 64),
        most_keys_(most_keys) {}
  std::string_view name() const override { return name_; }
  Verdict supports(const Problem& p) const override {
    if (gpu().capability() / 10 != 9) return Verdict::no("is made for compute capability 9.0");
    if (Verdict v = check_on_tensor_cores(p, 128); !v) return v;
    const AttentionProblem a(p);
    if (ceil_div(a.queries(), rows()) * a.heads() * a.batch() > INT32_MAX) return Verdict::no("is too large");
    if (shared(a) > gpu().shared_per_block) return Verdict::no("needs more shared memory than the GPU has");
    return Verdict::yes();
  }
  Verdict promises(const Problem& p) const override {
    const AttentionProblem a(p);
    if (std::max(a.channels(), a.value_channels()) <= 32) return Verdict::no("pads its few channels to 64");
    if (a.queries() * 2 <= rows()) return Verdict::no("has more rows than there are queries");
    return most_keys_ == 64 || a.keys() > 64 ? Verdict::yes() : Verdict::no("takes more keys than there are");
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const AttentionProblem a(p);
    AttentionSource source(p);
    const char* kind = p.inputs[0].type == DType::kF16 ? "mma::kF16" : "mma::kBF16";
    const std::string structure =
        fmt::format("WarpGroups<{}, {}, {}, {}, {}, {}, {}", source.type(), kind, groups_, keys(a),
                    round_up(a.channels(), 64), round_up(a.value_channels(), 64), stages(a));
    return {source.recipe("attention_groups.cuh", structure, groups_ * 128, rows(), shared(a), "char")};
  }
  double estimate(const Problem& p) const override {
    const AttentionProblem a(p);
    const int64_t blocks = ceil_div(a.queries(), rows()) * a.heads() * a.batch();
    const int64_t together =
        std::clamp<int64_t>(gpu().shared_per_block / std::max<int64_t>(1, shared(a)), 1, 4 / groups_);
    const double waves =
        std::max(1.0, static_cast<double>(blocks) / static_cast<double>(gpu().multiprocessors * together));
    const auto scores = static_cast<double>(rows() * keys(a) * ceil_div(a.keys(), keys(a)));
    // Arithmetic on scores leads; a block alone waits for memory first.
    return waves * (2000 + scores * static_cast<double>(together) * 0.1) / 1600 + 1;
  }

 private:
  int64_t rows() const { return groups_ * 64; }
  /// Blocks of keys are alike, so that few of the last one's are missing.
  int64_t keys(const AttentionProblem& a) const {
    const int64_t blocks = ceil_div(a.keys(), most_keys_);
    return std::max<int64_t>(32, round_up(ceil_div(a.keys(), blocks), 16));
  }
  int64_t stages(const AttentionProblem& a) const { return a.keys() <= keys(a) ? 1 : 2; }
  int64_t shared(const AttentionProblem& a) const {
    const int64_t d = round_up(a.channels(), 64), dv = round_up(a.value_channels(), 64);
    return (rows() * std::max(d, dv) + stages(a) * keys(a) * (d + dv)) * 2 + 1024;
  }
  const std::string name_;
  const int groups_, most_keys_;
};

/// Ordinary arithmetic: four warps with some queries each.
class AttentionFma : public RecipeTactic {
 public:
  explicit AttentionFma(int queries) : name_(fmt::format("cuda.attention_fma_{}", queries)), rows_(queries / kWarps) {}
  std::string_view name() const override { return name_; }
  Verdict supports(const Problem& p) const override {
    if (Verdict v = check_attention(p); !v) return v;
    const AttentionProblem a(p);
    if (ceil_div(a.queries(), rows_ * kWarps) * a.heads() * a.batch() > INT32_MAX) return Verdict::no("is too large");
    if (a.value_channels() > 512 || (rows_ > 2 && a.value_channels() > 256))
      return Verdict::no("has too many channels");
    if (shared(a) > gpu().shared_per_block) return Verdict::no("needs more shared memory than the GPU has");
    return Verdict::yes();
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const AttentionProblem a(p);
    AttentionSource source(p);
    const std::string structure = fmt::format("Plain<{}, {}, {}, {}, {}", source.type(), kWarps, rows_,
                                              round_up(a.channels(), 4), round_up(a.value_channels(), 32));
    return {source.recipe("attention.cuh", structure, kWarps * 32, rows_ * kWarps, shared(a), "float")};
  }
  double estimate(const Problem& p) const override {
    const AttentionProblem a(p);
    const int64_t blocks = ceil_div(a.queries(), rows_ * kWarps) * a.heads() * a.batch();
    const double waves = std::max(1.0, static_cast<double>(blocks) / (gpu().multiprocessors * 3.0));
    const double block =
        static_cast<double>(rows_ * kWarps * a.keys() * (a.channels() + a.value_channels())) / 20 + 3000;
    return waves * block / 1600 + 2;
  }

 private:
  static constexpr int kWarps = 4;
  int64_t shared(const AttentionProblem& a) const {
    const int64_t d = round_up(a.channels(), 4), dv = round_up(a.value_channels(), 32), rows = rows_ * kWarps;
    const int64_t pitch = d / 4 % 2 == 0 ? d + 4 : d;
    return (rows * d + 32 * pitch + 32 * dv + rows * 32) * 4;
  }
  const std::string name_;
  const int rows_;
};

}  // namespace

#define HONE_ATTENTION(Class, function, queries) \
  const Tactic& function##_##queries() {         \
    static const Class tactic(queries);          \
    return tactic;                               \
  }
#define HONE_WGMMA_ATTENTION(queries, keys)            \
  const Tactic& attention_wgmma_##queries##x##keys() { \
    static const AttentionWgmma tactic(queries, keys); \
    return tactic;                                     \
  }
HONE_ATTENTION(AttentionMma, attention_mma, 16)
HONE_ATTENTION(AttentionMma, attention_mma, 32)
HONE_ATTENTION(AttentionMma, attention_mma, 64)
HONE_ATTENTION(AttentionMma, attention_mma, 128)
HONE_WGMMA_ATTENTION(64, 64)
HONE_WGMMA_ATTENTION(64, 128)
HONE_WGMMA_ATTENTION(128, 64)
HONE_WGMMA_ATTENTION(128, 128)
HONE_ATTENTION(AttentionFma, attention_fma, 8)
HONE_ATTENTION(AttentionFma, attention_fma, 16)
HONE_ATTENTION(AttentionFma, attention_fma, 32)
#undef HONE_ATTENTION
#undef HONE_WGMMA_ATTENTION

}  // namespace hone::cuda
