// The fused tail of our matrix kernels: in their epilogue where it is a chain of known steps, else as a second pass
// over the finished output.
#pragma once

#include <optional>

#include "backends/cpu/tactics/epilogue_plan.h"
#include "backends/cpu/tactics/epilogue_program.h"

namespace hone::cpu {

class FusedTail {
 public:
  static Verdict check(const Problem& p, const OutputMatrix& out) {
    Verdict chain = EpiloguePlan::check(p, out);
    if (chain) return chain;
    const std::string pass = EpiloguePass::refuse(p);
    return pass.empty() ? Verdict::yes() : Verdict::no("{}; {}", chain.reason, pass);
  }

  FusedTail(const Problem& p, const OutputMatrix& out, bool has_bias) {
    if (EpiloguePlan::check(p, out))
      plan_ = EpiloguePlan(p, out, has_bias);
    else
      pass_.emplace(p);
  }

  /// The kernel's part; see EpiloguePlan::bind.
  Epilogue bind(const Launch& l, int64_t column0 = 0) const noexcept { return plan_.bind(l, column0); }
  size_t workspace() const { return pass_ ? pass_->workspace() : 0; }
  /// Call when the kernel is done.
  void finish(const Launch& l, void* workspace) const noexcept {
    if (pass_) pass_->run(l, workspace);
  }

 private:
  EpiloguePlan plan_;
  std::optional<EpiloguePass> pass_;
};

}  // namespace hone::cpu
