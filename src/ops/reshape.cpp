// Reshape: the same elements under other dims.
#include "ops/reshape.h"

#include <cstring>

#include "ops/movement.h"

namespace hone {

Shape reshaped_dims(const Shape& in, const std::vector<Dim>& target, bool zero_copies) {
  Shape out = target;
  int unknown = -1;
  // Copied dims cancel from both volumes, so that -1 can be told even where they are zero.
  std::vector<bool> copied(in.size(), false);
  Dim others(1), rest(1);
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i].is(-1)) {
      require<ModelError>(unknown < 0, "shape {} has more than one -1", str(target));
      unknown = static_cast<int>(i);
    } else if (out[i].is(0) && zero_copies) {
      require<ModelError>(i < in.size(), "shape {} copies dimension {} of {}, which is not there", str(target), i,
                          str(in));
      out[i] = in[i];
      copied[i] = true;
    } else {
      require<ModelError>(!out[i].is_const() || out[i].value() >= 0, "shape {} has a negative dimension", str(target));
      others *= out[i];
    }
  }
  for (size_t i = 0; i < in.size(); ++i)
    if (!copied[i]) rest *= in[i];
  if (unknown >= 0) {
    require<ModelError>(!others.is(0), "-1 in shape {} cannot be told for input {}", str(target), str(in));
    require<ModelError>(!others.is_const() || !rest.is_const() || rest.value() % others.value() == 0,
                        "{} cannot be reshaped to {}", str(in), str(target));
    out[static_cast<size_t>(unknown)] = floor_div(rest, others);
  } else if (others.is_const() && rest.is_const()) {
    require<ModelError>(others == rest, "{} cannot be reshaped to {}", str(in), str(target));
  }
  return out;
}

static void rule(InferContext& c) {
  const auto& a = c.attr<ReshapeAttrs>();
  const TensorInfo& x = c.in(0);
  const auto target = int_argument(c, 1, a.shape);
  Shape out;
  if (target) {
    out = reshaped_dims(x.shape, *target, a.zero_copies);
  } else {
    const int64_t rank = argument_length(c, 1, a.shape);
    for (int64_t i = 0; i < rank; ++i) out.push_back(c.data_dependent(static_cast<int>(i)));
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

static void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  const Tensor& x = c.in(0);
  require<ModelError>(x.count() == y.count(), "{} cannot be reshaped to {}", str(x.dims()), str(y.dims()));
  if (x.bytes() > 0) std::memcpy(y.raw(), x.raw(), x.bytes());
}

static void infer(InferContext& c) {
  rule(c);
  if (auto known = known_content(c.in(0)); known && volume(c.outputs[0].shape).is(static_cast<int64_t>(known->size())))
    c.outputs[0].content = std::move(known);
}

const Op kReshapeOp = {"Reshape", kView, 1, 2, 1, make_attrs<ReshapeAttrs>, infer, eval};

}  // namespace hone
