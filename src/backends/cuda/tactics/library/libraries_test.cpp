// The tactics of cuBLASLt and cuDNN against the reference evaluation on a GPU that has the libraries; without a GPU the
// graphs are given to cuDNN, where it is installed, for a GPU that is only described.
#include <gtest/gtest.h>

#include "backends/cuda/backend.h"
#include "backends/cuda/libraries/cublaslt.h"
#include "backends/cuda/libraries/cudnn.h"
#include "backends/cuda/tactics/library/cudnn_program.h"
#include "backends/cuda/tactics/library/cudnn_tactic.h"
#include "backends/cuda/tactics/library/product.h"
#include "backends/cuda/tactics/testing.h"
#include "ops/attention.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matmul.h"

namespace hone::cuda {

const Tactic& matmul_cublaslt();
const Tactic& conv_cudnn();
const Tactic& deconv_cudnn();

namespace {

using testing::Layout;
using testing::TestProblem;

constexpr Layout kLast{Format::kChannelsLast, 0};

class LibraryTest : public testing::CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (IsSkipped()) return;
    if (testing::is_emulated()) GTEST_SKIP() << "NVIDIA's libraries need a GPU";
  }
};

class MatMulCublasLtTest : public LibraryTest {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    std::string why_not;
    if (!IsSkipped() && cublaslt::find(&why_not) == nullptr) GTEST_SKIP() << why_not;
  }
};

class CudnnTest : public LibraryTest {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    std::string why_not;
    if (!IsSkipped() && cudnn::find(&why_not) == nullptr) GTEST_SKIP() << why_not;
  }
};

MatMulAttrs matmul(MatrixOp a, MatrixOp b) {
  MatMulAttrs attrs;
  attrs.op_a = a, attrs.op_b = b;
  return attrs;
}

TEST_F(MatMulCublasLtTest, TypesAndTranspositions) {
  const Tactic& t = matmul_cublaslt();
  for (DType type : {DType::kF32, DType::kF16, DType::kBF16})
    for (MatrixOp a : {MatrixOp::kNone, MatrixOp::kTranspose})
      for (MatrixOp b : {MatrixOp::kNone, MatrixOp::kTranspose})
        for (bool constant : {false, true}) {
          const Dims da = a == MatrixOp::kNone ? Dims{72, 136} : Dims{136, 72};
          const Dims db = b == MatrixOp::kNone ? Dims{136, 264} : Dims{264, 136};
          TestProblem(kMatMulOp, matmul(a, b)).input(type, da).input(type, db, {}, constant).check(t);
        }
}

TEST_F(MatMulCublasLtTest, Batches) {
  const Tactic& t = matmul_cublaslt();
  const MatMulAttrs none = matmul(MatrixOp::kNone, MatrixOp::kNone);
  const MatMulAttrs second = matmul(MatrixOp::kNone, MatrixOp::kTranspose);
  TestProblem(kMatMulOp, none).input(DType::kF16, {3, 5, 24, 64}).input(DType::kF16, {3, 5, 64, 40}).check(t);
  TestProblem(kMatMulOp, second).input(DType::kF16, {3, 5, 24, 64}).input(DType::kF16, {3, 5, 40, 64}).check(t);
  TestProblem(kMatMulOp, none).input(DType::kF16, {6, 24, 64}).input(DType::kF16, {64, 40}, {}, true).check(t);
  TestProblem(kMatMulOp, none).input(DType::kF16, {24, 64}).input(DType::kF16, {6, 64, 40}).check(t);
  TestProblem(kMatMulOp, none).input(DType::kF16, {6, 24, 64}).input(DType::kF16, {6, 64, 40}, {}, true).check(t);
  TestProblem(kMatMulOp, none).input(DType::kF16, {2, 1, 24, 64}).input(DType::kF16, {1, 3, 64, 40}).refuses(t);
}

