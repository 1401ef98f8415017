// Determinants of the square matrices [..., n, n], by elimination with row pivots.
#include <cmath>

#include "ops/reference.h"

namespace hone {
namespace {

void infer_det(InferContext& c) {
  const Shape& x = c.in(0).shape;
  require_float(c.in(0), "the matrices of a determinant");
  require<ModelError>(x.size() >= 2, "a determinant needs matrices, got {}", str(x));
  require_same_dim(x[x.size() - 1], x[x.size() - 2], "rows and columns of a determinant");
  c.outputs[0] = {c.in(0).type, Shape(x.begin(), x.end() - 2), std::nullopt, nullptr};
}

double determinant(double* m, int64_t n) {
  double det = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::fabs(m[i * n + k]) > std::fabs(m[pivot * n + k])) pivot = i;
    if (m[pivot * n + k] == 0) return 0;
    if (pivot != k) {
      std::swap_ranges(m + pivot * n, m + (pivot + 1) * n, m + k * n);
      det = -det;
    }
    det *= m[k * n + k];
    for (int64_t i = k + 1; i < n; ++i) {
      const double f = m[i * n + k] / m[k * n + k];
      for (int64_t j = k; j < n; ++j) m[i * n + j] -= f * m[k * n + j];
    }
  }
  return det;
}

void eval_det(EvalContext& c) {
  const Dims& d = c.in(0).dims();
  const int64_t n = d.back();
  require<ModelError>(d[d.size() - 2] == n, "a determinant of {}", str(d));
  std::vector<double> x = c.in(0).as_doubles();
  Tensor y(DType::kF64, Dims(d.begin(), d.end() - 2));
  for (int64_t i = 0; i < y.count(); ++i) y.data<double>()[i] = determinant(x.data() + i * n * n, n);
  c.out(0) = y.to(c.in(0).type());
}

}  // namespace

const Op kDetOp = {"Det", kNoFlags, 1, 1, 1, make_attrs<NoAttrs>, infer_det, eval_det};

}  // namespace hone
