// What operators that only move elements (transpose, slice, concatenation, expansion, tiling, padding with a constant,
// plain copies, format changes) do, as strided copies over tensors in any format.
#pragma once

#include <algorithm>
#include <optional>

#include "backends/layout.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/pad.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "ops/transpose.h"

namespace hone {

struct MoveAxis {
  int64_t size = 1, from = 0, to = 0;  // elements; strides may be negative; `from` may be 0
};

/// One strided copy: from an input, at element offsets. The order of the axes does not matter.
struct Move {
  size_t input = 0;
  int64_t from = 0, to = 0;
  std::vector<MoveAxis> axes;
};

struct Moves {
  std::string refusal;  // why the node cannot be expressed so; empty: it can
  std::vector<Move> list;
  bool fill = false;             // the output is filled with `value` before
  std::vector<std::byte> value;  // one element
};

namespace movement {

inline Moves refused(std::string reason) { return {std::move(reason), {}, false, {}}; }

// A shape argument: the constant input where there is one, else the attribute; nullopt where it is known at run time
// only.
inline std::optional<std::vector<int64_t>> argument(const Problem& p, size_t input,
                                                    const std::vector<int64_t>& attribute) {
  if (!p.has(input)) return attribute;
  const Tensor* t = p.constant(input);
  if (t == nullptr) return std::nullopt;
  return t->as_ints();
}

inline std::vector<size_t> axis_list(const std::vector<int64_t>& given, size_t count, size_t rank) {
  std::vector<size_t> axes;
  for (size_t i = 0; i < count; ++i)
    axes.push_back(given.empty() ? i : static_cast<size_t>(normalize_axis(given.at(i), static_cast<int64_t>(rank))));
  return axes;
}

inline Moves transpose(const Problem& p) {
  const auto& perm = p.attr<TransposeAttrs>().perm;
  const auto from = element_strides(p.inputs[0]), to = element_strides(p.outputs[0]);
  const size_t rank = from.size();
  Move m;
  for (size_t a = 0; a < rank; ++a) {
    const size_t source = perm.empty() ? rank - 1 - a : static_cast<size_t>(perm.at(a));
    m.axes.push_back({p.outputs[0].dims[a], from.at(source), to[a]});
  }
  return {{}, {m}, false, {}};
}

// ONNX's reading of a start or an end: from the back where negative, clamped.
inline int64_t clamped(int64_t v, int64_t extent, int64_t step) {
  if (v < 0) v = v < -extent ? -1 : v + extent;
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
  return std::clamp(v, low, high);
}

inline Moves slice(const Problem& p) {
  const auto& a = p.attr<SliceAttrs>();
  const auto start = argument(p, 1, a.start), size = argument(p, 2, a.size), stride = argument(p, 3, a.stride),
             axes = argument(p, 5, a.axes);
  if (!start || !size || !stride || !axes) return refused("window known at run time only");
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const auto from = element_strides(x), to = element_strides(y);
  Move m;
  for (size_t d = 0; d < x.dims.size(); ++d) m.axes.push_back({y.dims[d], from[d], to[d]});
  const auto where = axis_list(*axes, start->size(), x.dims.size());
  for (size_t i = 0; i < where.size(); ++i) {
    const size_t d = where[i];
    const int64_t step = stride->empty() ? 1 : stride->at(i), count = y.dims[d];
    if (step == 0 || step < -x.dims[d] - 1 || step > (int64_t{1} << 40)) return refused("step");
    const int64_t first = a.ends ? clamped(start->at(i), x.dims[d], step) : start->at(i);
    const int64_t last = count > 0 ? first + (count - 1) * step : first;
    if (count > 0 && (first < 0 || last < 0 || first >= x.dims[d] || last >= x.dims[d]))
      return refused("window reaches outside of the input");
    m.from += count > 0 ? first * from[d] : 0;
    m.axes[d].from = from[d] * step;
  }
  return {{}, {m}, false, {}};
}

inline Moves concat(const Problem& p) {
  const TensorDesc& y = p.outputs[0];
  const auto axis =
      static_cast<size_t>(normalize_axis(p.attr<ConcatAttrs>().axis, static_cast<int64_t>(y.dims.size())));
  const auto to = element_strides(y);
  Moves moves;
  int64_t at = 0;
  for (size_t i = 0; i < p.inputs.size(); ++i) {
    const TensorDesc& x = p.inputs[i];
    const auto from = element_strides(x);
    Move m{i, 0, at * to[axis], {}};
    for (size_t d = 0; d < x.dims.size(); ++d) m.axes.push_back({x.dims[d], from[d], to[d]});
    at += x.dims[axis];
    moves.list.push_back(m);
  }
  return moves;
}

inline Moves expand(const Problem& p) {
  const TensorDesc& y = p.outputs[0];
  const auto from = broadcast_strides_of(p.inputs[0], y.dims.size()), to = element_strides(y);
  Move m;
  for (size_t d = 0; d < y.dims.size(); ++d) m.axes.push_back({y.dims[d], from[d], to[d]});
  return {{}, {m}, false, {}};
}

inline Moves tile(const Problem& p) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  const auto from = element_strides(x), to = element_strides(y);
  Move m;
  for (size_t d = 0; d < x.dims.size(); ++d) {
    if (x.dims[d] == 0) return refused("empty input");
    m.axes.push_back({y.dims[d] / x.dims[d], 0, to[d] * x.dims[d]});
    m.axes.push_back({x.dims[d], from[d], to[d]});
  }
  return {{}, {m}, false, {}};
}

inline Moves pad(const Problem& p) {
  const auto& a = p.attr<PadAttrs>();
  const auto pads = argument(p, 1, a.pads), axes = argument(p, 3, a.axes);
  if (!pads || !axes || (p.has(2) && !p.constant(2))) return refused("pads known at run time only");
  if (a.mode != PadMode::kConstant) return refused("mode of padding");
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  if (!is_dense(y)) return refused("pitched output");
  const auto from = element_strides(x), to = element_strides(y);
  Move m;
  for (size_t d = 0; d < x.dims.size(); ++d) m.axes.push_back({x.dims[d], from[d], to[d]});
  const size_t count = pads->size() / 2;
  const auto where = axis_list(*axes, count, x.dims.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t d = where[i];
    const int64_t before = (*pads)[i], after = (*pads)[i + count];
    const int64_t cut = std::max<int64_t>(0, -before), end = x.dims[d] - std::max<int64_t>(0, -after);
    m.axes[d].size = std::max<int64_t>(0, end - cut);
    m.from += cut * from[d];
    m.to += std::max<int64_t>(0, before) * to[d];
  }
  const Tensor value = p.has(2) ? *p.constant(2) : Tensor::scalar(a.value).to(x.type);
  const auto* bytes = static_cast<const std::byte*>(value.raw());
  return {{}, {m}, true, {bytes, bytes + value.bytes()}};
}

inline Moves copy(const Problem& p) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  if (x.dims == y.dims) return expand(p);
  if (!is_linear(x) || !is_linear(y) || !is_dense(x) || !is_dense(y))
    return refused("reshape of a tensor that is not linear");
  return {{}, {Move{0, 0, 0, {{x.count(), 1, 1}}}}, false, {}};
}

}  // namespace movement

/// The copies of a node of these operators: transpose, slice, concat, expand, tile, constant padding, and plain copies.
inline Moves moves_of(const Problem& p) {
  if (p.op == &kTransposeOp) return movement::transpose(p);
  if (p.op == &kSliceOp) return movement::slice(p);
  if (p.op == &kConcatOp) return movement::concat(p);
  if (p.op == &kExpandOp) return movement::expand(p);
  if (p.op == &kTileOp) return movement::tile(p);
  if (p.op == &kPadOp) return movement::pad(p);
  return movement::copy(p);
}

}  // namespace hone
