// Matrix products through oneDNN: any transposition, broadcasting and batch, with a constant second operand in the
// library's own layout.
#include "backends/cpu/tactics/onednn/onednn.h"
#include "backends/cpu/tactics/onednn/packed_constant.h"
#include "backends/layout.h"
#include "base/parallel.h"
#include "ops/matmul.h"

namespace hone::cpu {
namespace {

using dnnl::memory;
using onednn::Runner;

/// An operand as batch x rows x columns of the product: vectors get their missing axis, transposed ones swapped
/// strides.
memory::desc describe_operand(const TensorDesc& t, MatrixOp op, bool first, size_t rank) {
  std::vector<int64_t> dims = t.dims, strides = element_strides(t);
  if (op == MatrixOp::kVector) {
    const auto at = static_cast<ptrdiff_t>(first ? dims.size() - 1 : dims.size());
    const int64_t extent = dims.back();
    dims.insert(dims.begin() + at, 1);
    strides.insert(strides.begin() + at, first ? extent : 1);
  } else if (op == MatrixOp::kTranspose) {
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    std::swap(strides[dims.size() - 1], strides[dims.size() - 2]);
  }
  while (dims.size() < rank) {
    strides.insert(strides.begin(), t.count());
    dims.insert(dims.begin(), 1);
  }
  return memory::desc(dims, onednn::data_type(t.type), strides);
}

size_t product_rank(const Problem& p) {
  const auto& a = p.attr<MatMulAttrs>();
  const size_t ra = p.inputs[0].dims.size() + (a.op_a == MatrixOp::kVector ? 1 : 0);
  const size_t rb = p.inputs[1].dims.size() + (a.op_b == MatrixOp::kVector ? 1 : 0);
  return std::max<size_t>({ra, rb, 2});
}

/// Rows of all batch items as one matrix, where the second operand is one matrix: the library is best at that.
bool collapses(const Problem& p, const EpilogueChain& chain) {
  const auto& attrs = p.attr<MatMulAttrs>();
  const TensorDesc& b = p.inputs[1];
  if (attrs.op_a != MatrixOp::kNone || attrs.op_b == MatrixOp::kVector || product_rank(p) == 2) return false;
  if (p.inputs[0].dims.size() != p.outputs[0].dims.size() ||
      volume(b.dims) != b.dims.back() * b.dims[b.dims.size() - 2])
    return false;
  for (const Step& s : chain.steps)
    if (has_operand(s.kind) && s.operand.rows_per_item != 1) return false;
  return true;
}

TensorDesc as_matrix(const TensorDesc& t) {
  TensorDesc m = t;
  const int64_t columns = t.dims.empty() ? 1 : t.dims.back();
  m.dims = {columns == 0 ? 0 : t.count() / columns, columns};
  return m;
}

struct Plan {
  memory::desc a, b;
  onednn::PostOps post;
  dnnl::matmul::primitive_desc pd;
};

/// nullopt where the library lacks a step; throws dnnl::error where it refuses.
std::optional<Plan> plan(const Problem& p, const EpilogueChain& chain, bool constant_b, bool narrow) {
  const auto& attrs = p.attr<MatMulAttrs>();
  const bool flat = collapses(p, chain);
  const size_t rank = flat ? 2 : product_rank(p);
  const auto view = [&](const TensorDesc& t) { return flat ? as_matrix(t) : t; };
  Plan out;
  const auto post = onednn::post_ops(
      chain, [&](int input) { return onednn::describe(view(p.inputs[static_cast<size_t>(input)]), rank); });
  if (!post) return std::nullopt;
  out.post = *post;
  out.a = describe_operand(view(p.inputs[0]), attrs.op_a, true, rank);
  out.b = describe_operand(view(p.inputs[1]), attrs.op_b, false, rank);
  TensorDesc y = view(p.outputs[0]);
  if (attrs.op_a == MatrixOp::kVector) y.dims.insert(y.dims.end() - (attrs.op_b == MatrixOp::kVector ? 0 : 1), 1);
  if (attrs.op_b == MatrixOp::kVector) y.dims.push_back(1);
  const auto c = onednn::describe(y, rank);
  const auto type = narrow ? memory::data_type::bf16 : memory::data_type::f32;
  const bool as_it_is = p.inputs[0].type == DType::kBF16 && p.inputs[0].pitch == 0;
  const auto a = narrow && !as_it_is ? onednn::narrowed(out.a) : out.a;
  const auto b = constant_b ? memory::desc(out.b.get_dims(), type, memory::format_tag::any) : out.b;
  out.pd = dnnl::matmul::primitive_desc(onednn::engine(), a, b, c, onednn::attributes(out.post));
  return out;
}

class MatMulOneDnn : public Tactic {
 public:
  /// `narrow`: operands that are not stored in bf16 are rounded to it (the second only where it is constant); sums are
  /// formed in f32 and written in the output's type.
  MatMulOneDnn(std::string_view name, bool narrow) : name_(name), narrow_(narrow) {}
  std::string_view name() const override { return name_; }

