// Which layers can run image by image, and which should.
#include "backends/slices.h"

#include <algorithm>

#include "ops/concat.h"
#include "ops/convolution.h"
#include "ops/depthwise_block.h"
#include "ops/map.h"
#include "ops/pointwise.h"
#include "ops/pooling.h"
#include "ops/reduce.h"
#include "ops/reformat.h"

namespace hone {
namespace {

// Weights that may be read again for every image, whatever the activations are: they come from the caches.
constexpr int64_t kFewBytes = 128 * 1024;
// Several rounds of images for each thread even out.
constexpr int64_t kRounds = 4;

bool over_batch(const TensorDesc& d, int64_t batch) { return d.dims.size() >= 2 && d.dims[0] == batch; }

// An operand that broadcasts to the output: shared, or with a part for each image; nullopt where it cannot be told
// apart.
std::optional<bool> broadcast_operand(const Problem& p, size_t i) {
  const Dims &d = p.inputs[i].dims, &out = p.outputs[0].dims;
  if (d.size() < out.size() || d[0] == 1) return false;
  if (d[0] != out[0] || p.constant(i) != nullptr) return std::nullopt;
  return true;
}

bool spares_batch(const Problem& p) {
  const auto rank = static_cast<int64_t>(p.inputs[0].dims.size());
  if (p.op == &kConcatOp) return normalize_axis(p.attr<ConcatAttrs>().axis, rank) != 0;
  if (p.op != &kReduceOp) return true;
  const auto& a = p.attr<ReduceAttrs>();
  return p.inputs.size() == 1 && !a.axes.empty() &&
         std::none_of(a.axes.begin(), a.axes.end(), [&](int64_t x) { return normalize_axis(x, rank) == 0; });
}

// Whether base input i holds something for each image; nullopt: this operator does not run by image.
std::optional<bool> base_operand(const Problem& p, size_t i, int64_t batch) {
  if (p.op == &kPointwiseOp || p.op == &kMapOp) return broadcast_operand(p, i);
  if (i == 0 || p.op == &kConcatOp)
    return over_batch(p.inputs[i], batch) && p.constant(i) == nullptr ? std::optional(true) : std::nullopt;
  if (p.constant(i) != nullptr) return false;
  if (p.op != &kScaledConvolutionOp) return std::nullopt;
  const Dims& d = p.inputs[i].dims;  // factors
  return !d.empty() && (d[0] == batch || d[0] == 1) ? std::optional(d[0] == batch) : std::nullopt;
}

int64_t bytes_of(const TensorDesc& d) { return static_cast<int64_t>(d.bytes()); }

}  // namespace

std::optional<std::vector<bool>> inputs_by_image(const Problem& p) {
  static const Op* const kOps[] = {&kConvolutionOp, &kDepthwiseBlockOp, &kScaledConvolutionOp, &kPoolingOp,
                                   &kReduceOp,      &kConcatOp,         &kPointwiseOp,         &kMapOp,
                                   &kReformatOp};
  if (std::find(std::begin(kOps), std::end(kOps), p.op) == std::end(kOps)) return std::nullopt;
  if (p.inputs.empty() || p.outputs.empty() || !p.has(0) || p.outputs[0].dims.size() < 2) return std::nullopt;
  const int64_t batch = p.outputs[0].dims[0];
  for (const TensorDesc& d : p.outputs)
    if (!over_batch(d, batch) || is_packed(d.type)) return std::nullopt;
  if (!spares_batch(p)) return std::nullopt;
  std::vector<bool> by_image(p.inputs.size(), false);
  for (size_t i = 0; i < p.inputs.size(); ++i) {
    if (!p.has(i)) continue;
    if (is_packed(p.inputs[i].type)) return std::nullopt;
    const auto one = i < p.base_inputs() ? base_operand(p, i, batch) : broadcast_operand(p, i);
    if (!one) return std::nullopt;
    by_image[i] = *one;
  }
  return by_image;
}

Slices slices_of(const Problem& p) {
  if (p.outputs.empty() || p.outputs[0].dims.empty() || p.outputs[0].dims[0] < 2) return {};
  const auto by_image = inputs_by_image(p);
  if (!by_image) return {};
  const int64_t batch = p.outputs[0].dims[0];
  int64_t activations = 0, weights = 0;
  for (size_t i = 0; i < p.inputs.size(); ++i)
    if (p.has(i)) ((*by_image)[i] ? activations : weights) += bytes_of(p.inputs[i]);
  for (const TensorDesc& d : p.outputs) activations += bytes_of(d);
  if (activations == 0 || weights > std::max(kFewBytes, activations / batch)) return {};
  return {batch, p.threads > 1 && (batch % p.threads == 0 || batch >= kRounds * p.threads)};
}

Problem slice_of(const Problem& p, const Slices& s) {
  if (s.count <= 1) return p;
  Problem one = p;
  const auto by_image = inputs_by_image(p);
  for (size_t i = 0; by_image && i < one.inputs.size(); ++i)
    if ((*by_image)[i]) one.inputs[i].dims[0] = 1;
  for (TensorDesc& d : one.outputs) d.dims[0] = 1;
  if (s.parallel) {
    one.threads = 1;
    if (p.workspace_limit != SIZE_MAX) one.workspace_limit = p.workspace_limit / static_cast<size_t>(p.threads);
  }
  return one;
}

}  // namespace hone
