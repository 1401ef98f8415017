// A model from a file to results, with the calls of a TensorRT 10 program.
#include <NvOnnxParser.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>

#include "support.h"

using namespace support;

namespace {
std::vector<char> model() {
  std::ifstream f(HONE_TEST_MODEL, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), std::istreambuf_iterator<char>()};
}
}  // namespace

TEST(Onnx, FromFileToResults) {
  Session s;
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*s.network, s.logger));
  ASSERT_TRUE(parser->parseFromFile(HONE_TEST_MODEL, static_cast<int32_t>(ILogger::Severity::kWARNING)))
      << s.logger.errors;
  ASSERT_GT(s.network->getNbLayers(), 0);
  ASSERT_EQ(s.network->getNbInputs(), 1);
  for (int i = 0; i < s.network->getNbLayers(); ++i) {
    ASSERT_NE(s.network->getLayer(i), nullptr);
    for (int k = 0; k < s.network->getLayer(i)->getNbOutputs(); ++k)
      EXPECT_GE(s.network->getLayer(i)->getOutput(k)->getDimensions().nbDims, 0);
  }
  ITensor* in = s.network->getInput(0);
  Dims shape = in->getDimensions();
  IOptimizationProfile* profile = s.builder->createOptimizationProfile();
  bool dynamic = false;
  for (int i = 0; i < shape.nbDims; ++i) {
    dynamic = dynamic || shape.d[i] < 0;
    if (shape.d[i] < 0) shape.d[i] = 1;
  }
  if (dynamic) {
    for (const auto which : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX})
      ASSERT_TRUE(profile->setDimensions(in->getName(), which, shape));
    ASSERT_EQ(s.config->addOptimizationProfile(profile), 0);
  }
  const std::string name = in->getName(), out = s.network->getOutput(0)->getName();
  ASSERT_TRUE(s.build()) << s.logger.errors;
  if (dynamic) {
    ASSERT_TRUE(s.context->setInputShape(name.c_str(), shape));
  }
  std::vector<float> x(static_cast<size_t>(count(shape)));
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  const std::vector<float> first = s.run({{name, x}}, out.c_str());
  for (float v : first) EXPECT_TRUE(std::isfinite(v));
  EXPECT_EQ(s.run({{name, x}}, out.c_str()), first);
}

TEST(Onnx, DryRunAnswersAndLeavesTheNetworkAlone) {
  Session s;
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*s.network, s.logger));
  const std::vector<char> bytes = model();
  EXPECT_TRUE(parser->supportsModelV2(bytes.data(), bytes.size()));
  ASSERT_EQ(parser->getNbSubgraphs(), 1);
  EXPECT_TRUE(parser->isSubgraphSupported(0));
  int64_t length = 0;
  const int64_t* nodes = parser->getSubgraphNodes(0, length);
  ASSERT_NE(nodes, nullptr);
  ASSERT_GT(length, 1);
  EXPECT_EQ(nodes[1], 1);
  EXPECT_EQ(parser->getSubgraphNodes(1, length), nullptr);
  EXPECT_EQ(s.network->getNbLayers(), 0);
  EXPECT_EQ(s.network->getNbInputs(), 0);
}

TEST(Onnx, ModelInMemoryAndByPieces) {
  const std::vector<char> bytes = model();
  Session s;
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*s.network, s.logger));
  EXPECT_TRUE(parser->parse(bytes.data(), bytes.size())) << s.logger.errors;
  Session t;
  const std::unique_ptr<nvonnxparser::IParser> pieces(nvonnxparser::createParser(*t.network, t.logger));
  EXPECT_FALSE(pieces->parseModelProto());
  pieces->clearErrors();
  ASSERT_TRUE(pieces->loadModelProto(bytes.data(), bytes.size()));
  EXPECT_FALSE(pieces->loadInitializer("no such initializer", bytes.data(), 4));
  EXPECT_TRUE(pieces->parseModelProto()) << t.logger.errors;
  EXPECT_EQ(s.network->getNbLayers(), t.network->getNbLayers());
}
