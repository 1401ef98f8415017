// Rotary position embedding: shape rule and reference evaluation.
#include "ops/rotary_embedding.h"

#include "ops/reference.h"

namespace hone {
namespace {

void infer_rotary_embedding(InferContext& c) {
  const auto& a = c.attr<RotaryEmbeddingAttrs>();
  const Shape& x = c.in(0).shape;
  require_float(c.in(0), "data of a rotary embedding");
  require<ModelError>(x.size() == 4, "rotary embedding needs data [B,H,S,D], got {}", str(x));
  require<ModelError>(a.rotary_dim >= 0 && a.rotary_dim % 2 == 0, "the rotated part of a head has {} elements",
                      a.rotary_dim);
  const Dim rotated = a.rotary_dim == 0 ? x[3] : Dim(a.rotary_dim);
  if (x[3].is_const())
    require<ModelError>(rotated.value() <= x[3].value() && rotated.value() % 2 == 0,
                        "{} elements of a head of {} cannot be rotated", rotated.str(), x[3].str());
  const size_t rank = c.has(3) ? 2 : 3;
  for (size_t i = 1; i <= 2; ++i) {
    const Shape& cache = c.in(i).shape;
    require_float(c.in(i), "a rotary cache");
    require<ModelError>(cache.size() == rank, "rotary cache {} should have rank {}", str(cache), rank);
    require_same_dim(cache.back(), floor_div(rotated, 2), "the last axis of a rotary cache and half a head");
    if (rank == 3 && !cache[0].is(1)) require_same_dim(cache[0], x[0], "batch of rotary cache and data");
    if (rank == 3) require_same_dim(cache[1], x[2], "sequence of rotary cache and data");
  }
  if (c.has(3)) {
    require<ModelError>(is_integer(c.in(3).type) && c.in(3).shape.size() == 2, "position ids must be integers [B,S]");
    require_same_dim(c.in(3).shape[1], x[2], "sequence of position ids and data");
  }
  c.outputs[0] = {c.in(0).type, x, std::nullopt, nullptr};
}

// Row of the caches for every [batch, position].
std::vector<int64_t> cache_rows(const EvalContext& c, int64_t batch, int64_t length) {
  std::vector<int64_t> rows(static_cast<size_t>(batch * length));
  const Dims& cache = c.in(1).dims();
  const std::vector<int64_t> ids = c.has(3) ? c.in(3).as_ints() : std::vector<int64_t>();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t s = 0; s < length; ++s) {
      int64_t& row = rows[static_cast<size_t>(b * length + s)];
      if (c.has(3)) {
        row = ids[static_cast<size_t>(c.in(3).dims()[0] == 1 ? s : b * length + s)];
        require<ModelError>(row >= 0 && row < cache[0], "position id {} is outside a cache of {}", row, cache[0]);
      } else {
        row = cache[0] == 1 ? s : b * length + s;
      }
    }
  return rows;
}

void eval_rotary_embedding(EvalContext& c) {
  const auto& a = c.attr<RotaryEmbeddingAttrs>();
  const Dims& d = c.in(0).dims();
  const int64_t batch = d[0], heads = d[1], length = d[2], size = d[3];
  const int64_t half = (a.rotary_dim == 0 ? size : a.rotary_dim) / 2;
  const std::vector<int64_t> rows = cache_rows(c, batch, length);
  const std::vector<double> x = c.in(0).as_doubles(), cos = c.in(1).as_doubles(), sin = c.in(2).as_doubles();
  Tensor y(DType::kF64, d);
  std::copy(x.begin(), x.end(), y.data<double>());
  for (int64_t i = 0; i < batch * heads * length; ++i) {
    const int64_t row = rows[static_cast<size_t>(i / (heads * length) * length + i % length)];
    for (int64_t k = 0; k < half; ++k) {
      const int64_t p = i * size + (a.interleaved ? 2 * k : k), q = i * size + (a.interleaved ? 2 * k + 1 : half + k);
      const double re = x[static_cast<size_t>(p)], im = x[static_cast<size_t>(q)];
      const double cosine = cos[static_cast<size_t>(row * half + k)], sine = sin[static_cast<size_t>(row * half + k)];
      y.data<double>()[p] = cosine * re - sine * im;
      y.data<double>()[q] = sine * re + cosine * im;
    }
  }
  c.out(0) = y.to(c.in(0).type());
}

}  // namespace

const Op kRotaryEmbeddingOp = {
    "RotaryEmbedding",    kNoFlags, 3, 4, 1, make_attrs<RotaryEmbeddingAttrs>, infer_rotary_embedding,
    eval_rotary_embedding};

}  // namespace hone
