// Files of the kernel cache: what was written is read, anything else is not there.
#include "backends/cuda/disk_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace hone::cuda {
namespace {

namespace fs = std::filesystem;

class DiskCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* before = std::getenv("HONE_KERNEL_CACHE");
    before_ = before != nullptr ? before : "";
    std::string pattern = (fs::temp_directory_path() / "hone_cache_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = fs::path(pattern) / "kernels";
    setenv("HONE_KERNEL_CACHE", folder_.c_str(), 1);
  }
  void TearDown() override {
    fs::remove_all(folder_.parent_path());
    setenv("HONE_KERNEL_CACHE", before_.c_str(), 1);
  }
  static Blob blob(const std::string& text) {
    std::byte* bytes = nullptr;
    Blob b = Blob::allocate(text.size(), &bytes);
    std::memcpy(bytes, text.data(), text.size());
    return b;
  }
  static std::string text(const Blob& b) { return {reinterpret_cast<const char*>(b.data), b.size}; }
  fs::path folder_;
  std::string before_;
};

TEST_F(DiskCacheTest, ReadsWhatWasWritten) {
  EXPECT_EQ(read_cached("a").size, 0u);
  write_cached("a", blob("machine code"));
  EXPECT_EQ(text(read_cached("a")), "machine code");
  write_cached("a", blob("other"));
  EXPECT_EQ(text(read_cached("a")), "other");
  EXPECT_EQ(read_cached("b").size, 0u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1) << "no parts stay behind";
}

TEST_F(DiskCacheTest, DamageMeansNotThere) {
  write_cached("a", blob("machine code"));
  fs::resize_file(folder_ / "a", 12);
  EXPECT_EQ(read_cached("a").size, 0u);
  std::ofstream(folder_ / "a") << "short";
  EXPECT_EQ(read_cached("a").size, 0u);
}

TEST_F(DiskCacheTest, OthersMayNotWriteThere) {
  write_cached("a", blob("machine code"));
  fs::permissions(folder_, fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(read_cached("a").size, 0u);
}

TEST_F(DiskCacheTest, CanBeOff) {
  setenv("HONE_KERNEL_CACHE", "off", 1);
  write_cached("a", blob("machine code"));
  EXPECT_EQ(read_cached("a").size, 0u);
  setenv("HONE_KERNEL_CACHE", "/proc/nowhere", 1);
  write_cached("a", blob("machine code"));
  EXPECT_EQ(read_cached("a").size, 0u);
}

}  // namespace
}  // namespace hone::cuda
