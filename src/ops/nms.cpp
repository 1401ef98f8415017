// Nms: greedy non-maximum suppression by class, as ONNX defines it.
#include "ops/nms.h"

#include <algorithm>
#include <array>

#include "ops/movement.h"

namespace hone {
namespace {

void infer(InferContext& c) {
  const auto& a = c.attr<NmsAttrs>();
  const Shape &boxes = c.in(0).shape, &scores = c.in(1).shape;
  require<ModelError>(is_float(c.in(0).type) && is_float(c.in(1).type), "Nms: boxes and scores must be floating-point");
  require<ModelError>(a.index_type == DType::kI32 || a.index_type == DType::kI64, "Nms gives i32 or i64 indices");
  require<ModelError>(boxes.size() == (a.boxes_per_class ? 4u : 3u) && scores.size() == 3,
                      "Nms: boxes {} and scores {}", str(boxes), str(scores));
  require<ModelError>(!boxes.back().is_const() || boxes.back().is(4), "Nms: boxes {} need a last dimension of 4",
                      str(boxes));
  const auto same = [](const Dim& x, const Dim& y) { return !x.is_const() || !y.is_const() || x == y; };
  require<ModelError>(
      same(boxes[0], scores[0]) && same(boxes[1], scores[2]) && (!a.boxes_per_class || same(boxes[2], scores[1])),
      "Nms: boxes {} and scores {} do not fit", str(boxes), str(scores));
  for (size_t i = 2; i < 5; ++i)
    require<ModelError>(!c.has(i) || volume(c.in(i).shape).is(1), "Nms: input {} must be one number", i);
  require<ModelError>(!c.outputs.empty() && c.outputs.size() <= 2, "Nms has {} outputs", c.outputs.size());
  c.outputs[0] = {a.index_type, {c.data_dependent(0), Dim(3)}, std::nullopt, nullptr};
  if (c.outputs.size() > 1) c.outputs[1] = {DType::kI32, {}, std::nullopt, nullptr};
}

Dim bound(const InferContext& c) {
  const auto limit = c.attr<NmsAttrs>().limit;
  const Shape& scores = c.in(1).shape;
  Dim per_class = c.has(2) ? scores[2] : Dim(0);
  if (c.has(2) && c.in(2).constant != nullptr)
    per_class = min(per_class, std::max<int64_t>(0, c.in(2).constant->as_ints().at(0)));
  const Dim all = scores[0] * scores[1] * per_class;
  return limit > 0 ? min(all, limit) : all;
}

// Corners with the lower first.
using Box = std::array<float, 4>;
Box load_box(const float* p, bool center) {
  if (center) {
    const float w = p[2] / 2, h = p[3] / 2;
    return {p[0] - w, p[1] - h, p[0] + w, p[1] + h};
  }
  return {std::min(p[0], p[2]), std::min(p[1], p[3]), std::max(p[0], p[2]), std::max(p[1], p[3])};
}

bool overlap(const Box& a, const Box& b, float threshold) {
  const float w = std::min(a[2], b[2]) - std::max(a[0], b[0]), h = std::min(a[3], b[3]) - std::max(a[1], b[1]);
  if (!(w > 0) || !(h > 0)) return false;
  const float both = w * h;
  const float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
  const float either = area_a + area_b - both;
  return area_a > 0 && area_b > 0 && either > 0 && both / either > threshold;
}

struct Limits {
  int64_t per_class = 0;
  float iou = 0, score = 0;
  bool has_score = false;
};

// Indices of the boxes kept for one class, best first. A score that is not a number never counts.
std::vector<int64_t> select(const std::vector<Box>& boxes, const float* scores, const Limits& limits) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < static_cast<int64_t>(boxes.size()); ++i)
    if (limits.has_score ? scores[i] > limits.score : scores[i] == scores[i]) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int64_t x, int64_t y) { return scores[x] > scores[y]; });
  std::vector<int64_t> kept;
  for (int64_t i : order) {
    if (static_cast<int64_t>(kept.size()) >= limits.per_class) break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](int64_t k) {
      return overlap(boxes[static_cast<size_t>(i)], boxes[static_cast<size_t>(k)], limits.iou);
    });
    if (!covered) kept.push_back(i);
  }
  return kept;
}

Limits limits_of(const EvalContext& c) {
  Limits l;
  if (c.has(2)) l.per_class = c.in(2).as_ints().at(0);
  if (c.has(3)) l.iou = static_cast<float>(c.in(3).as_doubles().at(0));
  if (c.has(4)) l.score = static_cast<float>(c.in(4).as_doubles().at(0)), l.has_score = true;
  return l;
}

std::vector<int64_t> run(const EvalContext& c, const NmsAttrs& a) {
  const Tensor boxes = c.in(0).to(DType::kF32), scores = c.in(1).to(DType::kF32);
  const int64_t batches = scores.dims()[0], classes = scores.dims()[1], n = scores.dims()[2];
  require<ModelError>(boxes.count() == batches * n * 4 * (a.boxes_per_class ? classes : 1),
                      "Nms: boxes {} and scores {} do not fit", str(boxes.dims()), str(scores.dims()));
  const Limits limits = limits_of(c);
  std::vector<int64_t> out;
  std::vector<Box> own(static_cast<size_t>(n));
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t k = 0; k < classes; ++k) {
      for (int64_t i = 0; i < n; ++i) {
        const int64_t at = a.boxes_per_class ? ((b * n + i) * classes + k) : b * n + i;
        own[static_cast<size_t>(i)] = load_box(boxes.data<float>() + at * 4, a.center_boxes);
      }
      for (int64_t i : select(own, scores.data<float>() + (b * classes + k) * n, limits)) {
        if (a.limit > 0 && static_cast<int64_t>(out.size()) >= 3 * a.limit) return out;
        out.insert(out.end(), {b, k, i});
      }
    }
  return out;
}

void eval(EvalContext& c) {
  const auto& a = c.attr<NmsAttrs>();
  const std::vector<int64_t> v = run(c, a);
  const auto count = static_cast<int64_t>(v.size()) / 3;
  Tensor t(DType::kI64, {count, 3});
  std::copy(v.begin(), v.end(), t.data<int64_t>());
  set_output(c, 0, t.to(a.index_type));
  if (c.outputs.size() > 1) *c.out(1, DType::kI32, {}).data<int32_t>() = static_cast<int32_t>(count);
}

}  // namespace

const Op kNmsOp = {"Nms", kDataDependent, 2, 5, -1, make_attrs<NmsAttrs>, infer, eval, bound};

}  // namespace hone
