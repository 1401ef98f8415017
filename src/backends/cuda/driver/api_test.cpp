// What is said where driver or compiler are missing, old or broken.
#include "backends/cuda/driver/api.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace hone::cuda {
namespace {

// Sets a variable for one test.
class Setting {
 public:
  Setting(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    setenv(name, value, 1);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  ~Setting() {
    if (had_)
      setenv(name_, before_.c_str(), 1);
    else
      unsetenv(name_);
  }

 private:
  const char* name_;
  std::string before_;
  bool had_ = false;
};

std::string driver_error() {
  DriverApi api;
  std::string why_not;
  return load_driver(&api, &why_not) ? "" : why_not;
}
std::string nvrtc_error() {
  NvrtcApi api;
  std::string why_not;
  return load_nvrtc(&api, &why_not) ? "" : why_not;
}
void expect_in(const std::string& text, const char* part) {
  EXPECT_NE(text.find(part), std::string::npos) << "'" << text << "' lacks '" << part << "'";
}

TEST(DriverApi, MissingLibraries) {
  const Setting d("HONE_CUDA_DRIVER", "/nowhere/libcuda.so.1"), n("HONE_NVRTC", "/nowhere/libnvrtc.so.13");
  expect_in(driver_error(), "there is no NVIDIA driver");
  expect_in(driver_error(), "/nowhere/libcuda.so.1");
  expect_in(nvrtc_error(), "there is no NVRTC");
}

TEST(DriverApi, OtherLibraries) {
  const Setting d("HONE_CUDA_DRIVER", "libm.so.6"), n("HONE_NVRTC", "libm.so.6");
  expect_in(driver_error(), "lacks cuDriverGetVersion");
  expect_in(nvrtc_error(), "lacks the function nvrtcVersion");
}

#ifdef HONE_EMULATOR
class EmulatedDriver : public ::testing::Test {
 protected:
  void SetUp() override {
    if (access(HONE_EMULATOR, R_OK) != 0) GTEST_SKIP() << "there is no emulator at " << HONE_EMULATOR;
  }
};

TEST_F(EmulatedDriver, TooOld) {
  const Setting d("HONE_CUDA_DRIVER", HONE_EMULATOR), old("HONE_EMULATED_DRIVER", "10020");
  expect_in(driver_error(), "too old: it supports CUDA 10.2, Hone needs 11.4");
}

TEST_F(EmulatedDriver, NoGpu) {
  const Setting d("HONE_CUDA_DRIVER", HONE_EMULATOR), none("HONE_EMULATED_DEVICES", "0");
  expect_in(driver_error(), "finds no GPU");
}

TEST_F(EmulatedDriver, EverythingThere) {
  const Setting d("HONE_CUDA_DRIVER", HONE_EMULATOR), n("HONE_NVRTC", HONE_EMULATOR);
  DriverApi api;
  NvrtcApi compiler;
  std::string why_not;
  EXPECT_TRUE(load_driver(&api, &why_not)) << why_not;
  EXPECT_EQ(api.version, 13000);
  EXPECT_TRUE(load_nvrtc(&compiler, &why_not)) << why_not;
  EXPECT_TRUE(compiler.supports(90));
  EXPECT_FALSE(compiler.supports(70));
}
#endif

}  // namespace
}  // namespace hone::cuda
