// RNN, LSTM and GRU.
#include "ops/recurrent.h"

#include <algorithm>

#include "base/error.h"
#include "import/onnx/context.h"

namespace hone::onnx {

void import_recurrent(OnnxContext& c, const NodeView& n) {
  RecurrentAttrs a;
  a.kind = n.type() == "LSTM" ? RecurrentKind::kLstm : n.type() == "GRU" ? RecurrentKind::kGru : RecurrentKind::kRnn;
  const std::string direction = n.s("direction", "forward");
  size_t d = 0;
  while (d < kRecurrentDirectionNames.size() && direction != kRecurrentDirectionNames[d]) ++d;
  require<ModelError>(d < kRecurrentDirectionNames.size(), "direction '{}'", direction);
  a.direction = static_cast<RecurrentDirection>(d);
  Value* r = c.in(2);
  require<ModelError>(r->rank() == 3, "recurrence weights of rank {}", r->rank());
  a.hidden_size = n.has("hidden_size") ? n.i("hidden_size") : r->shape()[2].value_or(0);
  for (const std::string& s : n.strings("activations")) {
    if (!a.activations.empty()) a.activations += ' ';
    std::transform(s.begin(), s.end(), std::back_inserter(a.activations),
                   [](unsigned char ch) { return std::tolower(ch); });
  }
  a.alpha = n.floats("activation_alpha"), a.beta = n.floats("activation_beta");
  a.clip = n.f("clip", 0);
  a.input_forget = n.flag("input_forget");
  a.linear_before_reset = n.flag("linear_before_reset");
  const bool lstm = a.kind == RecurrentKind::kLstm;
  const bool batch_first = n.flag("layout");
  auto swap = [&](Value* v) { return v != nullptr && batch_first ? c.transpose(v, {1, 0, 2}) : v; };
  Value* lengths = c.opt(4);
  if (lengths != nullptr) lengths = c.cast(lengths, DType::kI32);
  Values in = {swap(c.in(0)), c.in(1), r, c.opt(3), lengths, swap(c.opt(5))};
  if (lstm) in.push_back(swap(c.opt(6))), in.push_back(c.opt(7));
  ir::Node* node = c.node(kRecurrentOp, in, std::move(a), lstm ? 3 : 2);
  // [S, D, B, H] becomes [B, S, D, H]; the states [D, B, H] become [B, D, H].
  c.set(0, batch_first ? c.transpose(node->output(0), {2, 0, 1, 3}) : node->output(0));
  c.set(1, swap(node->output(1)));
  if (lstm) c.set(2, swap(node->output(2)));
}

}  // namespace hone::onnx