  Verdict supports(const Problem& p) const override {
    if (p.base_inputs() != 2 || !p.has(0) || !p.has(1)) return Verdict::no("takes two operands");
    for (const TensorDesc* t : {&p.inputs[0], &p.inputs[1], &p.outputs[0]}) {
      if (t->type != DType::kF32 && !(narrow_ && t->type == DType::kBF16))
        return Verdict::no("computes in f32, not {}", hone::name(t->type));
      if (t->format != Format::kLinear) return Verdict::no("reads and writes linear tensors");
      if (t->count() == 0) return Verdict::no("does not handle empty tensors");
    }
    if (narrow_) {
      if (Verdict v = onednn::takes_bf16(p); !v) return v;
      if (p.constant(1) == nullptr && p.inputs[1].type != DType::kBF16)
        return Verdict::no("rounds the second operand, which must be constant");
    }
    const auto& attrs = p.attr<MatMulAttrs>();
    const bool vectors = attrs.op_a == MatrixOp::kVector || attrs.op_b == MatrixOp::kVector;
    if (vectors && (p.has_epilogue() || p.outputs[0].pitch > 0)) return Verdict::no("has no epilogue for vectors");
    if (product_rank(p) > 6) return Verdict::no("has too many axes");
    const auto chain = epilogue_chain(p, {p.outputs[0].dims, Format::kLinear, true, narrow_});
    if (!chain.failure.empty()) return {chain.failure};
    try {
      const ThreadScope threads(p.threads);
      const auto made = plan(p, chain, p.constant(1) != nullptr, narrow_);
      if (!made) return Verdict::no("the library lacks a step of the epilogue");
      if (std::string(made->pd.impl_info_str()).find("ref") != std::string::npos)
        return Verdict::no("the library has only reference code");
      const size_t workspace =
          made->pd.scratchpad_desc().get_size() + (converts(*made) ? made->pd.src_desc().get_size() + 64 : 0);
      if (workspace > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", workspace);
    } catch (const dnnl::error& e) {
      return Verdict::no("the library refuses: {}", e.message);
    }
    return Verdict::yes();
  }

  uint64_t folds(const Problem& p) const override { return p.constant(1) != nullptr ? 2 : 0; }

  std::vector<Blob> prepare(const Problem& p) const override {
    if (p.constant(1) == nullptr) return {};
    const ThreadScope threads(p.threads);
    const auto made = plan(p, chain_of(p), true, narrow_);
    require<InternalError>(made.has_value(), "matrix product without a plan");
    return {onednn::pack(p, made->b, p.constant(1)->raw(), made->pd.weights_desc())};
  }

  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    const ThreadScope threads(p.threads);
    const auto made = plan(p, chain_of(p), !blobs.empty(), narrow_);
    require<InternalError>(made.has_value(), "matrix product without a plan");
    auto runner = std::make_unique<Runner>(dnnl::matmul(made->pd), made->pd.scratchpad_desc(), p.threads);
    if (converts(*made))
      runner->convert_input(DNNL_ARG_SRC, made->a, made->pd.src_desc(), 0);
    else
      runner->bind_input(DNNL_ARG_SRC, made->pd.src_desc(), 0);
    if (!blobs.empty()) {
      runner->bind_constant(DNNL_ARG_WEIGHTS, onednn::unpack(p, blobs, made->pd.weights_desc(),
                                                             [this](const Problem& then) { return chosen_b(then); }));
    } else {
      runner->bind_input(DNNL_ARG_WEIGHTS, made->b, 1);
    }
    for (size_t i = 0; i < made->post.arguments.size(); ++i)
      runner->bind_input(made->post.arguments[i].first, made->post.descs[i], made->post.arguments[i].second);
    runner->bind_output(DNNL_ARG_DST, made->pd.dst_desc());
    runner->finish();
    return std::make_unique<onednn::RunnerKernel>(std::move(runner));
  }
  double estimate(const Problem&) const override { return 2; }

 private:
  static bool converts(const Plan& made) { return made.pd.src_desc() != made.a; }
  EpilogueChain chain_of(const Problem& p) const {
    return epilogue_chain(p, {p.outputs[0].dims, Format::kLinear, true, narrow_});
  }
  memory::desc chosen_b(const Problem& p) const {
    const ThreadScope threads(p.threads);
    try {
      const auto made = plan(p, chain_of(p), true, narrow_);
      require<ModelError>(made.has_value(), "prepared weights are of another layer");
      return made->pd.weights_desc();
    } catch (const dnnl::error& e) {
      fail<ModelError>("weights were prepared for a problem that the library refuses: {}", e.message);
    }
  }

  std::string_view name_;
  bool narrow_;
};

}  // namespace

const Tactic& matmul_onednn() {
  static const MatMulOneDnn tactic("cpu.matmul_onednn", false);
  return tactic;
}

const Tactic& matmul_onednn_bf16() {
  static const MatMulOneDnn tactic("cpu.matmul_onednn_bf16", true);
  return tactic;
}

}  // namespace hone::cpu
