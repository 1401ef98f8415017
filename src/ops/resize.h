// Interpolation to new extents. Inputs: X, optional sizes (i64), scales (f32), roi (f32: starts, then ends); per axis
// in `axes`.
#pragma once

#include "ops/op.h"

namespace hone {

enum class ResizeMode { kNearest, kLinear, kCubic };
enum class CoordinateMode {
  kHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kPytorchHalfPixel,
  kTfCropAndResize,
  kHalfPixelSymmetric,
  kTfHalfPixelForNn
};
enum class NearestMode { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };
enum class AspectPolicy { kStretch, kNotLarger, kNotSmaller };
inline constexpr std::array<std::string_view, 3> kResizeModeNames = {"nearest", "linear", "cubic"};
inline constexpr std::array<std::string_view, 7> kCoordinateModeNames = {
    "half_pixel",         "align_corners",        "asymmetric",          "pytorch_half_pixel",
    "tf_crop_and_resize", "half_pixel_symmetric", "tf_half_pixel_for_nn"};
inline constexpr std::array<std::string_view, 4> kNearestModeNames = {"round_prefer_floor", "round_prefer_ceil",
                                                                      "floor", "ceil"};
inline constexpr std::array<std::string_view, 3> kAspectPolicyNames = {"stretch", "not_larger", "not_smaller"};
struct ResizeAttrs : AttributesOf<ResizeAttrs> {
  ResizeMode mode = ResizeMode::kNearest;
  CoordinateMode coordinates = CoordinateMode::kHalfPixel;
  NearestMode nearest = NearestMode::kRoundPreferFloor;
  AspectPolicy aspect = AspectPolicy::kStretch;
  double cubic_coefficient = -0.75, extrapolation = 0;
  bool exclude_outside = false, antialias = false;
  std::vector<int64_t> axes, sizes;  // empty axes: all
  std::vector<double> scales;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "mode", mode, kResizeModeNames), visit_enum(v, "coordinates", coordinates, kCoordinateModeNames);
    visit_enum(v, "nearest", nearest, kNearestModeNames), visit_enum(v, "aspect", aspect, kAspectPolicyNames);
    v.field("cubic_coefficient", cubic_coefficient), v.field("extrapolation", extrapolation);
    v.field("exclude_outside", exclude_outside), v.field("antialias", antialias);
    v.field("axes", axes), v.field("sizes", sizes), v.field("scales", scales);
  }
};

}  // namespace hone
