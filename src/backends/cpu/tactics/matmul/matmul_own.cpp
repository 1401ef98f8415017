// Matrix products by our own kernels: cpu.matmul_packed with a constant second operand packed at build time,
// cpu.matmul_batched with both operands variable, packing the second on the way.
#include <numeric>

#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/tactics/fused_tail.h"
#include "backends/cpu/tactics/packed_weights.h"
#include "base/parallel.h"
#include "ops/matmul.h"

namespace hone::cpu {
namespace {

int64_t volume_of(const Dims& d, size_t first, size_t last) {
  return std::accumulate(d.begin() + static_cast<ptrdiff_t>(first), d.begin() + static_cast<ptrdiff_t>(last),
                         int64_t{1}, std::multiplies<>());
}

/// An operand as a batch of matrices.
struct Operand2D {
  Dims batch;  // leading dims
  int64_t rows = 1, columns = 1, pitch = 1;
};

/// A problem C[batch, m, n] = A[batch, m, k] B[batch, k, n].
struct MatMulGeometry {
  Operand2D a, b;
  bool transposed_b = false;
  Dims batch;  // of the output
  int64_t m = 1, n = 1, k = 1, ldc = 1;
  OutputMatrix output;
};

Operand2D operand(const TensorDesc& t, MatrixOp op) {
  Operand2D o;
  const size_t own = op == MatrixOp::kVector ? 1 : 2, lead = t.dims.size() - own;
  o.batch.assign(t.dims.begin(), t.dims.begin() + static_cast<ptrdiff_t>(lead));
  o.rows = own == 2 ? t.dims[lead] : 1;
  o.columns = t.dims.back();
  o.pitch = t.pitch > 0 ? t.pitch : o.columns;
  return o;
}

Verdict matmul_geometry(const Problem& p, MatMulGeometry& g) {
  if (p.base_inputs() != 2 || !p.has(0) || !p.has(1)) return Verdict::no("takes two operands");
  const auto& attrs = p.attr<MatMulAttrs>();
  for (const TensorDesc* t : {&p.inputs[0], &p.inputs[1], &p.outputs[0]}) {
    if (t->type != DType::kF32) return Verdict::no("computes in f32, not {}", name(t->type));
    if (t->format != Format::kLinear) return Verdict::no("reads and writes linear tensors");
  }
  if (attrs.op_a == MatrixOp::kTranspose) return Verdict::no("takes no transposed first operand");
  const size_t rank_a = p.inputs[0].dims.size(), rank_b = p.inputs[1].dims.size();
  if (rank_a < (attrs.op_a == MatrixOp::kVector ? 1u : 2u) || rank_b < (attrs.op_b == MatrixOp::kVector ? 1u : 2u))
    return Verdict::no("rank is too low");
  g.a = operand(p.inputs[0], attrs.op_a);
  g.b = operand(p.inputs[1], attrs.op_b);
  g.transposed_b = attrs.op_b != MatrixOp::kNone;  // a vector is one row of length k
  g.m = g.a.rows, g.k = g.a.columns, g.n = g.transposed_b ? g.b.rows : g.b.columns;
  if ((g.transposed_b ? g.b.columns : g.b.rows) != g.k) return Verdict::no("inner extents differ");
  const Dims& y = p.outputs[0].dims;
  const bool has_rows = attrs.op_a != MatrixOp::kVector, has_columns = attrs.op_b != MatrixOp::kVector;
  const size_t own = (has_rows ? 1u : 0u) + (has_columns ? 1u : 0u);
  if (y.size() < own) return Verdict::no("output rank is too low");
  g.batch.assign(y.begin(), y.end() - static_cast<ptrdiff_t>(own));
  if (p.outputs[0].pitch > 0 && !has_columns) return Verdict::no("output has a pitch but no columns");
  g.ldc = p.outputs[0].pitch > 0 ? p.outputs[0].pitch : g.n;
  g.output = {y, Format::kLinear};
  g.output.columns = has_columns;
  return FusedTail::check(p, g.output);
}

bool is_unit(const Dims& d) { return volume_of(d, 0, d.size()) == 1; }

class PackedKernel : public Kernel {
 public:
  PackedKernel(const Problem& p, const MatMulGeometry& g, std::span<const Blob> blobs)
      : weights_(blobs, {1, g.k, g.n}), tail_(p, g.output, false), g_(g) {
    rows_ = volume_of(g.batch, 0, g.batch.size()) * g.m;
  }
  size_t workspace() const override { return tail_.workspace(); }
  void run(const Launch& l) const noexcept override {
    const Epilogue e = tail_.bind(l);
    Gemm m;
    m.m = rows_, m.n = g_.n, m.k = g_.k;
    m.a = static_cast<const float*>(l.inputs[0]), m.lda = g_.a.pitch;
    m.b = weights_.b(0);
    m.c = static_cast<float*>(l.outputs[0]), m.ldc = g_.ldc;
    m.epilogue = &e;
    gemm(weights_.isa(), m);
    tail_.finish(l, l.workspace);
  }

