// Scaled dot-product attention: shape rule and reference evaluation. A query that may see no key gives zeros.
#include "ops/attention.h"

#include <cmath>
#include <limits>

#include "ops/broadcast.h"
#include "ops/reference.h"

namespace hone {
namespace {

void check_perm(const std::vector<int64_t>& perm) {
  if (perm.empty()) return;
  bool seen[4] = {};
  require<ModelError>(perm.size() == 4, "a permutation of attention has {} axes", perm.size());
  for (int64_t p : perm) {
    require<ModelError>(p >= 0 && p < 4 && !seen[p], "attention has a bad permutation");
    seen[p] = true;
  }
}

Shape permuted(const Shape& s, const std::vector<int64_t>& perm) {
  if (perm.empty()) return s;
  Shape out;
  for (int64_t p : perm) out.push_back(s[static_cast<size_t>(p)]);
  return out;
}

// The number of heads that are used in place of those that an operand holds.
void use_heads(const AttentionAttrs& a, size_t operand, Dim* heads) {
  const int64_t first = a.first(operand), asked = operand == 0 ? a.heads : a.kv_heads;
  if (first == 0 && asked == 0) return;
  require<ModelError>(first >= 0 && asked >= 0, "attention uses {} heads from head {} on", asked, first);
  require<ModelError>(heads->is_const() || asked > 0, "attention uses heads of an operand that holds {}", heads->str());
  if (heads->is_const())
    require<ModelError>(first <= heads->value() && asked <= heads->value() - first,
                        "attention uses {} heads from head {} on, an operand holds {}", asked, first, heads->str());
  *heads = Dim(a.used(operand, heads->value_or(0)));
}

void infer_attention(InferContext& c) {
  const auto& a = c.attr<AttentionAttrs>();
  Shape s[3];
  for (size_t i = 0; i < 3; ++i) {
    require_float(c.in(i), "an operand of attention");
    require_type_of_first(c, i, "an operand of attention");
    require<ModelError>(c.in(i).shape.size() == 4, "an operand of attention has shape {}, not rank 4",
                        str(c.in(i).shape));
    check_perm(a.perm(i));
    s[i] = permuted(c.in(i).shape, a.perm(i));
    use_heads(a, i, &s[i][1]);
  }
  check_perm(a.out_perm);
  const auto& [q, k, v] = s;
  require_same_dim(q[0], k[0], "batch of queries and keys");
  require_same_dim(q[0], v[0], "batch of queries and values");
  require_same_dim(k[1], v[1], "heads of keys and values");
  require_same_dim(k[2], v[2], "lengths of keys and values");
  require_same_dim(q[3], k[3], "head sizes of queries and keys");
  if (q[1].is_const() && k[1].is_const())
    require<ModelError>(k[1].value() > 0 && q[1].value() % k[1].value() == 0,
                        "{} query heads cannot share {} key heads", q[1].str(), k[1].str());
  if (c.has(3)) {
    const Shape &mask = c.in(3).shape, scores = {q[0], q[1], q[2], k[2]};
    require<ModelError>(c.in(3).type == DType::kBool || is_float(c.in(3).type), "the mask of attention is {}",
                        name(c.in(3).type));
    require<ModelError>(mask.size() <= 4, "the mask of attention has shape {}", str(mask));
    const bool repeats = a.mask_repeats && mask.size() == 4;
    if (repeats)
      require<ModelError>(
          mask[0].is_const() && mask[0].value() > 0 && (!q[0].is_const() || q[0].value() % mask[0].value() == 0),
          "a mask of {} items does not repeat in a batch of {}", mask[0].str(), q[0].str());
    for (size_t i = repeats ? 1 : 0; i < mask.size(); ++i)
      if (!mask[i].is(1)) require_same_dim(mask[i], scores[4 - mask.size() + i], "an axis of the mask and the scores");
  }
  c.outputs[0] = {c.in(0).type, permuted({q[0], q[1], q[2], v[3]}, a.out_perm), std::nullopt, nullptr};
}

// An operand as [B,H,S,D] with strides that undo its permutation.
struct View {
  Dims dims;
  std::vector<int64_t> stride;
  int64_t start = 0;  // of the first head that is used
  View(const Dims& d, const AttentionAttrs& a, size_t operand) : View(d, a.perm(operand)) {
    Dim heads(dims[1]);
    use_heads(a, operand, &heads);
    dims[1] = heads.value();
    start = a.first(operand) * stride[1];
  }
  View(const Dims& d, const std::vector<int64_t>& perm) : dims(d), stride(strides_of(d)) {
    if (perm.empty()) return;
    const View plain(d, {});
    for (size_t i = 0; i < 4; ++i) {
      dims[i] = plain.dims[static_cast<size_t>(perm[i])];
      stride[i] = plain.stride[static_cast<size_t>(perm[i])];
    }
  }
};

struct Problem {
  const AttentionAttrs* attrs;
  View q, k, v, out;
  std::vector<int64_t> mask_stride = {0, 0, 0, 0};
  std::vector<double> mask;  // additive; empty: none
  int64_t mask_items = 1;    // behind which it begins again
};

// Softmax in place; all zeros where no key is visible.
void softmax(std::vector<double>& s) {
  double max = -std::numeric_limits<double>::infinity(), sum = 0;
  for (double x : s) max = std::max(max, x);
  for (double& x : s) sum += x = std::isinf(max) && max < 0 && !std::isnan(x) ? 0 : std::exp(x - max);
  for (double& x : s) x = sum == 0 ? 0 : x / sum;
}

template <class T>
void attend(const Problem& p, int64_t b, int64_t h, int64_t i, const T* q, const T* k, const T* v, T* out) {
  const AttentionAttrs& a = *p.attrs;
  const int64_t keys = p.k.dims[2], size = p.q.dims[3], shared = h / (p.q.dims[1] / p.k.dims[1]);
  const int64_t last = a.causal ? i + (a.causal_bottom_right ? keys - p.q.dims[2] : 0) : keys;
  std::vector<double> scores(static_cast<size_t>(keys)), sum(static_cast<size_t>(p.v.dims[3]), 0);
  q += p.q.start + b * p.q.stride[0] + h * p.q.stride[1] + i * p.q.stride[2];
  k += p.k.start + b * p.k.stride[0] + shared * p.k.stride[1];
  v += p.v.start + b * p.v.stride[0] + shared * p.v.stride[1];
  for (int64_t j = 0; j < keys; ++j) {
    double dot = 0;
    for (int64_t d = 0; d < size; ++d)
      dot += static_cast<double>(q[d * p.q.stride[3]]) * static_cast<double>(k[j * p.k.stride[2] + d * p.k.stride[3]]);
    dot *= a.scale;
    if (a.softcap > 0) dot = a.softcap * std::tanh(dot / a.softcap);
    if (!p.mask.empty())
      dot += p.mask[static_cast<size_t>(b % p.mask_items * p.mask_stride[0] + h * p.mask_stride[1] +
                                        i * p.mask_stride[2] + j * p.mask_stride[3])];
    scores[static_cast<size_t>(j)] = j > last ? -std::numeric_limits<double>::infinity() : dot;
  }
  softmax(scores);
  for (int64_t j = 0; j < keys; ++j)
    for (size_t d = 0; d < sum.size(); ++d)
      if (scores[static_cast<size_t>(j)] != 0)
        sum[d] += scores[static_cast<size_t>(j)] * v[j * p.v.stride[2] + static_cast<int64_t>(d) * p.v.stride[3]];
  out += b * p.out.stride[0] + h * p.out.stride[1] + i * p.out.stride[2];
  for (size_t d = 0; d < sum.size(); ++d) out[static_cast<int64_t>(d) * p.out.stride[3]] = static_cast<T>(sum[d]);
}

std::vector<double> additive(const Tensor& mask) {
  std::vector<double> m = mask.as_doubles();
  if (mask.type() == DType::kBool)
    for (double& x : m) x = x != 0 ? 0 : -std::numeric_limits<double>::infinity();
  return m;
}

std::vector<int64_t> inverse(const std::vector<int64_t>& perm) {
  std::vector<int64_t> inv(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) inv[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return inv;
}

void eval_attention(EvalContext& c) {
  const auto& a = c.attr<AttentionAttrs>();
  const View q(c.in(0).dims(), a, 0), k(c.in(1).dims(), a, 1), v(c.in(2).dims(), a, 2);
  const Dims dims = to_dims(permuted(to_shape({q.dims[0], q.dims[1], q.dims[2], v.dims[3]}), a.out_perm));
  Problem p{&a, q, k, v, View(dims, inverse(a.out_perm))};
  require<ModelError>(k.dims[1] > 0 && q.dims[1] % k.dims[1] == 0, "{} query heads cannot share {} key heads",
                      q.dims[1], k.dims[1]);
  if (c.has(3)) {
    p.mask = additive(c.in(3));
    p.mask_items = a.mask_repeats && c.in(3).dims().size() == 4 ? c.in(3).dims()[0] : q.dims[0];
    require<ModelError>(p.mask_items > 0 && q.dims[0] % p.mask_items == 0,
                        "a mask of {} items does not repeat in a batch of {}", p.mask_items, q.dims[0]);
    p.mask_stride = broadcast_strides(c.in(3).dims(), {p.mask_items, q.dims[1], q.dims[2], k.dims[2]});
  }
  const DType type = c.in(0).type();
  with_float(type, [&]<class T>() {
    const Tensor tq = c.in(0).to(dtype_of<T>), tk = c.in(1).to(dtype_of<T>), tv = c.in(2).to(dtype_of<T>);
    Tensor out(dtype_of<T>, dims);
    const int64_t heads = q.dims[1], queries = q.dims[2];
    parallel_for(q.dims[0] * heads * queries, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        attend(p, i / (heads * queries), i / queries % heads, i % queries, tq.data<T>(), tk.data<T>(), tv.data<T>(),
               out.data<T>());
    });
    c.out(0) = out.to(type);
  });
}

}  // namespace

const Op kAttentionOp = {"Attention", kHeavy, 3, 4, 1, make_attrs<AttentionAttrs>, infer_attention, eval_attention};

}  // namespace hone
