// Operators that only move elements (transpose, slice, concatenation, expansion, tiling, padding with a constant, plain
// copies, format changes) as strided copies, for elements of 1 to 8 bytes and tensors in any format.
#include <cstring>

#include "backends/cpu/simd/strided_copy.h"
#include "backends/moves.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

class MoveKernel : public Kernel {
 public:
  explicit MoveKernel(const Problem& p) : element_(bits(p.outputs[0].type) / 8), count_(p.outputs[0].count()) {
    Moves m = moves_of(p);
    if (m.fill) value_ = std::move(m.value);
    for (Move& move : m.list) {
      std::vector<StridedCopy::Axis> axes;
      for (const MoveAxis& a : move.axes) axes.push_back({a.size, a.from, a.to});
      copies_.emplace_back(element_, std::move(axes));
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
    if (m.refusal.empty() && m.fill && m.value.size() != static_cast<size_t>(bits(p.outputs[0].type)) / 8)
      return Verdict::no("fills with a value of another type");
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
