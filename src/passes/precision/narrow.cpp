// Which nodes may compute on 16-bit operands, and the casts around them.
#include "passes/precision/narrow.h"

#include <algorithm>
#include <cmath>

#include "ops/cast.h"
#include "ops/constant.h"
#include "ops/map.h"
#include "ops/reduce.h"
#include "passes/placement/fences.h"

namespace hone::passes {
namespace {

constexpr float kLargestHalf = 65504.f;

// Functions that keep their operands' range and need no more than their precision.
bool harmless(ScalarFn f) {
  using F = ScalarFn;
  switch (f) {
    case F::kIdentity:
    case F::kAbs:
    case F::kNeg:
    case F::kErf:
    case F::kTanh:
    case F::kRelu:
    case F::kSigmoid:
    case F::kLeakyRelu:
    case F::kElu:
    case F::kSelu:
    case F::kCelu:
    case F::kSoftsign:
    case F::kSoftplus:
    case F::kClip:
    case F::kHardSigmoid:
    case F::kHardSwish:
    case F::kScaledTanh:
    case F::kThresholdedRelu:
    case F::kShrink:
    case F::kGeluErf:
    case F::kGeluTanh:
    case F::kSilu:
    case F::kMish:
    case F::kAffine:
    case F::kAdd:
    case F::kSub:
    case F::kMul:
    case F::kMin:
    case F::kMax:
    case F::kPRelu:
    case F::kSelect:
    case F::kClip3:
      return true;
    default:
      return false;
  }
}

bool harmless(ReduceKind k) { return k == ReduceKind::kMax || k == ReduceKind::kMin || k == ReduceKind::kAvg; }

bool suitable(const ir::Node& n) {
  if (n.is(kMapOp)) return harmless(n.attr<MapAttrs>().fn);
  if (n.is(kReduceOp)) return harmless(n.attr<ReduceAttrs>().kind);
  static const Op* const kOps[] = {
      &kConvolutionOp, &kDeconvolutionOp, &kMatMulOp,  &kPoolingOp, &kSoftmaxOp,   &kNormalizationOp,
      &kReshapeOp,     &kTransposeOp,     &kShuffleOp, &kSqueezeOp, &kUnsqueezeOp, &kSliceOp,
      &kPadOp,         &kConcatOp,        &kExpandOp,  &kTileOp,    &kGatherOp,    &kResizeOp,
      &kAttentionOp,   &kIdentityOp,      &kScatterOp, &kTriluOp,
  };
  return std::find(std::begin(kOps), std::end(kOps), &n.op()) != std::end(kOps);
}

bool is_f32(const ir::Value* v) { return v != nullptr && v->type() == DType::kF32; }

// A constant that half precision cannot hold.
bool too_large(const ir::Value* v) {
  const Tensor* c = v != nullptr ? v->constant() : nullptr;
  if (c == nullptr || c->type() != DType::kF32) return false;
  const auto values = c->span<float>();
  return std::any_of(values.begin(), values.end(),
                     [](float x) { return std::isfinite(x) && std::fabs(x) > kLargestHalf; });
}

class Narrowing {
 public:
  Narrowing(ir::Graph& g, DType to, const Options& o) : g_(g), to_(to), wide_(o.keep_wide), on_host_(fenced(g)) {}

  int run() {
    int changed = 0;
    for (ir::Node* n : g_.nodes())
      if (applies(*n)) narrow(n), ++changed;
    return changed + remove_round_trips();
  }

 private:
  bool applies(const ir::Node& n) const {
    if (!suitable(n) || (n.precision && *n.precision == DType::kF32) || on_host_.count(&n) != 0) return false;
    if (std::any_of(n.origins.begin(), n.origins.end(), [&](const std::string& o) { return wide_.count(o) != 0; }))
      return false;
    bool any = false;
    for (const ir::Value* v : n.inputs()) {
      if (v == nullptr || !is_float(v->type())) continue;
      if (v->type() != DType::kF32) return false;
      if (to_ == DType::kF16 && too_large(v)) return false;
      any = true;
    }
    return any && std::any_of(n.outputs().begin(), n.outputs().end(), is_f32);
  }

  // Scale factors of a resize are not data.
  static bool is_data(const ir::Node& n, size_t input) { return !n.is(kResizeOp) || input == 0; }

  ir::Value* narrowed(ir::Node* before, ir::Value* v) {
    ir::Value*& slot = narrowed_[v];
    if (slot == nullptr) slot = cast(before, v, to_, "_narrow");
    return slot;
  }

  ir::Value* cast(ir::Node* before, ir::Value* v, DType to, const char* suffix) {
    CastAttrs a;
    a.to = to;
    return g_.insert(before, kCastOp, v->name() + suffix, {v}, a)->output();
  }

  void narrow(ir::Node* n) {
    const std::vector<ir::Value*> outputs = n->outputs();
    std::vector<bool> was_f32;
    was_f32.reserve(outputs.size());
    for (const ir::Value* v : outputs) was_f32.push_back(is_f32(v));
    for (size_t i = 0; i < n->inputs().size(); ++i)
      if (is_f32(n->inputs()[i]) && is_data(*n, i)) g_.set_input(n, static_cast<int>(i), narrowed(n, n->inputs()[i]));
    g_.infer_node(n);
    const std::vector<ir::Node*> nodes = g_.nodes();
    const auto at = std::find(nodes.begin(), nodes.end(), n);
    ir::Node* next = at + 1 != nodes.end() ? *(at + 1) : nullptr;
    for (size_t i = 0; i < outputs.size(); ++i)
      if (was_f32[i] && outputs[i]->type() == to_) widen_for_users(next, outputs[i]);
  }

  void widen_for_users(ir::Node* next, ir::Value* v) {
    ir::Value* wide = cast(next, v, DType::kF32, "_wide");
    const auto users = g_.uses(v);
    for (auto [user, k] : users)
      if (user != wide->producer()) g_.set_input(user, k, wide);
    if (!g_.is_output(v)) return;
    g_.replace_uses(v, wide);
    g_.set_input(wide->producer(), 0, v);
  }

  // narrow -> Cast f32 -> Cast narrow is the narrow value itself.
  int remove_round_trips() {
    int changed = 0;
    for (ir::Node* n : g_.nodes()) {
      if (!n->is(kCastOp) || n->output()->type() != to_) continue;
      ir::Node* up = n->input(0)->producer();
      if (up == nullptr || !up->is(kCastOp) || up->output()->type() != DType::kF32 || up->input(0)->type() != to_)
        continue;
      changed += replace_node(g_, n, up->input(0));
    }
    return changed;
  }

  ir::Graph& g_;
  DType to_;
  const std::set<std::string>& wide_;
  std::set<const ir::Node*> on_host_;
  std::map<ir::Value*, ir::Value*> narrowed_;
};

}  // namespace

int narrow_to_half(ir::Graph& g, const Options& o) { return Narrowing(g, DType::kF16, o).run(); }
int narrow_to_brain(ir::Graph& g, const Options& o) { return Narrowing(g, DType::kBF16, o).run(); }

}  // namespace hone::passes
