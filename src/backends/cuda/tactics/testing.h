// Helpers for tests of CUDA tactics: problems of any type, format and pitch, run on the device in use (the GPU, else
// the emulator) and compared with the operator's reference evaluation.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "backends/backend.h"
#include "backends/cuda/recipe.h"

namespace hone::cuda::testing {

/// Base of the tactics' tests: skips with the reason where there is neither a GPU nor the emulator. Under
/// HONE_CUDA_ARCH nothing runs: TestProblem only compiles the kernels, with NVRTC for that architecture.
class CudaTest : public ::testing::Test {
 protected:
  void SetUp() override;
};
/// Base of tests that use the device themselves: skips under HONE_CUDA_ARCH too.
class CudaDeviceTest : public CudaTest {
 protected:
  void SetUp() override;
};

/// How a tensor lies in memory.
struct Layout {
  Format format = Format::kLinear;
  int64_t pitch = 0;  // as in TensorDesc: 0 is dense
};

/// A problem that owns its values.
class TestProblem {
 public:
  TestProblem(const Op& op, const Attributes& attrs) : op_(op), attrs_(attrs.clone()) {}

  /// A random input: floats in [low, high), integers in the same range rounded down, bools of both kinds.
  TestProblem& input(DType type, const Dims& dims, Layout layout = {}, bool constant = false, double low = -1,
                     double high = 1);
  /// An input of these values.
  TestProblem& input(const Tensor& value, Layout layout = {}, bool constant = false);
  /// A left-out optional input.
  TestProblem& missing_input();
  /// Inputs added from here on are the epilogue's; the program's first input is the operator's result.
  TestProblem& epilogue(std::string_view program);
  /// The next output's layout (in the order of calls; default linear and dense); the pitch is what is added to the row.
  TestProblem& output(Format format, int64_t extra_pitch = 0);
  /// The type of all outputs where it is not the reference's.
  TestProblem& output_type(DType type);
  TestProblem& outputs(size_t count);
  TestProblem& allow_tf32();

  /// The problem as tactics see it; valid as long as this object is and nothing is added.
  const Problem& problem();
  /// Linear tensors, as the reference evaluation gives them.
  const std::vector<Tensor>& reference();
  const std::vector<Tensor>& inputs() const { return values_; }

  /// The tactic takes the problem; its results agree with the reference; what lies between the rows of a pitched output
  /// and beside it stays untouched. `tolerance` is the relative L2 error (single elements may be off by 16 times that
  /// of the root mean square); negative: by type (f32 1e-5, f16 3e-3, bf16 2e-2, TF32 allowed 1e-3, integers exact).
  /// Outputs whose extents depend on data have the reference's dims.
  void check(const Tactic& t, double tolerance = -1);
  /// The tactic says no, with a reason.
  void refuses(const Tactic& t);
  /// The tactic's results as linear tensors (the reference's where nothing runs).
  std::vector<Tensor> run(const Tactic& t);

 private:
  double tolerance_of(DType t) const;
  std::vector<TensorDesc> output_facts();
  std::vector<TensorDesc> inferred_outputs();

  const Op& op_;
  std::unique_ptr<Attributes> attrs_;
  std::vector<Tensor> values_;  // undefined: left out
  std::vector<Layout> layouts_, out_layouts_;
  std::vector<bool> constant_;
  PwProgram program_;
  int base_inputs_ = -1;
  size_t outputs_ = 1;
  std::optional<DType> out_type_;
  bool tf32_ = false;
  std::vector<Tensor> reference_;
  Problem problem_;
  std::mt19937 random_{7};
};

/// True when kernels are compiled but not run.
bool only_compiles();
/// True when the device in use is the emulator: tests may then use smaller problems.
bool is_emulated();

}  // namespace hone::cuda::testing