TEST_F(MatMulCublasLtTest, FusedAndSeparateEpilogues) {
  const Tactic& t = matmul_cublaslt();
  const MatMulAttrs none = matmul(MatrixOp::kNone, MatrixOp::kNone);
  const auto problem = [&] {
    TestProblem p(kMatMulOp, none);
    p.input(DType::kF16, {4, 32, 128}).input(DType::kF16, {128, 256}, {}, true);
    return p;
  };
  for (bool constant : {false, true}) {
    problem().epilogue("2 inputs; r2=add.f16 r0 r1; out r2").input(DType::kF16, {256}, {}, constant).check(t);
    problem()
        .epilogue("2 inputs; r2=add.f16 r1 r0; r3=relu.f16 r2; out r3")
        .input(DType::kF16, {256}, {}, constant)
        .check(t);
    problem()
        .epilogue("2 inputs; r2=add.f16 r0 r1; r3=gelu_tanh.f16 r2; out r3")
        .input(DType::kF16, {256}, {}, constant)
        .check(t);
    problem()
        .epilogue("2 inputs; r2=add.f16 r0 r1; r3=gelu_erf.f16 r2; out r3")
        .input(DType::kF16, {256}, {}, constant)
        .check(t);
  }
  problem()
      .epilogue("3 inputs; r3=add.f16 r0 r1; r4=add.f16 r3 r2; out r4")
      .input(DType::kF16, {256}, {}, true)
      .input(DType::kF16, {4, 32, 256})
      .check(t);
  problem()
      .epilogue("3 inputs; r3=add.f16 r0 r1; r4=add.f16 r3 r2; r5=relu.f16 r4; out r5")
      .input(DType::kF16, {256}, {}, true)
      .input(DType::kF16, {4, 32, 256})
      .check(t);
  problem().epilogue("2 inputs; r2=mul.f16 r0 r1; r3=identity.f32 r2; out r3").input(DType::kF16, {32, 1}).check(t);
}

TEST_F(MatMulCublasLtTest, PixelConvolutions) {
  const Tactic& t = matmul_cublaslt();
  for (DType type : {DType::kF32, DType::kF16}) {
    TestProblem(kConvolutionOp, ConvolutionAttrs())
        .input(type, {2, 64, 7, 9}, kLast)
        .input(type, {96, 64, 1, 1}, {}, true)
        .input(type, {96}, {}, true)
        .output(Format::kChannelsLast)
        .check(t);
    TestProblem(kConvolutionOp, ConvolutionAttrs())
        .input(type, {2, 64, 7, 9}, kLast)
        .input(type, {96, 64, 1, 1}, {}, true)
        .input(type, {96}, {}, true)
        .output(Format::kChannelsLast, 32)
        .epilogue(type == DType::kF32 ? "1 inputs; r1=relu.f32 r0; out r1" : "1 inputs; r1=relu.f16 r0; out r1")
        .check(t);
  }
}

ConvolutionAttrs convolution(std::vector<int64_t> stride, std::vector<int64_t> pad, int64_t groups = 1) {
  ConvolutionAttrs a;
  a.window.stride = std::move(stride), a.window.pre_pad = a.window.post_pad = std::move(pad), a.groups = groups;
  return a;
}

TEST_F(CudnnTest, Convolutions) {
  const Tactic& t = conv_cudnn();
  for (DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    TestProblem(kConvolutionOp, convolution({1, 1}, {1, 1}))
        .input(type, {2, 32, 14, 15}, kLast)
        .input(type, {64, 32, 3, 3}, {}, true)
        .input(type, {64}, {}, true)
        .output(Format::kChannelsLast)
        .check(t);
    TestProblem(kConvolutionOp, convolution({2, 2}, {3, 3}))
        .input(type, {2, 3, 32, 32}, kLast)
        .input(type, {64, 3, 7, 7}, {}, true)
        .output(Format::kChannelsLast)
        .check(t);
    TestProblem(kConvolutionOp, convolution({1, 1}, {1, 1}, 4))
        .input(type, {2, 64, 14, 14}, kLast)
        .input(type, {64, 16, 3, 3}, {}, true)
        .output(Format::kChannelsLast)
        .check(t);
  }
  TestProblem(kConvolutionOp, convolution({1, 1}, {1, 1}))
      .input(DType::kF32, {2, 32, 14, 14}, kLast)
      .input(DType::kF32, {64, 32, 3, 3}, {}, true)
      .output(Format::kChannelsLast)
      .allow_tf32()
      .check(t);
  TestProblem(kConvolutionOp, convolution({1}, {1}))
      .input(DType::kF16, {2, 32, 40}, kLast)
      .input(DType::kF16, {64, 32, 3}, {}, true)
      .output(Format::kChannelsLast)
      .check(t);
  TestProblem(kConvolutionOp, convolution({1, 1}, {1, 1}, 64))
      .input(DType::kF16, {2, 64, 14, 14}, kLast)
      .input(DType::kF16, {64, 1, 3, 3}, {}, true)
      .output(Format::kChannelsLast)
      .refuses(t);
}

