// Helpers for tests of tactics: random problems with an epilogue, laid out in any format and pitch, checked against the
// operators' reference evaluation.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "backends/backend.h"
#include "base/parallel.h"

namespace hone::cpu::testing {

/// A problem that owns its tensors. All values are linear (logical order) here; descs say how the kernel sees them.
class TestProblem {
 public:
  TestProblem(const Op& op, const Attributes& attrs) : op_(op), attrs_(attrs) {}

  /// A random input; `constant`: known at build time.
  void input(Dims dims, Format format = Format::kLinear, int64_t pitch = 0, bool constant = false);
  void missing_input();
  /// Epilogue inputs follow; the program is applied to the operator's result.
  void epilogue(std::string_view program) {
    base_inputs_ = static_cast<int>(descs_.size());
    program_ = PwProgram::parse(program);
  }
  void output(Format format, int64_t extra_pitch = 0) { out_format_ = format, extra_pitch_ = extra_pitch; }
  void threads(int n) { threads_ = n; }
  void allow_bf16() { allow_bf16_ = true; }

  const Problem& problem();
  /// Runs the tactic and compares with the reference; elements between pixels must stay untouched.
  void check(const Tactic& t, double tolerance = 1e-5);
  Tensor reference();

 private:
  const Op& op_;
  const Attributes& attrs_;
  std::vector<TensorDesc> descs_;
  std::vector<bool> present_, constant_;
  std::vector<Tensor> values_;
  PwProgram program_;
  int base_inputs_ = -1;
  Format out_format_ = Format::kLinear;
  int64_t extra_pitch_ = 0;
  int threads_ = 1;
  bool allow_bf16_ = false;
  Problem problem_;
  std::mt19937 random_{7};
};

}  // namespace hone::cpu::testing
