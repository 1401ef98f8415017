// Operators that cut tensors apart and put them together.
#include "ops/slice.h"

#include <climits>

#include "base/error.h"
#include "import/onnx/context.h"
#include "ops/concat.h"
#include "ops/pad.h"
#include "ops/scatter.h"
#include "ops/tile.h"

namespace hone::onnx {

void import_concat(OnnxContext& c, const NodeView& n) {
  ConcatAttrs a;
  a.axis = normalize_axis(n.opset() < 4 ? n.i("axis", 1) : n.i("axis"), c.in(0)->rank());
  c.set(0, c.make(kConcatOp, c.all(), std::move(a)));
}

namespace {
/// Axes that only the run tells: starts, ends and steps are written into vectors over all axes.
void slice_any_axes(OnnxContext& c, Value* x, Value* start, Value* end) {
  const int64_t rank = x->rank();
  Value* axes = c.map(ScalarFn::kFloorMod, {c.to_i64(c.in(3)), c.int_scalar(rank)});
  auto spread = [&](int64_t otherwise, Value* v) {
    ScatterAttrs a;
    a.axis = 0;
    return c.make(kScatterOp, {c.ints(Ints(static_cast<size_t>(rank), otherwise)), axes, v}, std::move(a));
  };
  SliceAttrs a;
  a.ends = true;
  a.axes = iota(rank);
  Value* step = c.has(4) ? spread(1, c.to_i64(c.in(4))) : nullptr;
  c.set(0, c.make(kSliceOp, {x, spread(0, start), spread(INT64_MAX, end), step}, std::move(a)));
}
}  // namespace

void import_slice(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  SliceAttrs a;
  a.ends = true;
  if (n.opset() < 10) {
    a.start = n.ints("starts"), a.size = n.ints("ends");
    a.axes = n.ints("axes", iota(static_cast<int64_t>(a.start.size())));
    require<ModelError>(a.start.size() == a.size.size() && a.axes.size() == a.start.size(),
                        "{} starts, {} ends and {} axes", a.start.size(), a.size.size(), a.axes.size());
    return c.set(0, c.make(kSliceOp, {x}, std::move(a)));
  }
  Value *start = c.to_i64(c.in(1)), *end = c.to_i64(c.in(2)), *step = nullptr;
  const std::optional<Ints> axes = c.has(3) ? c.known_ints(c.in(3)) : std::nullopt;
  if (c.has(3) && !axes) return slice_any_axes(c, x, start, end);
  if (axes) {
    a.axes = *axes;
  } else {
    const Shape& s = start->shape();
    require<Unsupported>(s.size() == 1 && s[0].is_const(), "the number of starts is not known at build time");
    require<ModelError>(s[0].value() <= x->rank(), "{} starts for {} axes", s[0].value(), x->rank());
    a.axes = iota(s[0].value());
  }
  const auto s = c.known_ints(start), e = c.known_ints(end);
  if (s) a.start = *s, start = nullptr;
  if (e) a.size = *e, end = nullptr;
  if (c.has(4)) {
    step = c.to_i64(c.in(4));
    if (const auto k = c.known_ints(step)) a.stride = *k, step = nullptr;
  }
  c.set(0, c.make(kSliceOp, {x, start, end, step}, std::move(a)));
}

void import_split(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const int64_t axis = normalize_axis(n.i("axis", 0), x->rank());
  const auto parts = static_cast<int64_t>(n.output_count());
  std::optional<Ints> sizes;
  Value* dynamic = nullptr;
  if (n.opset() < 13) {
    if (n.has("split")) sizes = n.ints("split");
  } else if (c.has(1)) {
    sizes = c.known_ints(c.in(1));
    if (!sizes) dynamic = c.to_i64(c.in(1));
  }
  require<ModelError>(!sizes || static_cast<int64_t>(sizes->size()) == parts, "{} sizes for {} outputs",
                      sizes ? sizes->size() : 0, parts);
  const int64_t count = n.i("num_outputs", parts);
  require<ModelError>(count == parts, "num_outputs is {}, the node has {} outputs", count, parts);
  const Dim& extent = x->shape()[static_cast<size_t>(axis)];
  if (!sizes && dynamic == nullptr && extent.is_const()) {
    const int64_t chunk = (extent.value() + parts - 1) / parts;
    require<ModelError>(n.opset() >= 18 || extent.value() % parts == 0, "extent {} is not divisible by {} outputs",
                        extent.value(), parts);
    sizes.emplace(static_cast<size_t>(parts), chunk);
    sizes->back() = extent.value() - chunk * (parts - 1);
    require<ModelError>(sizes->back() >= 0, "extent {} cannot be split into {} outputs", extent.value(), parts);
  }
  if (sizes) {
    int64_t at = 0;
    for (int64_t i = 0; i < parts; ++i) {
      const int64_t size = (*sizes)[static_cast<size_t>(i)];
      require<ModelError>(size >= 0 && size < (int64_t{1} << 40), "a part of extent {}", size);
      c.set(static_cast<size_t>(i), c.slice(x, axis, at, at + size));
      at += size;
    }
    require<ModelError>(!extent.is_const() || extent.is(at), "the parts add up to {}, the extent is {}", at,
                        extent.str());
    return;
  }
  Value* at = c.ints({0});
  Value* chunk = nullptr;
  if (dynamic == nullptr) {
    chunk = c.extent(x, axis);
    if (parts > 1) chunk = c.div(c.add(chunk, c.ints({parts - 1})), c.ints({parts}));
  }
  for (int64_t i = 0; i < parts; ++i) {
    Value* size = chunk != nullptr ? chunk : c.slice(dynamic, 0, i, i + 1);
    Value* end = c.add(at, size);
    c.set(static_cast<size_t>(i), c.slice(x, axis, at, end));
    at = end;
  }
}

namespace {
PadMode pad_mode(const NodeView& n) {
  const std::string mode = n.s("mode", "constant");
  for (size_t i = 0; i < kPadModeNames.size(); ++i)
    if (mode == kPadModeNames[i]) return static_cast<PadMode>(i);
  fail<ModelError>("mode '{}'", mode);
}
}  // namespace

void import_pad(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  PadAttrs a;
  a.mode = pad_mode(n);
  if (n.opset() < 11) {
    a.pads = n.opset() < 2 ? n.ints("paddings") : n.ints("pads");
    a.value = n.f("value", 0);
    return c.set(0, c.make(kPadOp, {x}, std::move(a)));
  }
  Value *pads = c.to_i64(c.in(1)), *value = c.opt(2);
  if (const auto axes = c.static_ints(3, "axes")) a.axes = *axes;
  if (const auto k = c.known_ints(pads)) a.pads = *k, pads = nullptr;
  if (value != nullptr) {
    const std::optional<Tensor> k = c.known(value);
    if (k && k->count() == 0) value = nullptr;
    if (k && k->count() == 1 && k->type() != DType::kI64 && k->type() != DType::kU64)
      a.value = k->as_doubles()[0], value = nullptr;
  }
  c.set(0, c.make(kPadOp, {x, pads, value}, std::move(a)));
}

void import_tile(OnnxContext& c, const NodeView& n) {
  require<Unsupported>(n.opset() >= 6, "Tile before opset 6");
  TileAttrs a;
  Value* repeats = c.to_i64(c.in(1));
  if (const auto k = c.known_ints(repeats)) {
    a.repeats = *k;
    repeats = nullptr;
  }
  c.set(0, c.make(kTileOp, {c.in(0), repeats}, std::move(a)));
}

void import_crop(OnnxContext& c, const NodeView& n) {
  const Ints border = n.ints("border"), scale = n.ints("scale");
  Value* x = c.in(0);
  require<ModelError>(border.size() == 4 && x->rank() == 4, "Crop needs four border sizes and an image of rank 4");
  require<ModelError>(scale.empty() || scale.size() == 2, "scale has {} entries, not 2", scale.size());
  // left, top, right, bottom
  auto end = [](int64_t b) { return b == 0 ? INT64_MAX : -b; };
  const int64_t h_end = scale.empty() ? end(border[3]) : border[1] + scale[0];
  const int64_t w_end = scale.empty() ? end(border[2]) : border[0] + scale[1];
  SliceAttrs a;
  a.ends = true;
  a.axes = {2, 3}, a.start = {border[1], border[0]}, a.size = {h_end, w_end};
  c.set(0, c.make(kSliceOp, {x}, std::move(a)));
}

namespace {
/// Half of a - b where that is positive, else 0.
Value* half_excess(OnnxContext& c, Value* a, Value* b) {
  return c.div(c.map(ScalarFn::kMax, {c.sub(a, b), c.ints({0})}), c.ints({2}));
}
}  // namespace

void import_center_crop_pad(OnnxContext& c, const NodeView& n) {
  Value *x = c.in(0), *target = c.to_i64(c.in(1));
  const Ints axes = n.ints("axes", iota(x->rank()));
  Values first, last, before, after;
  Ints at;
  for (size_t i = 0; i < axes.size(); ++i) {
    at.push_back(normalize_axis(axes[i], x->rank()));
    const auto k = static_cast<int64_t>(i);
    Value *have = c.extent(x, at.back()), *want = c.slice(target, 0, k, k + 1);
    Value *common = c.map(ScalarFn::kMin, {have, want}), *start = half_excess(c, have, want);
    first.push_back(start), last.push_back(c.add(start, common));
    Value* pad = half_excess(c, want, have);
    before.push_back(pad), after.push_back(c.sub(c.sub(want, common), pad));
  }
  SliceAttrs s;
  s.ends = true;
  s.axes = at;
  Value* cropped = c.make(kSliceOp, {x, c.concat(first, 0), c.concat(last, 0)}, std::move(s));
  before.insert(before.end(), after.begin(), after.end());
  PadAttrs p;
  p.axes = at;
  c.set(0, c.make(kPadOp, {cropped, c.concat(before, 0)}, std::move(p)));
}

}  // namespace hone::onnx