TEST_F(CudnnTest, ConvolutionEpilogues) {
  const Tactic& t = conv_cudnn();
  const auto problem = [&] {
    TestProblem p(kConvolutionOp, convolution({1, 1}, {0, 0}));
    p.input(DType::kF16, {2, 64, 14, 14}, kLast).input(DType::kF16, {128, 64, 1, 1}, {}, true);
    p.input(DType::kF16, {128}, {}, true).output(Format::kChannelsLast);
    return p;
  };
  for (const char* program :
       {"1 inputs; r1=relu.f16 r0; out r1", "1 inputs; r1=clip.f16 r0 a=0 b=6; out r1",
        "1 inputs; r1=silu.f16 r0 a=1; out r1", "1 inputs; r1=hard_swish.f16 r0; out r1",
        "1 inputs; r1=gelu_erf.f16 r0; out r1", "1 inputs; r1=leaky_relu.f16 r0 a=0.1; out r1",
        "1 inputs; r1=elu.f16 r0 a=1; out r1", "1 inputs; r1=tanh.f16 r0; out r1",
        "1 inputs; r1=sigmoid.f16 r0; r2=mul.f16 r0 r1; out r2", "1 inputs; r1=softsign.f16 r0; out r1"})
    problem().epilogue(program).check(t);
  problem()
      .epilogue("2 inputs; r2=add.f16 r0 r1; r3=relu.f16 r2; out r3")
      .input(DType::kF16, {2, 128, 14, 14}, kLast)
      .check(t);
  problem().epilogue("2 inputs; r2=add.f16 r0 r1; out r2").input(DType::kF16, {2, 128, 14, 14}, kLast).check(t);
  problem().epilogue("2 inputs; r2=mul.f16 r0 r1; out r2").input(DType::kF16, {128, 1, 1}).check(t);
}

TEST_F(CudnnTest, TransposedConvolutions) {
  DeconvolutionAttrs a;
  a.window.stride = {2, 2}, a.window.pre_pad = a.window.post_pad = {1, 1};
  TestProblem(kDeconvolutionOp, a)
      .input(DType::kF16, {2, 64, 9, 9}, kLast)
      .input(DType::kF16, {64, 32, 4, 4}, {}, true)
      .output(Format::kChannelsLast)
      .check(deconv_cudnn());
}

/// The library's own description of an H200, with which it recommends engines and plans them without a GPU. Engines
/// that it compiles itself are not among them, since those need a driver.
constexpr const char* kDevice =
    R"({"deviceVer":900,"driverVer":13000,"cudaDeviceId":0,"totalGlobalMem":150000000000,)"
    R"("maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,)"
    R"("multiProcessorCount":132,"warpSize":32,"maxSharedMemoryPerBlock":49152,"maxSharedMemoryPerBlockOptin":232448,)"
    R"("reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,)"
    R"("maxThreadsPerSM":2048,"pciDeviceId":0,"isTccDriver":0,"supportCoopLaunch":1,"smClockRateKHz":1980000,)"
    R"("memClockRateKHz":3201000,"l2CacheSize":62914560,"deviceName":"NVIDIA H200"})";

class CudnnGraphTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    if (cudnn::find(&why_not) == nullptr) GTEST_SKIP() << why_not;
    try {
      device_ = cudnn::described_device(kDevice);
    } catch (const cudnn::Refusal& r) {
      GTEST_SKIP() << r.reason();
    }
  }
  int engines(TestProblem&& p, Form form = Form::kWhole) const {
    try {
      return dynamic_cast<const CudnnTactic&>(conv_cudnn()).engines_on(p.problem(), device_, form);
    } catch (const cudnn::Refusal& r) {
      ADD_FAILURE() << r.reason();
      return 0;
    }
  }
  cudnn::Descriptor device_;
};

