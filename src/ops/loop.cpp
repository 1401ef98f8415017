// If and Loop: shape rules over their bodies. Running them is the executor's work.
#include "ops/loop.h"

#include <algorithm>
#include <set>

namespace hone {
namespace {

TensorInfo plain(const TensorInfo& t) { return {t.type, t.shape, std::nullopt, nullptr}; }

// The shape that two bodies (or two rounds) agree on; a dim they disagree on is only known at run time.
Shape join(const InferContext& c, int* counter, const Shape& a, const Shape& b, const char* what) {
  require<Unsupported>(a.size() == b.size(), "{} has different ranks ({} and {})", what, str(a), str(b));
  Shape out = a;
  for (size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i])) out[i] = c.data_dependent((*counter)++);
  return out;
}

void infer_if(InferContext& c) {
  require<ModelError>(c.subgraphs.size() == 2, "If needs two bodies");
  require<ModelError>(c.in(0).type == DType::kBool, "condition must be bool, is {}", name(c.in(0).type));
  std::vector<TensorInfo> captured;
  for (size_t i = 1; i < c.inputs.size(); ++i) captured.push_back(c.in(i));
  const std::vector<TensorInfo> a = c.subgraphs[0]->infer(captured), b = c.subgraphs[1]->infer(captured);
  require<ModelError>(a.size() == b.size() && a.size() == c.outputs.size(),
                      "bodies give {} and {} outputs, node has {}", a.size(), b.size(), c.outputs.size());
  int counter = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    require<ModelError>(a[i].type == b[i].type, "output {} is {} in one branch and {} in the other", i, name(a[i].type),
                        name(b[i].type));
    c.outputs[i] = {a[i].type, join(c, &counter, a[i].shape, b[i].shape, "an output of the branches"), std::nullopt,
                    nullptr};
  }
}

bool is_true(const TensorInfo& t) {
  const auto known = known_content(t);
  return known && known->size() == 1 && known->front().is(1);
}

// How often a body runs whose condition always holds.
std::optional<Dim> known_trips(const InferContext& c, const TensorInfo& condition) {
  if (!c.has(0) || (c.has(1) && !is_true(c.in(1))) || !is_true(condition)) return std::nullopt;
  const auto count = known_content(c.in(0));
  if (!count || count->size() != 1) return std::nullopt;
  return count->front().is_const() ? Dim(std::max<int64_t>(0, count->front().value())) : count->front();
}

void infer_loop(InferContext& c) {
  const auto carried = static_cast<size_t>(c.attr<LoopAttrs>().carried);
  require<ModelError>(c.subgraphs.size() == 1, "Loop needs one body");
  require<ModelError>(c.inputs.size() >= 2 + carried, "Loop has {} inputs for {} carried values", c.inputs.size(),
                      carried);
  std::vector<TensorInfo> in = {{DType::kI64, {}, std::nullopt, nullptr}, {DType::kBool, {}, std::nullopt, nullptr}};
  for (size_t i = 2; i < c.inputs.size(); ++i) in.push_back(i < 2 + carried ? plain(c.in(i)) : c.in(i));
  int counter = 0;
  std::set<std::pair<size_t, size_t>> unknown;  // (carried value, axis)
  std::vector<TensorInfo> out;
  // Shapes of carried values settle within a few rounds: a dim that changes becomes unknown.
  for (int round = 0;; ++round) {
    out = c.subgraphs[0]->infer(in);
    require<ModelError>(out.size() == c.outputs.size() + 1 && out.size() > carried,
                        "loop body gives {} outputs, node has {}", out.size(), c.outputs.size());
    bool changed = false;
    for (size_t i = 0; i < carried; ++i) {
      TensorInfo& x = in[2 + i];
      const Shape& after = out[1 + i].shape;
      require<ModelError>(x.type == out[1 + i].type, "carried value {} enters the loop as {} and leaves as {}", i,
                          name(x.type), name(out[1 + i].type));
      require<Unsupported>(x.shape.size() == after.size(), "a carried value has different ranks ({} and {})",
                           str(x.shape), str(after));
      for (size_t a = 0; a < after.size(); ++a) {
        // Once unknown, an extent may change from round to round as it likes.
        if (x.shape[a] == after[a] || !unknown.insert({i, a}).second) continue;
        x.shape[a] = c.data_dependent(counter++);
        changed = true;
      }
    }
    if (!changed) break;
    require<Unsupported>(round < 8, "shapes of carried values do not settle");
  }
  for (size_t i = 0; i < carried; ++i) {
    // With zero trips the initial value comes out, so its shape counts too.
    c.outputs[i] = plain(out[1 + i]);
    c.outputs[i].shape = join(c, &counter, out[1 + i].shape, in[2 + i].shape, "a carried value");
  }
  const std::optional<Dim> trips = known_trips(c, out[0]);
  for (size_t i = carried; i < c.outputs.size(); ++i) {
    TensorInfo s = plain(out[1 + i]);
    s.shape.insert(s.shape.begin(), trips ? *trips : c.data_dependent(1000 + static_cast<int>(i)));
    c.outputs[i] = s;
  }
}

}  // namespace

const Op kIfOp = {"If", kControlFlow, 1, -1, -1, make_attrs<NoAttrs>, infer_if, nullptr};
const Op kLoopOp = {"Loop", kControlFlow, 2, -1, -1, make_attrs<LoopAttrs>, infer_loop, nullptr};

}  // namespace hone
