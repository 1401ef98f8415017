// Operators that only move elements (transpose, slice, concatenation, expansion, tiling, padding with a constant, plain
// copies, format changes) as strided copies, for elements of 1 to 8 bytes and tensors in any format.
#include <cstring>
#include <optional>

#include "backends/cpu/simd/strided_copy.h"
#include "backends/layout.h"
#include "base/parallel.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/pad.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "ops/transpose.h"

namespace hone::cpu {
namespace {

using Axes = std::vector<StridedCopy::Axis>;

// One strided copy: from an input, at element offsets.
struct Move {
  size_t input = 0;
  int64_t from = 0, to = 0;
  Axes axes;
};

struct Moves {
  std::string refusal;
  std::vector<Move> list;
  bool fill = false;             // the output is filled with `value` before
  std::vector<std::byte> value;  // one element
};

Moves refused(std::string reason) { return {std::move(reason), {}, false, {}}; }

// A shape argument: the constant input where there is one, else the attribute; nullopt where it is known at run time
// only.
std::optional<std::vector<int64_t>> argument(const Problem& p, size_t input, const std::vector<int64_t>& attribute) {
  if (!p.has(input)) return attribute;
  const Tensor* t = p.constant(input);
  if (t == nullptr) return std::nullopt;
  return t->as_ints();
}

std::vector<size_t> axis_list(const std::vector<int64_t>& given, size_t count, size_t rank) {
  std::vector<size_t> axes;
  for (size_t i = 0; i < count; ++i)
    axes.push_back(given.empty() ? i : static_cast<size_t>(normalize_axis(given.at(i), static_cast<int64_t>(rank))));
  return axes;
}

Moves transpose(const Problem& p) {
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
int64_t clamped(int64_t v, int64_t extent, int64_t step) {
  if (v < 0) v = v < -extent ? -1 : v + extent;
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
  return std::clamp(v, low, high);
}

Moves slice(const Problem& p) {
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

Moves concat(const Problem& p) {
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

Moves expand(const Problem& p) {
  const TensorDesc& y = p.outputs[0];
  const auto from = broadcast_strides_of(p.inputs[0], y.dims.size()), to = element_strides(y);
  Move m;
  for (size_t d = 0; d < y.dims.size(); ++d) m.axes.push_back({y.dims[d], from[d], to[d]});
  return {{}, {m}, false, {}};
}

Moves tile(const Problem& p) {
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

Moves pad(const Problem& p) {
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

Moves copy(const Problem& p) {
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  if (x.dims == y.dims) return expand(p);
  if (!is_linear(x) || !is_linear(y) || !is_dense(x) || !is_dense(y))
    return refused("reshape of a tensor that is not linear");
  return {{}, {Move{0, 0, 0, {{x.count(), 1, 1}}}}, false, {}};
}

Moves moves_of(const Problem& p) {
  if (p.op == &kTransposeOp) return transpose(p);
  if (p.op == &kSliceOp) return slice(p);
  if (p.op == &kConcatOp) return concat(p);
  if (p.op == &kExpandOp) return expand(p);
  if (p.op == &kTileOp) return tile(p);
  if (p.op == &kPadOp) return pad(p);
  return copy(p);
}

class MoveKernel : public Kernel {
 public:
  explicit MoveKernel(const Problem& p) : element_(bits(p.outputs[0].type) / 8), count_(p.outputs[0].count()) {
    Moves m = moves_of(p);
    if (m.fill) value_ = std::move(m.value);
    for (Move& move : m.list) {
      copies_.emplace_back(element_, move.axes);
      places_.push_back(move);
    }
  }
  void run(const Launch& l) const noexcept override {
    auto* to = static_cast<std::byte*>(l.outputs[0]);
    if (!value_.empty()) fill(to);
    for (size_t i = 0; i < copies_.size(); ++i)
      copies_[i].run(static_cast<const std::byte*>(l.inputs[places_[i].input]) + places_[i].from * element_,
                     to + places_[i].to * element_);
  }

 private:
  void fill(std::byte* to) const {
    parallel_for(count_, 16384, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) std::memcpy(to + i * element_, value_.data(), value_.size());
    });
  }
  int64_t element_, count_;
  std::vector<std::byte> value_;
  std::vector<StridedCopy> copies_;
  std::vector<Move> places_;
};

class StridedMove : public Tactic {
 public:
  std::string_view name() const override { return "cpu.strided_move"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (is_packed(p.outputs[0].type)) return Verdict::no("packed element type");
    const bool all_data = p.op == &kConcatOp;
    for (size_t i = 0; i < (all_data ? p.inputs.size() : size_t{1}); ++i)
      if (p.inputs[i].type != p.outputs[0].type) return Verdict::no("changes the element type");
    const Moves m = moves_of(p);
    return m.refusal.empty() ? Verdict::yes() : Verdict::no("{}", m.refusal);
  }
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob>) const override {
    return std::make_unique<MoveKernel>(p);
  }
};

}  // namespace

const Tactic& strided_move() {
  static const StridedMove tactic;
  return tactic;
}

}  // namespace hone::cpu
