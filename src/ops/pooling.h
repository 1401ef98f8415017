// Max, average, blended and Lp pooling over spatial axes of [N,C,spatial...]; a second output gives max positions.
#pragma once

#include "ops/convolution.h"
#include "ops/op.h"

namespace hone {

enum class PoolKind { kMax, kAverage, kMaxAverageBlend, kLp };
inline constexpr std::array<std::string_view, 4> kPoolKindNames = {"max", "average", "blend", "lp"};
struct PoolingAttrs : AttributesOf<PoolingAttrs> {
  PoolKind kind = PoolKind::kMax;
  std::vector<int64_t> kernel;
  Window window;
  bool ceil_mode = false;
  bool count_include_pad = false;
  double blend = 0;           // blend * average + (1 - blend) * max
  int64_t p = 2;              // of Lp
  bool indices = false;       // second output: i64 flat positions in the unpadded input tensor, as ONNX MaxPool
  bool column_major = false;  // storage_order of the positions
  void visit(FieldVisitor& v) override {
    visit_enum(v, "kind", kind, kPoolKindNames), v.field("kernel", kernel), window.visit(v);
    v.field("ceil_mode", ceil_mode), v.field("count_include_pad", count_include_pad), v.field("blend", blend);
    v.field("p", p), v.field("indices", indices), v.field("column_major", column_major);
  }
};

}  // namespace hone
