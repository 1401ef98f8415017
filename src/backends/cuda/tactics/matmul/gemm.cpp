// Matrix products by our own kernels: cuda.gemm_mma on tensor cores, cuda.gemm_fma by ordinary arithmetic, each in many
// tiles. A constant second operand is packed at build time into rows along K.
#include "backends/cuda/tactics/product/few_rows.h"
#include "backends/cuda/tactics/product/packing.h"
#include "backends/cuda/tactics/product/tactics.h"
#include "backends/layout.h"
#include "ops/matmul.h"

namespace hone::cuda {
namespace {

struct Operand {
  Dims batch;
  std::vector<int64_t> batch_strides;
  int64_t free = 1, inner = 1;  // rows or columns, and K
  bool along_k = true;
  int64_t pitch = 0;
};

/// `k_last`: K is the operand's last axis where it has two.
Operand operand_of(const TensorDesc& d, MatrixOp op, bool k_last) {
  Operand o;
  const size_t own = op == MatrixOp::kVector ? 1 : 2, lead = d.dims.size() - own;
  const std::vector<int64_t> strides = element_strides(d);
  o.batch.assign(d.dims.begin(), d.dims.begin() + static_cast<ptrdiff_t>(lead));
  o.batch_strides.assign(strides.begin(), strides.begin() + static_cast<ptrdiff_t>(lead));
  o.along_k = own == 1 || k_last;
  o.inner = own == 1 || k_last ? d.dims.back() : d.dims[lead];
  if (own == 2) o.free = k_last ? d.dims[lead] : d.dims.back(), o.pitch = strides[lead];
  return o;
}

/// Distance between matrices for each item of the output's batch, which the operand broadcasts to.
std::vector<Factor> item_factors(const Operand& o, const Dims& batch) {
  std::vector<Factor> f(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) f[i].extent = batch[i];
  for (size_t i = 0; i < o.batch.size(); ++i) {
    const size_t to = batch.size() - o.batch.size() + i;
    if (o.batch[i] != 1) f[to].stride = o.batch_strides[i];
  }
  return join(f);
}

ProductOperand product_operand(const Operand& o, int input, const Dims& batch) {
  return {o.along_k ? Load::kAlongK : Load::kAcrossK, Argument::input(input), o.pitch, item_factors(o, batch)};
}

struct Operands {
  Operand a, b;
  explicit Operands(const Problem& p)
      : a(operand_of(p.inputs[0], p.attr<MatMulAttrs>().op_a, p.attr<MatMulAttrs>().op_a != MatrixOp::kTranspose)),
        b(operand_of(p.inputs[1], p.attr<MatMulAttrs>().op_b, p.attr<MatMulAttrs>().op_b == MatrixOp::kTranspose)) {}
  /// Elements from row to row of the packed second operand.
  int64_t packed_pitch(DType t) const {
    return (b.inner + chunk_elements(t) - 1) / chunk_elements(t) * chunk_elements(t);
  }
};

class Gemm : public ProductTactic {
 public:
  using ProductTactic::ProductTactic;
  uint64_t folds(const Problem& p) const override { return p.constant(1) != nullptr ? 2 : 0; }
  std::vector<Blob> prepare(const Problem& p) const override {
    if (p.constant(1) == nullptr) return {};
    const Operands o(p);
    const int64_t n = o.b.free, k = o.b.inner, matrices = volume(o.b.batch);
    const bool along_k = o.b.along_k;
    RowPacker packer(*p.constant(1), matrices * n, o.packed_pitch(p.inputs[1].type));
    for (int64_t row = 0; row < matrices * n; ++row)
      for (int64_t i = 0; i < k; ++i)
        packer.put(row, i, row / n * n * k + (along_k ? row % n * k + i : i * n + row % n));
    return {packer.take()};
  }