TEST_F(CudnnGraphTest, LibraryAcceptsTheGraphs) {
  const auto problem = [](DType type, const char* program, bool residual) {
    TestProblem p(kConvolutionOp, convolution({1, 1}, {1, 1}));
    p.input(type, {1, 32, 8, 8}, kLast).input(type, {64, 32, 3, 3}, {}, true).input(type, {64}, {}, true);
    p.output(Format::kChannelsLast);
    if (program != nullptr) p.epilogue(program);
    if (residual) p.input(type, {1, 64, 8, 8}, kLast);
    return p;
  };
  EXPECT_GT(engines(problem(DType::kF16, nullptr, false)), 8);
  EXPECT_GT(engines(problem(DType::kF16, "1 inputs; r1=relu.f16 r0; out r1", false)), 8);
  EXPECT_GT(engines(problem(DType::kBF16, "1 inputs; r1=relu.bf16 r0; out r1", false)), 8);
  EXPECT_GT(engines(problem(DType::kF16, "2 inputs; r2=add.f16 r0 r1; r3=relu.f16 r2; out r3", true), Form::kReordered),
            8);
  EXPECT_GT(engines(problem(DType::kF16, "1 inputs; r1=softsign.f16 r0; out r1", false), Form::kSplit), 8);
  EXPECT_GT(engines(problem(DType::kF32, "1 inputs; r1=relu.f32 r0; out r1", false)), 0);
}

TEST(CudnnProgram, FindsALeadingSum) {
  const auto sum = [](const char* text) { return leading_sum(PwProgram::parse(text)); };
  const auto first = sum("2 inputs; r2=identity.f32 r0; r3=add.f32 r1 r2; r4=relu.f32 r3; out r4");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->instruction, 1u);
  EXPECT_EQ(first->input, 1);
  EXPECT_FALSE(first->is_result);
  EXPECT_TRUE(sum("2 inputs; r2=add.f16 r0 r1; out r2")->is_result);
  EXPECT_FALSE(sum("2 inputs; r2=add.f16 r0 r1; r3=mul.f16 r2 r0; out r3").has_value());
  EXPECT_FALSE(sum("2 inputs; r2=relu.f16 r0; r3=add.f16 r2 r1; out r3").has_value());
}

TEST(LibraryProduct, ReadsExtentsAndDistances) {
  std::string why_not;
  TestProblem batched(kMatMulOp, matmul(MatrixOp::kTranspose, MatrixOp::kNone));
  batched.input(DType::kF16, {6, 64, 24}).input(DType::kF16, {64, 40});
  const auto q = product_of(batched.problem(), &why_not);
  ASSERT_TRUE(q.has_value()) << why_not;
  EXPECT_EQ(q->m, 24);
  EXPECT_EQ(q->n, 40);
  EXPECT_EQ(q->k, 64);
  EXPECT_EQ(q->batch, 6);
  EXPECT_EQ(q->a.distance, 24);
  EXPECT_EQ(q->a.batch_stride, 64 * 24);
  EXPECT_EQ(q->b.batch_stride, 0);
  TestProblem stacked(kMatMulOp, matmul(MatrixOp::kNone, MatrixOp::kTranspose));
  stacked.input(DType::kF16, {6, 24, 64}).input(DType::kF16, {40, 64});
  const auto s = product_of(stacked.problem(), &why_not);
  ASSERT_TRUE(s.has_value()) << why_not;
  EXPECT_EQ(s->m, 6 * 24);
  EXPECT_EQ(s->batch, 1);
  EXPECT_EQ(s->b.distance, 64);
  EXPECT_TRUE(s->b.transposed);
  TestProblem mixed(kMatMulOp, matmul(MatrixOp::kNone, MatrixOp::kNone));
  mixed.input(DType::kF16, {2, 1, 24, 64}).input(DType::kF16, {1, 3, 64, 40});
  EXPECT_FALSE(product_of(mixed.problem(), &why_not).has_value());
}

}  // namespace
}  // namespace hone::cuda
