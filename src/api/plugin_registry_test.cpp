// The registry of plugin creators: names, parents, resources, and refusal of what is wrong.
#include "api/plugin_registry.h"

#include <gtest/gtest.h>

#include <string>

namespace hone::api {
namespace {

using namespace nvinfer1;

struct CreatorV1 : IPluginCreator {
  explicit CreatorV1(char const* name) : name_(name) {}
  char const* getPluginName() const noexcept override { return name_; }
  char const* getPluginVersion() const noexcept override { return "1"; }
  PluginFieldCollection const* getFieldNames() noexcept override { return nullptr; }
  IPluginV2* createPlugin(char const*, PluginFieldCollection const*) noexcept override { return nullptr; }
  IPluginV2* deserializePlugin(char const*, void const*, size_t) noexcept override { return nullptr; }
  void setPluginNamespace(char const* space) noexcept override { space_ = space; }
  char const* getPluginNamespace() const noexcept override { return space_.c_str(); }
  char const* name_;
  std::string space_;
};

struct CreatorV3 : IPluginCreatorV3One {
  IPluginV3* createPlugin(char const*, PluginFieldCollection const*, TensorRTPhase) noexcept override {
    return nullptr;
  }
  PluginFieldCollection const* getFieldNames() noexcept override { return nullptr; }
  char const* getPluginName() const noexcept override { return "Three"; }
  char const* getPluginVersion() const noexcept override { return "1"; }
  char const* getPluginNamespace() const noexcept override { return ""; }
};

struct Recorder : IErrorRecorder {
  int32_t getNbErrors() const noexcept override { return errors; }
  ErrorCode getErrorCode(int32_t) const noexcept override { return code; }
  ErrorDesc getErrorDesc(int32_t) const noexcept override { return text.c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { errors = 0; }
  bool reportError(ErrorCode val, ErrorDesc desc) noexcept override {
    ++errors;
    code = val;
    text = desc;
    return false;
  }
  RefCount incRefCount() noexcept override { return ++uses; }
  RefCount decRefCount() noexcept override { return --uses; }
  int32_t errors = 0, uses = 0;
  ErrorCode code = ErrorCode::kSUCCESS;
  std::string text;
};

TEST(PluginRegistry, FindsByNamespaceNameAndVersion) {
  PluginRegistry registry;
  CreatorV1 a("A"), other("A");
  CreatorV3 three;
  EXPECT_TRUE(registry.registerCreator(a, "mine"));
  EXPECT_EQ(a.space_, "mine");
  EXPECT_FALSE(registry.registerCreator(other, "mine"));
  EXPECT_TRUE(registry.registerCreator(other, "yours"));
  EXPECT_TRUE(registry.registerCreator(static_cast<IPluginCreatorInterface&>(three), ""));
  EXPECT_EQ(registry.getPluginCreator("A", "1", "mine"), &a);
  EXPECT_EQ(registry.getPluginCreator("A", "1", "yours"), &other);
  EXPECT_EQ(registry.getPluginCreator("A", "2", "mine"), nullptr);
  EXPECT_EQ(registry.getPluginCreator(nullptr, "1", "mine"), nullptr);
  IPluginRegistry& base = registry;
  EXPECT_EQ(base.getCreator("Three", "1"), &three);
  EXPECT_EQ(base.getPluginCreator("Three", "1"), nullptr);  // of another kind
  int32_t all = -1, v1 = -1;
  EXPECT_EQ(registry.getAllCreators(&all)[2], &three);
  EXPECT_EQ(all, 3);
  EXPECT_EQ(registry.getPluginCreatorList(&v1)[1], &other);
  EXPECT_EQ(v1, 2);
  EXPECT_TRUE(registry.deregisterCreator(a));
  EXPECT_FALSE(registry.deregisterCreator(a));
  EXPECT_EQ(registry.getPluginCreator("A", "1", "mine"), nullptr);
}

TEST(PluginRegistry, AsksItsParentUnlessToldNotTo) {
  PluginRegistry parent;
  PluginRegistry child(&parent);
  CreatorV1 a("A"), b("B");
  ASSERT_TRUE(parent.registerCreator(a, ""));
  ASSERT_TRUE(child.registerCreator(b, ""));
  EXPECT_EQ(child.getCreator("A", "1", ""), &a);
  EXPECT_EQ(parent.getCreator("B", "1", ""), nullptr);
  int32_t count = 0;
  EXPECT_EQ(child.getAllCreatorsRecursive(&count)[1], &a);
  EXPECT_EQ(count, 2);
  child.setParentSearchEnabled(false);
  EXPECT_EQ(child.getCreator("A", "1", ""), nullptr);
  child.getAllCreatorsRecursive(&count);
  EXPECT_EQ(count, 1);
}

TEST(PluginRegistry, TellsTheRecorderWhatIsWrong) {
  PluginRegistry registry;
  Recorder recorder;
  registry.setErrorRecorder(&recorder);
  EXPECT_EQ(recorder.uses, 1);
  EXPECT_EQ(registry.loadLibrary("/nowhere/libnothing.so"), nullptr);
  EXPECT_EQ(recorder.errors, 1);
  EXPECT_NE(recorder.text.find("libnothing"), std::string::npos);
  CreatorV1 nameless("");
  EXPECT_FALSE(registry.registerCreator(nameless, ""));
  EXPECT_EQ(recorder.errors, 2);
  registry.setErrorRecorder(nullptr);
  EXPECT_EQ(recorder.uses, 0);
}

struct Shared : IPluginResource {
  explicit Shared(int* released) : released_(released) {}
  int32_t release() noexcept override { return ++*released_, 0; }
  IPluginResource* clone() noexcept override { return new Shared(released_); }
  int* released_;
};

TEST(PluginRegistry, KeepsAResourceUntilTheLastUse) {
  PluginRegistry registry;
  int released = 0;
  Shared mine(&released), late(&released);
  IPluginResource* const kept = registry.acquirePluginResource("weights", &mine);
  ASSERT_NE(kept, nullptr);
  EXPECT_NE(kept, &mine);
  EXPECT_EQ(registry.acquirePluginResource("weights", &late), kept);
  EXPECT_EQ(registry.acquirePluginResource("nothing", nullptr), nullptr);
  EXPECT_EQ(registry.releasePluginResource("weights"), 0);
  EXPECT_EQ(released, 0);
  EXPECT_EQ(registry.releasePluginResource("weights"), 0);
  EXPECT_EQ(released, 1);
  EXPECT_NE(registry.releasePluginResource("weights"), 0);
}

}  // namespace
}  // namespace hone::api
