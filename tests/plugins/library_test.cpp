// A library of plugins is loaded into the global registry, its creators are found, and taken out again.
#include <gtest/gtest.h>

#include "NvInfer.h"

TEST(PluginLibrary, IsLoadedAndTakenOut) {
  nvinfer1::IPluginRegistry* const registry = getPluginRegistry();
  ASSERT_NE(registry, nullptr);
  EXPECT_EQ(registry->getCreator("Three", "1", "test"), nullptr);
  auto* const library = registry->loadLibrary(HONE_TEST_PLUGIN_LIBRARY);
  ASSERT_NE(library, nullptr);
  EXPECT_NE(registry->getCreator("Three", "1", "test"), nullptr);
  EXPECT_NE(registry->getPluginCreator("Two", "1", "test"), nullptr);
  EXPECT_EQ(registry->getCreator("Two", "1", ""), nullptr);
  EXPECT_EQ(registry->loadLibrary(HONE_TEST_PLUGIN_LIBRARY), nullptr);  // its creators are there already
  EXPECT_NE(registry->getCreator("Three", "1", "test"), nullptr);
  registry->deregisterLibrary(library);
  EXPECT_EQ(registry->getCreator("Three", "1", "test"), nullptr);
  EXPECT_EQ(registry->getPluginCreator("Two", "1", "test"), nullptr);
}
