// Interpolation and sampling at given positions.
#include "ops/resize.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "ops/grid_sample.h"
#include "ops/nms.h"

namespace hone::onnx {

namespace {

template <class E, size_t N>
E by_name(const std::string& text, const std::array<std::string_view, N>& names, const char* what) {
  for (size_t i = 0; i < N; ++i)
    if (text == names[i]) return static_cast<E>(i);
  fail<ModelError>("{} '{}'", what, text);
}

/// An input that is not there: left out, or of no elements (as opset 11 wrote it).
Value* given(OnnxContext& c, size_t i) {
  Value* v = c.opt(i);
  if (v == nullptr) return nullptr;
  return v->rank() == 1 && v->shape()[0].is(0) ? nullptr : v;
}

/// Known values become attributes; one factor per axis is needed.
void finish(OnnxContext& c, ResizeAttrs a, Value* scales, Value* sizes, Value* roi) {
  if (scales != nullptr)
    if (const auto k = c.known(scales)) a.scales = k->as_doubles(), scales = nullptr;
  if (sizes != nullptr)
    if (const auto k = c.known_ints(sizes)) a.sizes = *k, sizes = nullptr;
  c.set(0, c.make(kResizeOp, {c.in(0), sizes, scales, roi}, std::move(a)));
}

ResizeMode mode_of(const NodeView& n) {
  const std::string mode = n.s("mode", "nearest");
  if (mode == "bilinear" || mode == "trilinear") return ResizeMode::kLinear;
  return by_name<ResizeMode>(mode, kResizeModeNames, "mode");
}

}  // namespace

void import_upsample(OnnxContext& c, const NodeView& n) {
  ResizeAttrs a;
  a.mode = mode_of(n);
  a.coordinates = CoordinateMode::kAsymmetric;
  a.nearest = NearestMode::kFloor;
  if (n.type() == "Upsample" && n.opset() < 9) {
    a.scales = n.floats("scales");
    if (n.opset() < 7) a.scales = {1, 1, n.f("height_scale", 1), n.f("width_scale", 1)};
    return finish(c, std::move(a), nullptr, nullptr, nullptr);
  }
  finish(c, std::move(a), c.in(1), nullptr, nullptr);
}

void import_resize(OnnxContext& c, const NodeView& n) {
  if (n.opset() < 11) return import_upsample(c, n);
  ResizeAttrs a;
  a.mode = mode_of(n);
  a.coordinates = by_name<CoordinateMode>(n.s("coordinate_transformation_mode", "half_pixel"), kCoordinateModeNames,
                                          "coordinate_transformation_mode");
  a.nearest = by_name<NearestMode>(n.s("nearest_mode", "round_prefer_floor"), kNearestModeNames, "nearest_mode");
  a.aspect =
      by_name<AspectPolicy>(n.s("keep_aspect_ratio_policy", "stretch"), kAspectPolicyNames, "keep_aspect_ratio_policy");
  a.cubic_coefficient = n.f("cubic_coeff_a", -0.75f);
  a.extrapolation = n.f("extrapolation_value", 0);
  a.exclude_outside = n.flag("exclude_outside");
  a.antialias = n.flag("antialias");
  for (const int64_t axis : n.ints("axes")) a.axes.push_back(normalize_axis(axis, c.in(0)->rank()));
  Value *scales = given(c, 2), *sizes = given(c, 3), *roi = nullptr;
  if (sizes != nullptr) sizes = c.to_i64(sizes);
  require<ModelError>((scales != nullptr) != (sizes != nullptr), "either scales or sizes must be given");
  if (a.coordinates == CoordinateMode::kTfCropAndResize) {
    roi = given(c, 1);
    require<ModelError>(roi != nullptr, "tf_crop_and_resize needs a region");
    roi = c.cast(roi, DType::kF32);
  }
  finish(c, std::move(a), scales, sizes, roi);
}

void import_grid_sample(OnnxContext& c, const NodeView& n) {
  GridSampleAttrs a;
  const std::string mode = n.s("mode", n.opset() < 20 ? "bilinear" : "linear");
  const std::string plain = mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode;
  a.mode = by_name<GridMode>(plain, kGridModeNames, "mode");
  a.padding = by_name<GridPadding>(n.s("padding_mode", "zeros"), kGridPaddingNames, "padding_mode");
  a.align_corners = n.flag("align_corners");
  c.set(0, c.make(kGridSampleOp, {c.in(0), c.in(1)}, std::move(a)));
}

void import_affine_grid(OnnxContext& c, const NodeView& n) {
  Value *theta = c.in(0), *size = c.to_i64(c.in(1));
  require<ModelError>(theta->rank() == 3, "theta has rank {}, not 3", theta->rank());
  const Dim& rows = theta->shape()[1];
  require<Unsupported>(rows.is_const() && (rows.value() == 2 || rows.value() == 3),
                       "theta {} is not [N,2,3] or [N,3,4]", str(theta->shape()));
  const int64_t rank = rows.value();
  const bool corners = n.flag("align_corners");
  const DType type = theta->type();
  Value* one = c.scalar(type, 1);
  Value* dims = c.slice(size, 0, 2, 2 + rank);
  // Coordinates x, y(, z), 1 of every output position; axis 0 of the image is the slowest.
  Values coordinates;
  for (int64_t i = rank - 1; i >= 0; --i) {
    Value* extent = c.squeeze(c.slice(dims, 0, i, i + 1), {0});
    Value* count = c.cast(extent, type);
    Value* index = c.cast(c.make(kRangeOp, {c.int_scalar(0), extent, c.int_scalar(1)}), type);
    Value* last = c.sub(count, one);
    Value* span = corners ? c.map(ScalarFn::kMax, {last, one}) : count;
    Value* shifted = corners ? index : c.add(index, c.scalar(type, 0.5));
    Value* at = c.sub(c.div(c.mul(shifted, c.scalar(type, 2)), span), one);
    Value* spread = c.expand(c.unsqueeze(at, iota(rank - 1 - i, 1)), dims);
    coordinates.push_back(c.unsqueeze(spread, {rank}));
  }
  coordinates.push_back(c.expand(one, c.concat({dims, c.ints({1})}, 0)));
  Value* base = c.reshape(c.concat(coordinates, rank), Ints{-1, rank + 1});
  Value* moved = c.matmul(base, c.transpose(theta, {0, 2, 1}));
  c.set(0, c.reshape(moved, c.concat({c.slice(size, 0, 0, 1), dims, c.ints({rank})}, 0), false));
}

void import_nms(OnnxContext& c, const NodeView& n) {
  NmsAttrs a;
  a.center_boxes = n.flag("center_point_box");
  Value* limit = c.opt(2);
  if (limit != nullptr) limit = c.to_i64(limit);
  c.set(0, c.make(kNmsOp, {c.in(0), c.in(1), limit, c.opt(3), c.opt(4)}, std::move(a)));
}

}  // namespace hone::onnx
