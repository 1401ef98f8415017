// RoiAlign: bilinear samples of each region's bins, averaged or maximised, as ONNX defines it.
#include "ops/roi_align.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"
#include "ops/movement.h"

namespace hone {
namespace {

void infer(InferContext& c) {
  const auto& a = c.attr<RoiAlignAttrs>();
  const TensorInfo &x = c.in(0), &rois = c.in(1), &batch = c.in(2);
  require<ModelError>(x.shape.size() == 4, "RoiAlign needs [N,C,H,W], not {}", str(x.shape));
  require<ModelError>(is_float(x.type) && rois.type == x.type, "RoiAlign: input is {} and regions {}", name(x.type),
                      name(rois.type));
  check_index_type(batch, "batch indices of RoiAlign");
  require<ModelError>(rois.shape.size() == 2 && (!rois.shape[1].is_const() || rois.shape[1].is(4)),
                      "RoiAlign: regions are {}, not [R,4]", str(rois.shape));
  require<ModelError>(batch.shape.size() == 1, "RoiAlign: batch indices are {}, not a vector", str(batch.shape));
  require<ModelError>(!batch.shape[0].is_const() || !rois.shape[0].is_const() || batch.shape[0] == rois.shape[0],
                      "RoiAlign: {} regions and {} batch indices", rois.shape[0].str(), batch.shape[0].str());
  require<ModelError>(a.height > 0 && a.width > 0 && a.sampling_ratio >= 0 && a.sampling_ratio < 4096,
                      "RoiAlign: output {}x{}, sampling ratio {}", a.height, a.width, a.sampling_ratio);
  c.outputs[0] = {x.type, {rois.shape[0], x.shape[1], Dim(a.height), Dim(a.width)}, std::nullopt, nullptr};
}

// Four neighbours of a sample within a channel plane; weights are zero outside the plane.
struct Sample {
  std::array<int64_t, 4> at{};
  std::array<float, 4> weight{};
};

Sample sample(float y, float x, int64_t height, int64_t width) {
  Sample s;
  if (!(y >= -1 && y <= static_cast<float>(height) && x >= -1 && x <= static_cast<float>(width))) return s;
  y = std::max(y, 0.f), x = std::max(x, 0.f);
  auto y0 = static_cast<int64_t>(y), x0 = static_cast<int64_t>(x);
  const int64_t y1 = std::min(y0 + 1, height - 1), x1 = std::min(x0 + 1, width - 1);
  if (y0 >= height - 1) y0 = height - 1, y = static_cast<float>(y0);
  if (x0 >= width - 1) x0 = width - 1, x = static_cast<float>(x0);
  const float ly = y - static_cast<float>(y0), lx = x - static_cast<float>(x0);
  s.at = {y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1};
  s.weight = {(1 - ly) * (1 - lx), (1 - ly) * lx, ly * (1 - lx), ly * lx};
  return s;
}

// The samples of all bins of one region, bin by bin.
struct Region {
  std::vector<Sample> samples;
  int64_t per_bin = 0;
};

int64_t grid_size(int64_t ratio, float extent, int64_t bins, int64_t limit) {
  if (ratio > 0) return ratio;
  const float n = std::ceil(extent / static_cast<float>(bins));
  // More samples than pixels do not occur for regions inside the image; hostile ones must not exhaust memory.
  require<ModelError>(n < static_cast<float>(4 * limit + 64), "RoiAlign: region of extent {} in {} pixels", extent,
                      limit);
  return n > 0 ? static_cast<int64_t>(n) : 0;
}

Region region(const RoiAlignAttrs& a, const float* roi, int64_t height, int64_t width) {
  const auto scale = static_cast<float>(a.spatial_scale);
  const float offset = a.half_pixel ? 0.5f : 0.f;
  const float x0 = roi[0] * scale - offset, y0 = roi[1] * scale - offset;
  float w = roi[2] * scale - offset - x0, h = roi[3] * scale - offset - y0;
  if (!a.half_pixel) w = std::max(w, 1.f), h = std::max(h, 1.f);
  const float bin_h = h / static_cast<float>(a.height), bin_w = w / static_cast<float>(a.width);
  const int64_t ny = grid_size(a.sampling_ratio, h, a.height, height);
  const int64_t nx = grid_size(a.sampling_ratio, w, a.width, width);
  Region r;
  r.per_bin = ny * nx;
  for (int64_t ph = 0; ph < a.height; ++ph)
    for (int64_t pw = 0; pw < a.width; ++pw)
      for (int64_t iy = 0; iy < ny; ++iy)
        for (int64_t ix = 0; ix < nx; ++ix) {
          const float y =
              y0 + static_cast<float>(ph) * bin_h + (static_cast<float>(iy) + 0.5f) * bin_h / static_cast<float>(ny);
          const float x =
              x0 + static_cast<float>(pw) * bin_w + (static_cast<float>(ix) + 0.5f) * bin_w / static_cast<float>(nx);
          r.samples.push_back(sample(y, x, height, width));
        }
  return r;
}

// The maximum runs over the weighted neighbours, as ONNX's reference has it.
float pooled(const Sample* s, int64_t n, const float* plane, bool max) {
  float sum = 0, best = 0;
  for (int64_t i = 0; i < n; ++i) {
    std::array<float, 4> v;
    for (size_t k = 0; k < 4; ++k) v[k] = s[i].weight[k] * plane[s[i].at[k]];
    sum += v[0] + v[1] + v[2] + v[3];
    const float m = std::max(std::max(v[0], v[1]), std::max(v[2], v[3]));
    best = i == 0 ? m : std::max(best, m);
  }
  return max ? best : sum / static_cast<float>(std::max<int64_t>(n, 1));
}

void eval(EvalContext& c) {
  const auto& a = c.attr<RoiAlignAttrs>();
  const Tensor x = c.in(0).to(DType::kF32), rois = c.in(1).to(DType::kF32);
  const std::vector<int64_t> batch = c.in(2).as_ints();
  const int64_t count = rois.dims()[0], channels = x.dims()[1], height = x.dims()[2], width = x.dims()[3];
  require<ModelError>(static_cast<int64_t>(batch.size()) == count && rois.dims()[1] == 4,
                      "RoiAlign: {} regions and {} batch indices", count, batch.size());
  require<ModelError>(count == 0 || channels == 0 || (height > 0 && width > 0), "RoiAlign of an empty image");
  Tensor y(DType::kF32, {count, channels, a.height, a.width});
  const int64_t bins = a.height * a.width;
  for (int64_t r = 0; r < count; ++r) {
    const int64_t b = batch[static_cast<size_t>(r)];
    require<ModelError>(b >= 0 && b < x.dims()[0], "RoiAlign: batch index {} of {}", b, x.dims()[0]);
    const Region g = region(a, rois.data<float>() + r * 4, height, width);
    parallel_for(channels, 1 + 4096 / (bins * (g.per_bin + 1)), [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k)
        for (int64_t i = 0; i < bins; ++i)
          y.data<float>()[(r * channels + k) * bins + i] =
              pooled(g.samples.data() + i * g.per_bin, g.per_bin, x.data<float>() + (b * channels + k) * height * width,
                     a.max);
    });
  }
  set_output(c, 0, y.to(c.in(0).type()));
}

}  // namespace

const Op kRoiAlignOp = {"RoiAlign", kNoFlags, 3, 3, 1, make_attrs<RoiAlignAttrs>, infer, eval};

}  // namespace hone
