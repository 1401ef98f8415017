// Tile: repetition along each axis.
#include "ops/tile.h"

#include "ops/movement.h"

namespace hone {

static void rule(InferContext& c) {
  const TensorInfo& x = c.in(0);
  const auto repeats = int_argument(c, 1, c.attr<TileAttrs>().repeats);
  require<ModelError>(!repeats || repeats->size() == x.shape.size(), "Tile has {} repeats for rank {}",
                      repeats ? repeats->size() : 0, x.shape.size());
  Shape out;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    if (!repeats) {
      out.push_back(c.data_dependent(static_cast<int>(i)));
      continue;
    }
    const Dim& r = (*repeats)[i];
    require<ModelError>(!r.is_const() || r.value() >= 0, "Tile repeats axis {} {} times", i, r.str());
    out.push_back(x.shape[i] * r);
  }
  c.outputs[0] = {x.type, out, std::nullopt, nullptr};
}

// Each axis becomes a pair (repeat, extent), of which the first has stride zero in the input.
static void eval(EvalContext& c) {
  Tensor& y = allocate_output(c, rule);
  if (y.count() == 0) return;
  const Tensor& x = c.in(0);
  const Dims in = contiguous_strides(x.dims()), out = contiguous_strides(y.dims());
  Dims dims, from, to;
  for (size_t i = 0; i < in.size(); ++i) {
    const int64_t n = x.dims()[i];
    dims.insert(dims.end(), {y.dims()[i] / n, n});
    from.insert(from.end(), {0, in[i]});
    to.insert(to.end(), {out[i] * n, out[i]});
  }
  strided_copy(x.type(), dims, x.raw(), from, y.raw(), to);
}

static void infer(InferContext& c) {
  rule(c);
  track_content(c, 1, eval);
}

const Op kTileOp = {"Tile", kNoFlags, 1, 2, 1, make_attrs<TileAttrs>, infer, eval};

}  // namespace hone
