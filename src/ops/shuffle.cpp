// Shuffle: transpose, reshape, transpose in one.
#include "ops/shuffle.h"

#include <cstring>

#include "ops/movement.h"
#include "ops/reshape.h"

namespace hone {

static Shape permuted(const Shape& s, const std::vector<int64_t>& perm) {
  Shape out;
  for (int64_t p : normalize_perm(perm, static_cast<int64_t>(s.size()), false))
    out.push_back(s[static_cast<size_t>(p)]);
  return out;
}

// Dims before the second transpose.
static Shape middle_dims(const InferContext& c) {
  const auto& a = c.attr<ShuffleAttrs>();
  const Shape first = permuted(c.in(0).shape, a.first_perm);
  if (!a.has_reshape && !c.has(1)) return first;
  if (const auto target = int_argument(c, 1, a.reshape)) return reshaped_dims(first, *target, a.zero_copies);
  Shape out;
  for (int64_t i = 0; i < argument_length(c, 1, a.reshape); ++i) out.push_back(c.data_dependent(static_cast<int>(i)));
  return out;
}

static void middle_rule(InferContext& c) { c.outputs[0] = {c.in(0).type, middle_dims(c), std::nullopt, nullptr}; }

static void rule(InferContext& c) {
  c.outputs[0] = {c.in(0).type, permuted(middle_dims(c), c.attr<ShuffleAttrs>().second_perm), std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  const auto& a = c.attr<ShuffleAttrs>();
  const Tensor& x = c.in(0);
  const Dims middle = to_dims(concrete_infos(c, middle_rule)[0].shape);
  Tensor& y = allocate_output(c, rule);
  Tensor t(x.type(), to_dims(permuted(to_shape(x.dims()), a.first_perm)));
  require<ModelError>(t.count() == volume(middle), "{} cannot be reshaped to {}", str(t.dims()), str(middle));
  transpose_into(x, normalize_perm(a.first_perm, x.rank(), false), t);
  const Tensor m = t.reshaped(middle);
  transpose_into(m, normalize_perm(a.second_perm, m.rank(), false), y);
}

static void infer(InferContext& c) {
  rule(c);
  track_content(c, 1, eval);
}

const Op kShuffleOp = {"Shuffle", kView, 1, 2, 1, make_attrs<ShuffleAttrs>, infer, eval};

}  // namespace hone
