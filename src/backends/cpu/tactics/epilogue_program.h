// What a fused tail means for kernels that know simple activations, and the general way to run any other tail.
#pragma once

#include <optional>

#include "backends/backend.h"
#include "backends/cpu/simd/activation.h"
#include "backends/cpu/simd/pointwise.h"

namespace hone::cpu {

/// The tail as one activation; nullopt where it is anything else. No tail: kNone.
std::optional<Activation> activation_of(const EpilogueView& e);

/// Runs a tail over the finished output in place. All tensors in the output's format.
class EpiloguePass {
 public:
  /// Why the tail cannot run this way; empty: it can.
  static std::string refuse(const Problem& p);
  explicit EpiloguePass(const Problem& p);
  size_t workspace() const { return nest_.workspace(threads_); }
  void run(const Launch& l, void* workspace) const noexcept;

 private:
  PwEvaluator evaluator_;
  PwNest nest_;
  size_t base_inputs_;
  int threads_;
};

}  // namespace hone::cpu
