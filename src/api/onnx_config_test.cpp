// IOnnxConfig keeps copies of what it is given.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "NvOnnxConfig.h"

TEST(OnnxConfig, KeepsCopies) {
  std::unique_ptr<nvonnxparser::IOnnxConfig> config(nvonnxparser::createONNXConfig());
  ASSERT_NE(config, nullptr);
  EXPECT_STREQ(config->getModelFileName(), "");
  std::string name = "model.onnx";
  config->setModelFileName(name.c_str());
  name = "other";
  EXPECT_STREQ(config->getModelFileName(), "model.onnx");
  config->setModelFileName(nullptr);
  EXPECT_STREQ(config->getModelFileName(), "");
  config->setVerbosityLevel(5);
  config->addVerbosity();
  EXPECT_EQ(config->getVerbosityLevel(), 6);
  config->setModelDtype(nvinfer1::DataType::kHALF);
  EXPECT_EQ(config->getModelDtype(), nvinfer1::DataType::kHALF);
}