 protected:
  Verdict geometry(const Problem& p, Product& r) const override {
    if (p.base_inputs() != 2 || !p.has(0) || !p.has(1)) return Verdict::no("takes two operands");
    const auto& attrs = p.attr<MatMulAttrs>();
    const TensorDesc &x = p.inputs[0], &w = p.inputs[1], &y = p.outputs[0];
    if (w.type != x.type) return Verdict::no("multiplies operands of one type");
    if (x.format != Format::kLinear || w.format != Format::kLinear || y.format != Format::kLinear)
      return Verdict::no("reads and writes linear tensors");
    if (x.dims.size() < (attrs.op_a == MatrixOp::kVector ? 1u : 2u) ||
        w.dims.size() < (attrs.op_b == MatrixOp::kVector ? 1u : 2u))
      return Verdict::no("has an operand of too low a rank");
    const bool has_rows = attrs.op_a != MatrixOp::kVector, has_columns = attrs.op_b != MatrixOp::kVector;
    const size_t own = (has_rows ? 1u : 0u) + (has_columns ? 1u : 0u);
    const Operands o(p);
    if (o.a.inner != o.b.inner) return Verdict::no("has operands that do not multiply");
    if (y.dims.size() < own || y.dims.size() - own < std::max(o.a.batch.size(), o.b.batch.size()))
      return Verdict::no("has an output of too low a rank");
    const Dims batch(y.dims.begin(), y.dims.end() - static_cast<ptrdiff_t>(own));
    r.type = x.type;
    r.items = volume(batch), r.m = o.a.free, r.n = o.b.free, r.k = o.a.inner;
    for (size_t i = 0; i < batch.size() + (has_rows ? 1 : 0); ++i) r.row_axes.push_back(i);
    if (has_columns) r.column_axes.push_back(y.dims.size() - 1);
    r.a = product_operand(o.a, 0, batch), r.b = product_operand(o.b, 1, batch);
    if (p.constant(1) != nullptr) {
      const int64_t pitch = o.packed_pitch(w.type);
      Operand packed = o.b;
      int64_t step = pitch * o.b.free;
      for (size_t i = packed.batch.size(); i-- > 0; step *= packed.batch[i]) packed.batch_strides[i] = step;
      packed.along_k = true, packed.pitch = pitch;
      r.b = product_operand(packed, 1, batch);
      r.b.data = Argument::blob(0);
    }
    join_items(r);
    r.traffic = (x.count() + w.count() + 2 * y.count()) * bits(x.type) / 8;
    return Verdict::yes();
  }

 private:
  /// One tall product where all items share the second operand and the first one's rows follow each other.
  static void join_items(Product& r) {
    if (!r.b.items.empty() || r.a.load != Load::kAlongK || r.items == 1) return;
    const bool rows_follow = r.a.items.size() == 1 && r.a.items[0].extent == r.items;
    if (!rows_follow || (r.m > 1 && r.a.items[0].stride != r.m * r.a.pitch)) return;
    if (r.m == 1) r.a.pitch = r.a.items[0].stride;
    r.m *= r.items, r.items = 1, r.a.items.clear();
  }
};

}  // namespace

#define HONE_MMA_TILE(...) HONE_PRODUCT_TACTIC(Gemm, gemm_mma, CoreKind::kTensor, __VA_ARGS__)
#define HONE_FMA_TILE(...) HONE_PRODUCT_TACTIC(Gemm, gemm_fma, CoreKind::kPlain, __VA_ARGS__)
#define HONE_WGMMA_TILE(...) HONE_PRODUCT_TACTIC(Gemm, gemm_wgmma, CoreKind::kWarpGroup, __VA_ARGS__)
#define HONE_TURNS_TILE(...) HONE_TURNS_TACTIC(Gemm, gemm_turns, CoreKind::kTurns, __VA_ARGS__)
#include "backends/cuda/tactics/product/tiles.def"
#undef HONE_WGMMA_TILE
#undef HONE_TURNS_TILE
#undef HONE_MMA_TILE
#undef HONE_FMA_TILE

const Tactic& gemm_few_rows() {
  static const FewRows<Gemm> tactic("gemm");
  return tactic;
}

}  // namespace hone::cuda
