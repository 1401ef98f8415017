// Numbers of enumerations that programs store or compare: no two flags share a bit, extensions keep out of TensorRT's
// range, and EnumMax() covers every name.
#include <gtest/gtest.h>

#include <set>

#include "NvInfer.h"
#include "NvOnnxParser.h"

using namespace nvinfer1;

TEST(Enums, BuilderFlagsAreDistinctBits) {
  std::set<int32_t> bits;
  for (BuilderFlag flag : {BuilderFlag::kFP16,
                           BuilderFlag::kINT8,
                           BuilderFlag::kDEBUG,
                           BuilderFlag::kGPU_FALLBACK,
                           BuilderFlag::kREFIT,
                           BuilderFlag::kDISABLE_TIMING_CACHE,
                           BuilderFlag::kTF32,
                           BuilderFlag::kSPARSE_WEIGHTS,
                           BuilderFlag::kSAFETY_SCOPE,
                           BuilderFlag::kOBEY_PRECISION_CONSTRAINTS,
                           BuilderFlag::kPREFER_PRECISION_CONSTRAINTS,
                           BuilderFlag::kDIRECT_IO,
                           BuilderFlag::kVERSION_COMPATIBLE,
                           BuilderFlag::kEXCLUDE_LEAN_RUNTIME,
                           BuilderFlag::kREJECT_EMPTY_ALGORITHMS,
                           BuilderFlag::kERROR_ON_TIMING_CACHE_MISS,
                           BuilderFlag::kFP8,
                           BuilderFlag::kDISABLE_COMPILATION_CACHE,
                           BuilderFlag::kSTRIP_PLAN,
                           BuilderFlag::kREFIT_IDENTICAL,
                           BuilderFlag::kWEIGHT_STREAMING,
                           BuilderFlag::kBF16,
                           BuilderFlag::kREFIT_INDIVIDUAL,
                           BuilderFlag::kSTRICT_NANS,
                           BuilderFlag::kMONITOR_MEMORY,
                           BuilderFlag::kINT4,
                           BuilderFlag::kEDITABLE_TIMING_CACHE,
                           BuilderFlag::kDISTRIBUTIVE_INDEPENDENCE,
                           BuilderFlag::kFP4,
                           BuilderFlag::kENABLE_TACTIC_HEURISTIC,
                           BuilderFlag::kSTRICT_TYPES}) {
    auto const bit = static_cast<int32_t>(flag);
    EXPECT_GE(bit, 0);
    EXPECT_LT(bit, 32);
    EXPECT_LT(bit, EnumMax<BuilderFlag>());
    EXPECT_TRUE(bits.insert(bit).second) << "bit " << bit << " is used twice";
  }
  EXPECT_EQ(BuilderFlag::kWEIGHTLESS, BuilderFlag::kSTRIP_PLAN);
}

TEST(Enums, TypesOfTensorRtKeepTheirNumbers) {
  EXPECT_EQ(static_cast<int>(DataType::kFLOAT), 0);
  EXPECT_EQ(static_cast<int>(DataType::kINT64), 8);
  EXPECT_EQ(static_cast<int>(DataType::kE8M0), 11);
  EXPECT_EQ(static_cast<int>(DataType::kDOUBLE), 64);
  EXPECT_EQ(static_cast<int>(DataType::kUINT64), 68);
  EXPECT_EQ(EnumMax<DataType>(), 69);
  EXPECT_EQ(static_cast<int>(DeviceType::kCPU), 2);
  EXPECT_EQ(EnumMax<DeviceType>(), 3);
  EXPECT_EQ(EnumMax<TensorFormat>(), 13);
}

TEST(Enums, LiteralsOfOlderProgramsMakeWeaklyTypedNetworks) {
  // createNetworkV2(1U << 0) is how releases 6 to 10 ask for explicit batch.
  EXPECT_EQ(static_cast<int>(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH), 0);
  EXPECT_EQ(static_cast<int>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED), 1);
}

TEST(Enums, TheVersionCanBeUsedByThePreprocessor) {
#if NV_TENSORRT_VERSION >= 100000 && NV_TENSORRT_MAJOR >= 10
  SUCCEED();
#else
  FAIL();
#endif
  EXPECT_EQ(NV_TENSORRT_VERSION, NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH);
}

TEST(Enums, NamespacesHaveTheirOwnMaximum) {
  EXPECT_EQ(EnumMax<ErrorCode>(), 11);
  EXPECT_EQ(nvonnxparser::EnumMax<nvonnxparser::ErrorCode>(), 15);
  EXPECT_EQ(EnumMax<LayerType>(), 123);
}
