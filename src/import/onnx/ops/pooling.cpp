// Pooling over windows, regions and whole feature maps.
#include "ops/pooling.h"

#include "base/error.h"
#include "import/onnx/context.h"
#include "import/onnx/ops/window.h"
#include "ops/col2im.h"
#include "ops/max_unpool.h"
#include "ops/roi_align.h"

namespace hone::onnx {

void import_pool(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const size_t rank = spatial_rank(x);
  PoolingAttrs a;
  a.kernel = n.ints("kernel_shape");
  require<ModelError>(a.kernel.size() == rank, "kernel_shape {} for {} spatial axes", str(a.kernel), rank);
  a.window = window(n, rank);
  a.ceil_mode = n.flag("ceil_mode");
  if (n.type() == "MaxPool") {
    a.kind = PoolKind::kMax;
    a.indices = n.has_output(1);
    a.column_major = n.flag("storage_order");
  } else if (n.type() == "AveragePool") {
    a.kind = PoolKind::kAverage;
    a.count_include_pad = n.flag("count_include_pad");
  } else {
    a.kind = PoolKind::kLp;
    a.p = n.opset() < 2 ? static_cast<int64_t>(n.f("p", 2)) : n.i("p", 2);
  }
  const bool indices = a.indices;
  ir::Node* node = c.node(kPoolingOp, {x}, std::move(a), indices ? 2 : 1);
  c.set(0, node->output(0));
  if (indices) c.set(1, node->output(1));
}

void import_global_pool(OnnxContext& c, const NodeView& n) {
  Value* x = c.in(0);
  const Ints axes = iota(static_cast<int64_t>(spatial_rank(x)), 2);
  if (n.type() == "GlobalAveragePool") return c.set(0, c.reduce(ReduceKind::kAvg, x, axes));
  if (n.type() == "GlobalMaxPool") return c.set(0, c.reduce(ReduceKind::kMax, x, axes));
  const int64_t p = n.opset() < 2 ? static_cast<int64_t>(n.f("p", 2)) : n.i("p", 2);
  if (p == 1) return c.set(0, c.reduce(ReduceKind::kL1, x, axes));
  if (p == 2) return c.set(0, c.reduce(ReduceKind::kL2, x, axes));
  require<ModelError>(p > 0, "p is {}", p);
  const auto exponent = static_cast<double>(p);
  Value* powers = c.map(ScalarFn::kPow, {c.map(ScalarFn::kAbs, {x}), c.like(x, exponent)});
  Value* sum = c.reduce(ReduceKind::kSum, powers, axes);
  c.set(0, c.map(ScalarFn::kPow, {sum, c.like(x, 1 / exponent)}));
}

void import_max_unpool(OnnxContext& c, const NodeView& n) {
  MaxUnpoolAttrs a;
  const size_t rank = spatial_rank(c.in(0));
  a.kernel = n.ints("kernel_shape");
  a.stride = n.ints("strides", Ints(rank, 1));
  a.pads = n.ints("pads", Ints(2 * rank, 0));
  require<ModelError>(a.kernel.size() == rank && a.stride.size() == rank && a.pads.size() == 2 * rank,
                      "window attributes do not fit {} spatial axes", rank);
  Value* shape = c.opt(2);
  c.set(0, c.make(kMaxUnpoolOp, {c.in(0), c.in(1), shape}, std::move(a)));
}

void import_roi_align(OnnxContext& c, const NodeView& n) {
  RoiAlignAttrs a;
  const std::string mode = n.s("mode", "avg");
  require<ModelError>(mode == "avg" || mode == "max", "mode '{}'", mode);
  a.max = mode == "max";
  const std::string t = n.s("coordinate_transformation_mode", n.opset() < 16 ? "output_half_pixel" : "half_pixel");
  require<ModelError>(t == "half_pixel" || t == "output_half_pixel", "coordinate_transformation_mode '{}'", t);
  a.half_pixel = t == "half_pixel";
  a.height = n.i("output_height", 1), a.width = n.i("output_width", 1);
  a.sampling_ratio = n.i("sampling_ratio", 0);
  a.spatial_scale = n.f("spatial_scale", 1);
  c.set(0, c.make(kRoiAlignOp, {c.in(0), c.in(1), c.in(2)}, std::move(a)));
}

void import_col2im(OnnxContext& c, const NodeView& n) {
  Col2ImAttrs a;
  require<ModelError>(c.in(1)->rank() == 1, "the image shape has rank {}, not 1", c.in(1)->rank());
  const Dim& rank = c.in(1)->shape()[0];
  require<Unsupported>(rank.is_const(), "the rank of the image must be known at build time");
  require<ModelError>(rank.value() <= 64, "an image of rank {}", rank.value());
  const auto r = static_cast<size_t>(rank.value());
  a.dilations = n.ints("dilations", Ints(r, 1));
  a.pads = n.ints("pads", Ints(2 * r, 0));
  a.strides = n.ints("strides", Ints(r, 1));
  c.set(0, c.make(kCol2ImOp, {c.in(0), c.to_i64(c.in(1)), c.to_i64(c.in(2))}, std::move(a)));
}

}  // namespace hone::onnx
