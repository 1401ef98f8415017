// Dynamic shapes and optimization profiles.
#include "support.h"

using namespace support;

namespace {
void add_doubling(Session& s) {
  ITensor* x = s.input("x", {-1, 2});
  ITensor* y = s.network->addElementWise(*x, *x, ElementWiseOperation::kSUM)->getOutput(0);
  s.output(y, "y");
}
IOptimizationProfile* add_profile(Session& s, int64_t min, int64_t opt, int64_t max) {
  IOptimizationProfile* p = s.builder->createOptimizationProfile();
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kMIN, dims({min, 2})));
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kOPT, dims({opt, 2})));
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kMAX, dims({max, 2})));
  EXPECT_GE(s.config->addOptimizationProfile(p), 0);
  return p;
}
}  // namespace

TEST(Dynamic, RunsAtSeveralShapesAndRefusesOthers) {
  Session s;
  add_doubling(s);
  add_profile(s, 1, 2, 4);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(list(s.engine->getTensorShape("x")), (std::vector<int64_t>{-1, 2}));
  EXPECT_EQ(list(s.engine->getProfileShape("x", 0, OptProfileSelector::kMAX)), (std::vector<int64_t>{4, 2}));
  EXPECT_FALSE(s.context->allInputDimensionsSpecified());
  const char* missing[1] = {nullptr};
  EXPECT_EQ(s.context->inferShapes(1, missing), 1);
  EXPECT_STREQ(missing[0], "x");
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_NE(s.logger.errors.find("'x'"), std::string::npos);
  for (const int64_t n : {1, 3, 4, 2}) {
    ASSERT_TRUE(s.context->setInputShape("x", dims({n, 2})));
    EXPECT_EQ(s.context->inferShapes(0, nullptr), 0);
    EXPECT_EQ(list(s.context->getTensorShape("y")), (std::vector<int64_t>{n, 2}));
    EXPECT_EQ(s.context->getMaxOutputSize("y"), n * 8);
    std::vector<float> in(static_cast<size_t>(2 * n), 1.5F);
    expect_near(s.run({{"x", in}}, "y"), std::vector<float>(in.size(), 3.0F));
  }
  s.logger.errors.clear();
  EXPECT_FALSE(s.context->setInputShape("x", dims({5, 2})));
  EXPECT_NE(s.logger.errors.find("5"), std::string::npos);
  EXPECT_NE(s.logger.errors.find("1 to 4"), std::string::npos) << s.logger.errors;
  EXPECT_FALSE(s.context->setInputShape("x", dims({2, 3})));
  EXPECT_FALSE(s.context->setInputShape("x", dims({2})));
  EXPECT_FALSE(s.context->setInputShape("nope", dims({2, 2})));
}

TEST(Dynamic, SecondProfile) {
  Session s;
  add_doubling(s);
  add_profile(s, 1, 1, 2);
  add_profile(s, 3, 3, 8);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  EXPECT_EQ(s.engine->getNbOptimizationProfiles(), 2);
  EXPECT_FALSE(s.context->setInputShape("x", dims({8, 2})));
  ASSERT_TRUE(s.context->setOptimizationProfileAsync(1, nullptr));
  EXPECT_EQ(s.context->getOptimizationProfile(), 1);
  ASSERT_TRUE(s.context->setInputShape("x", dims({8, 2})));
  expect_near(s.run({{"x", std::vector<float>(16, 2)}}, "y"), std::vector<float>(16, 4));
  EXPECT_FALSE(s.context->setOptimizationProfileAsync(2, nullptr));
}

TEST(Dynamic, ProfilesRefuseContradictions) {
  Session s;
  add_doubling(s);
  IOptimizationProfile* p = s.builder->createOptimizationProfile();
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kMIN, dims({2, 2})));
  EXPECT_FALSE(p->setDimensions("x", OptProfileSelector::kMAX, dims({1, 2})));
  EXPECT_FALSE(p->setDimensions("x", OptProfileSelector::kOPT, dims({2})));
  EXPECT_FALSE(p->isValid());
  EXPECT_EQ(s.config->addOptimizationProfile(p), -1);
  EXPECT_EQ(p->getDimensions("x", OptProfileSelector::kMAX).nbDims, -1);
}

TEST(Dynamic, ABuildWithoutProfileSaysSo) {
  Session s;
  add_doubling(s);
  EXPECT_FALSE(s.build());
  EXPECT_NE(s.logger.errors.find("profile"), std::string::npos) << s.logger.errors;
}

TEST(Dynamic, DimensionsOfOneNameAreOneDimension) {
  Session s;
  ITensor* a = s.input("a", {-1, 2});
  ITensor* b = s.input("b", {-1, 2});
  a->setDimensionName(0, "batch");
  b->setDimensionName(0, "batch");
  EXPECT_STREQ(a->getDimensionName(0), "batch");
  s.output(s.network->addElementWise(*a, *b, ElementWiseOperation::kSUM)->getOutput(0), "y");
  IOptimizationProfile* p = s.builder->createOptimizationProfile();
  for (const char* name : {"a", "b"}) {
    p->setDimensions(name, OptProfileSelector::kMIN, dims({1, 2}));
    p->setDimensions(name, OptProfileSelector::kOPT, dims({2, 2}));
    p->setDimensions(name, OptProfileSelector::kMAX, dims({4, 2}));
  }
  ASSERT_EQ(s.config->addOptimizationProfile(p), 0);
  ASSERT_TRUE(s.build()) << s.logger.errors;
  ASSERT_TRUE(s.context->setInputShape("a", dims({3, 2})));
  ASSERT_TRUE(s.context->setInputShape("b", dims({2, 2})));
  EXPECT_EQ(s.context->inferShapes(0, nullptr), -1);
  ASSERT_TRUE(s.context->setInputShape("b", dims({3, 2})));
  EXPECT_EQ(s.context->inferShapes(0, nullptr), 0);
}
