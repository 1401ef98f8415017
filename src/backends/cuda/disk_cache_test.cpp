// Files of the kernel cache: what was written is read, anything else is not there.
#include "backends/cuda/disk_cache.h"

#include <gtest/gtest.h>

#include <chrono>
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
    unsetenv("HONE_KERNEL_CACHE_MIB");
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

// The name of a kernel's file.
std::string key(char digit) { return std::string(32, digit) + ".13.0"; }

TEST_F(DiskCacheTest, TheLeastRecentlyUsedFilesGo) {
  const std::string half(size_t{1} << 19, 'x');
  const auto used = [&](const std::string& name, int minutes_ago) {
    fs::last_write_time(folder_ / name, fs::file_time_type::clock::now() - std::chrono::minutes(minutes_ago));
  };
  for (char digit : {'1', '2', '3', '4'}) write_cached(key(digit), blob(half));
  write_cached("choice-5", blob("a choice"));
  std::ofstream(folder_ / "notes of somebody else") << half << half << half;
  used("notes of somebody else", 90), used(key('1'), 60), used(key('2'), 50), used(key('3'), 40), used("choice-5", 30);
  used(key('4'), 20);
  trim_cache();
  EXPECT_GT(read_cached(key('1')).size, 0u) << "within the limit nothing goes; now this one is the most recent";
  setenv("HONE_KERNEL_CACHE_MIB", "2", 1);
  trim_cache();
  EXPECT_EQ(read_cached(key('2')).size, 0u);
  EXPECT_GT(read_cached(key('3')).size, 0u);
  setenv("HONE_KERNEL_CACHE_MIB", "1", 1);
  used(key('3'), 40);
  trim_cache();
  EXPECT_EQ(read_cached(key('3')).size, 0u);
  EXPECT_EQ(read_cached("choice-5").size, 0u);
  EXPECT_EQ(read_cached(key('4')).size, 0u);
  EXPECT_GT(read_cached(key('1')).size, 0u);
  EXPECT_TRUE(fs::exists(folder_ / "notes of somebody else"));
}

TEST_F(DiskCacheTest, WritingKeepsTheLimit) {
  setenv("HONE_KERNEL_CACHE_MIB", "1", 1);
  const std::string text(size_t{100} << 10, 'x');
  for (int i = 0; i < 128; ++i) write_cached(fmt::format("{:032x}.13.0", i), blob(text));
  EXPECT_GT(read_cached(fmt::format("{:032x}.13.0", 127)).size, 0u);
  uintmax_t all = 0;
  for (const auto& e : fs::directory_iterator(folder_)) all += e.file_size();
  EXPECT_LT(all, (uintmax_t{1} << 20) + 64 * text.size());
}

TEST_F(DiskCacheTest, LimitsThatAreNoNumbersDoNotCount) {
  write_cached(key('1'), blob(std::string(size_t{3} << 20, 'x')));
  for (const char* limit : {"", "-1", "2x", "99999999999999999999"}) {
    setenv("HONE_KERNEL_CACHE_MIB", limit, 1);
    trim_cache();
    EXPECT_GT(read_cached(key('1')).size, 0u) << limit;
  }
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
