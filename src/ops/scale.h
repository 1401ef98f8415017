// (x * scale + shift) ^ power, per tensor, channel or element (the network API's scale layer); lowered to Map.
#pragma once

#include "ops/op.h"

namespace hone {

enum class ScaleMode { kUniform, kChannel, kElementwise };
inline constexpr std::array<std::string_view, 3> kScaleModeNames = {"uniform", "channel", "elementwise"};
struct ScaleAttrs : AttributesOf<ScaleAttrs> {
  ScaleMode mode = ScaleMode::kUniform;
  Tensor shift, scale, power;  // undefined: 0, 1, 1
  int64_t channel_axis = 1;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "mode", mode, kScaleModeNames), v.field("shift", shift), v.field("scale", scale),
        v.field("power", power);
    v.field("channel_axis", channel_axis);
  }
};

}  // namespace hone
