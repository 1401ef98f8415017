// Batched matrix product: shape rule and reference evaluation.
#include "ops/matmul.h"

#include "ops/broadcast.h"
#include "ops/reference.h"

namespace hone {
namespace {

// An operand taken apart: leading dims, rows (or columns) and the contracted extent.
struct Operand {
  Shape batch;
  std::optional<Dim> free;  // absent for a vector
  Dim inner;
};

Operand take_apart(const Shape& s, MatrixOp op, bool left, const char* what) {
  const size_t axes = op == MatrixOp::kVector ? 1 : 2;
  require<ModelError>(s.size() >= axes, "{} operand {} of a matrix product needs rank {} or more", what, str(s), axes);
  Operand o;
  o.batch.assign(s.begin(), s.end() - static_cast<long>(axes));
  if (axes == 1) {
    o.inner = s.back();
    return o;
  }
  const Dim &first = s[s.size() - 2], &second = s[s.size() - 1];
  const bool inner_last = left == (op == MatrixOp::kNone);
  o.inner = inner_last ? second : first;
  o.free = inner_last ? first : second;
  return o;
}

void infer_matmul(InferContext& c) {
  const auto& a = c.attr<MatMulAttrs>();
  require_type_of_first(c, 1, "the second operand");
  require<ModelError>(c.in(0).type != DType::kBool, "a matrix product needs numbers, not bool");
  const Operand x = take_apart(c.in(0).shape, a.op_a, true, "first");
  const Operand y = take_apart(c.in(1).shape, a.op_b, false, "second");
  require<ModelError>(!x.inner.is_const() || !y.inner.is_const() || x.inner == y.inner,
                      "matrices of shapes {} and {} do not multiply: {} against {}", str(c.in(0).shape),
                      str(c.in(1).shape), x.inner.str(), y.inner.str());
  Shape out = broadcast(x.batch, y.batch);
  if (x.free) out.push_back(*x.free);
  if (y.free) out.push_back(*y.free);
  c.outputs[0] = {c.in(0).type, out, std::nullopt, nullptr};
}

struct Problem {
  int64_t rows, columns, inner;
  int64_t a_row, a_inner, b_inner, b_column;  // element strides
};

// One row of the product: sums over rows of B where those are contiguous, dot products otherwise.
template <class T>
void multiply_row(const Problem& p, const T* a, const T* b, Accumulator<T>* acc, T* out) {
  using A = Accumulator<T>;
  std::fill_n(acc, p.columns, A(0));
  if (p.b_column == 1) {
    for (int64_t k = 0; k < p.inner; ++k) {
      const A x = static_cast<A>(a[k * p.a_inner]);
      const T* row = b + k * p.b_inner;
      for (int64_t j = 0; j < p.columns; ++j) acc[j] += x * static_cast<A>(row[j]);
    }
  } else {
    for (int64_t j = 0; j < p.columns; ++j) {
      A part[4] = {};
      const T* column = b + j * p.b_column;
      int64_t k = 0;
      for (; k + 4 <= p.inner; k += 4)
        for (int64_t u = 0; u < 4; ++u)
          part[u] += static_cast<A>(a[(k + u) * p.a_inner]) * static_cast<A>(column[(k + u) * p.b_inner]);
      for (; k < p.inner; ++k) part[0] += static_cast<A>(a[k * p.a_inner]) * static_cast<A>(column[k * p.b_inner]);
      acc[j] = part[0] + part[1] + part[2] + part[3];
    }
  }
  for (int64_t j = 0; j < p.columns; ++j) out[j] = static_cast<T>(acc[j]);
}

void eval_matmul(EvalContext& c) {
  const auto& a = c.attr<MatMulAttrs>();
  const Operand x = take_apart(to_shape(c.in(0).dims()), a.op_a, true, "first");
  const Operand y = take_apart(to_shape(c.in(1).dims()), a.op_b, false, "second");
  Problem p{};
  p.rows = x.free ? x.free->value() : 1, p.columns = y.free ? y.free->value() : 1, p.inner = x.inner.value();
  require<ModelError>(p.inner == y.inner.value(), "matrices of shapes {} and {} do not multiply", str(c.in(0).dims()),
                      str(c.in(1).dims()));
  const bool a_transposed = a.op_a == MatrixOp::kTranspose, b_plain = a.op_b == MatrixOp::kNone;
  p.a_row = a_transposed ? 1 : p.inner, p.a_inner = a_transposed ? p.rows : 1;
  p.b_inner = b_plain ? p.columns : 1, p.b_column = b_plain ? 1 : p.inner;
  if (p.columns == 1) p.b_column = 0;  // a vector either way; its rows need not be contiguous
  const Dims batch = to_dims(broadcast(x.batch, y.batch));
  const Dims a_batch = to_dims(x.batch), b_batch = to_dims(y.batch);
  std::vector<std::pair<int64_t, int64_t>> at;  // which matrices meet, by batch index
  for_each_broadcast(batch, {broadcast_strides(a_batch, batch), broadcast_strides(b_batch, batch)},
                     [&](int64_t, const int64_t* o) { at.emplace_back(o[0], o[1]); });
  Dims dims = batch;
  if (x.free) dims.push_back(p.rows);
  if (y.free) dims.push_back(p.columns);
  const DType type = c.in(0).type();
  with_compute(type, [&]<class T>() {
    const Tensor ta = c.in(0).to(dtype_of<T>), tb = c.in(1).to(dtype_of<T>);
    Tensor out(dtype_of<T>, dims);
    parallel_for(static_cast<int64_t>(at.size()) * p.rows, 1, [&](int64_t begin, int64_t end) {
      std::vector<Accumulator<T>> acc(static_cast<size_t>(p.columns));
      for (int64_t i = begin; i < end; ++i) {
        const auto [ia, ib] = at[static_cast<size_t>(i / p.rows)];
        multiply_row(p, ta.data<T>() + ia * p.rows * p.inner + i % p.rows * p.a_row,
                     tb.data<T>() + ib * p.columns * p.inner, acc.data(), out.data<T>() + i * p.columns);
      }
    });
    c.out(0) = out.to(type);
  });
}

}  // namespace

const Op kMatMulOp = {"MatMul", kHeavy, 2, 2, 1, make_attrs<MatMulAttrs>, infer_matmul, eval_matmul};

}  // namespace hone