 private:
  const PackedWeights weights_;
  const FusedTail tail_;
  const MatMulGeometry g_;
  int64_t rows_;
};

class MatMulPacked : public Tactic {
 public:
  std::string_view name() const override { return "cpu.matmul_packed"; }
  Verdict supports(const Problem& p) const override {
    MatMulGeometry g;
    if (Verdict v = matmul_geometry(p, g); !v) return v;
    if (p.constant(1) == nullptr) return Verdict::no("packs the second operand, which must be constant");
    if (!is_unit(g.b.batch)) return Verdict::no("takes one constant matrix, not a batch");
    if (volume_of(g.a.batch, 0, g.a.batch.size()) != volume_of(g.batch, 0, g.batch.size()))
      return Verdict::no("broadcasts the first operand");
    return Verdict::yes();
  }
  uint64_t folds(const Problem&) const override { return 2; }
  std::vector<Blob> prepare(const Problem& p) const override {
    MatMulGeometry g;
    const Verdict v = matmul_geometry(p, g);
    require<InternalError>(static_cast<bool>(v), "{}", v.reason);
    const auto* b = p.constant(1)->data<float>();
    const auto fill = [&](int64_t, float* dense) {
      for (int64_t i = 0; i < g.k; ++i)
        for (int64_t j = 0; j < g.n; ++j) dense[i * g.n + j] = g.transposed_b ? b[j * g.k + i] : b[i * g.n + j];
    };
    return {pack_weights({1, g.k, g.n}, fill, nullptr)};
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> blobs) const override {
    MatMulGeometry g;
    (void)matmul_geometry(p, g);
    return std::make_unique<PackedKernel>(p, g, blobs);
  }
};

/// Offsets of an operand's matrices for each item of the output's batch, which it broadcasts to.
std::vector<int64_t> item_offsets(const Operand2D& o, const Dims& batch) {
  std::vector<int64_t> strides(batch.size(), 0);
  int64_t step = o.rows * o.pitch;
  for (size_t i = 0; i < o.batch.size(); ++i) {
    const size_t from = o.batch.size() - 1 - i, to = batch.size() - 1 - i;
    if (o.batch[from] != 1) strides[to] = step;
    step *= o.batch[from];
  }
  std::vector<int64_t> offsets(static_cast<size_t>(volume_of(batch, 0, batch.size())));
  for (size_t item = 0; item < offsets.size(); ++item) {
    auto rest = static_cast<int64_t>(item);
    for (size_t axis = batch.size(); axis-- > 0;) {
      offsets[item] += rest % batch[axis] * strides[axis];
      rest /= batch[axis];
    }
  }
  return offsets;
}

class BatchedKernel : public Kernel {
 public:
  BatchedKernel(const Problem& p, const MatMulGeometry& g)
      : isa_(cpu::isa()),
        tail_(p, g.output, false),
        a_(item_offsets(g.a, g.batch)),
        b_(item_offsets(g.b, g.batch)),
        threads_(p.threads) {
    gemm_.batch = static_cast<int64_t>(a_.size());
    gemm_.m = g.m, gemm_.n = g.n, gemm_.k = g.k;
    gemm_.lda = g.a.pitch, gemm_.ldb = g.b.pitch, gemm_.ldc = g.ldc;
    gemm_.transposed_b = g.transposed_b;
    gemm_.c_outer = g.m * g.ldc;
    gemm_.a_offsets = a_.data(), gemm_.b_offsets = b_.data();
  }
  size_t workspace() const override { return packed() + tail_.workspace(); }
  void run(const Launch& l) const noexcept override {
    const ThreadScope scope(std::min(num_threads(), threads_));
    const Epilogue e = tail_.bind(l);
    BatchedGemm g = gemm_;
    g.a = static_cast<const float*>(l.inputs[0]);
    g.b = static_cast<const float*>(l.inputs[1]);
    g.c = static_cast<float*>(l.outputs[0]);
    g.epilogue = &e;
    batched_gemm(isa_, g, l.workspace);
    tail_.finish(l, static_cast<std::byte*>(l.workspace) + packed());
  }

 private:
  /// Bytes for packed operands, a multiple of 64.
  size_t packed() const { return static_cast<size_t>(batched_gemm_workspace(isa_, gemm_, threads_)); }
  const Isa isa_;
  const FusedTail tail_;
  const std::vector<int64_t> a_, b_;
  const int threads_;
  BatchedGemm gemm_;
};

class MatMulBatched : public Tactic {
 public:
  std::string_view name() const override { return "cpu.matmul_batched"; }
  Verdict supports(const Problem& p) const override {
    MatMulGeometry g;
    if (Verdict v = matmul_geometry(p, g); !v) return v;
    if (p.constant(1) != nullptr && is_unit(g.b.batch))
      return Verdict::no("packs at run time what could be packed once");
    if (g.a.batch.size() > g.batch.size() || g.b.batch.size() > g.batch.size())
      return Verdict::no("operands have more leading axes than the output");
    constexpr int64_t kMostItems = int64_t{1} << 24;  // an offset is kept for each
    if (volume_of(g.batch, 0, g.batch.size()) > kMostItems) return Verdict::no("more than {} products", kMostItems);
    const int64_t bytes = packed_b_size(cpu::isa(), g.k, g.n) * 4 * p.threads;
    if (static_cast<size_t>(bytes) > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", bytes);
    return Verdict::yes();
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    MatMulGeometry g;
    (void)matmul_geometry(p, g);
    return std::make_unique<BatchedKernel>(p, g);
  }
  double estimate(const Problem&) const override { return 2; }
};

}  // namespace

const Tactic& matmul_packed() {
  static const MatMulPacked tactic;
  return tactic;
}

const Tactic& matmul_batched() {
  static const MatMulBatched tactic;
  return tactic;
}

}  // namespace hone::cpu
