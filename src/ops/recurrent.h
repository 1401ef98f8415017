// RNN, LSTM or GRU as ONNX. Inputs: X, W, R, optional B, lengths, h0, c0, P (peepholes). Outputs: Y, Y_h, Y_c (LSTM).
#pragma once

#include "ops/op.h"

namespace hone {

enum class RecurrentKind { kRnn, kLstm, kGru };
enum class RecurrentDirection { kForward, kReverse, kBidirectional };
inline constexpr std::array<std::string_view, 3> kRecurrentKindNames = {"rnn", "lstm", "gru"};
inline constexpr std::array<std::string_view, 3> kRecurrentDirectionNames = {"forward", "reverse", "bidirectional"};
struct RecurrentAttrs : AttributesOf<RecurrentAttrs> {
  RecurrentKind kind = RecurrentKind::kLstm;
  RecurrentDirection direction = RecurrentDirection::kForward;
  int64_t hidden_size = 0;
  std::string activations;  // names separated by blanks, lower case, as ONNX lists them; empty: the defaults
  std::vector<double> alpha, beta;
  double clip = 0;  // 0: none
  bool input_forget = false, linear_before_reset = false, batch_first = false;
  void visit(FieldVisitor& v) override {
    visit_enum(v, "kind", kind, kRecurrentKindNames), visit_enum(v, "direction", direction, kRecurrentDirectionNames);
    v.field("hidden_size", hidden_size), v.field("activations", activations), v.field("alpha", alpha),
        v.field("beta", beta);
    v.field("clip", clip), v.field("input_forget", input_forget), v.field("linear_before_reset", linear_before_reset);
    v.field("batch_first", batch_first);
  }
};

}  // namespace hone
