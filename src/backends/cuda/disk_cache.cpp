// Files of the kernel cache: a checksum, then the code; written beside and renamed, so that readers see whole files
// only.
#include "backends/cuda/disk_cache.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hone::cuda {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  if (const char* given = std::getenv("HONE_KERNEL_CACHE"); given != nullptr && *given != 0)
    return std::strcmp(given, "off") == 0 ? fs::path() : fs::path(given);
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != 0)
    return fs::path(cache) / "hone" / "kernels";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != 0 ? fs::path(home) / ".cache" / "hone" / "kernels" : fs::path();
}

// Machine code is executed: a folder that somebody else may write to is not trusted.
bool is_own(const fs::path& f) {
  std::error_code error;
  const fs::perms p = fs::status(f, error).permissions();
  return !error && (p & fs::perms::others_write) == fs::perms::none;
}

uint64_t limit_bytes() {
  const char* given = std::getenv("HONE_KERNEL_CACHE_MIB");
  char* end = nullptr;
  const unsigned long long mib = given != nullptr ? std::strtoull(given, &end, 10) : 0;
  const bool valid = end != nullptr && end != given && *end == 0 && mib < (uint64_t{1} << 40);
  return (valid ? mib : 1024) << 20;
}

// The folder may hold files of others: ours begin with a key of 32 hexadecimal digits or with "choice-".
bool is_ours(const fs::directory_entry& e) {
  std::error_code error;
  if (e.is_symlink(error) || !e.is_regular_file(error)) return false;
  const std::string name = e.path().filename().string();
  return name.rfind("choice-", 0) == 0 || name.find_first_not_of("0123456789abcdef") == 32;
}

struct File {
  fs::file_time_type used;
  uint64_t size;
  fs::path path;
};

std::vector<File> files_of(const fs::path& f) {
  std::vector<File> files;
  std::error_code error;
  for (fs::directory_iterator i(f, error), end; !error && i != end; i.increment(error)) {
    if (!is_ours(*i)) continue;
    std::error_code gone;  // another process may have removed it
    File file{i->last_write_time(gone), 0, i->path()};
    if (!gone) file.size = i->file_size(gone);
    if (!gone) files.push_back(std::move(file));
  }
  return files;
}

constexpr int kWritesPerTrim = 64;

}  // namespace

Blob read_cached(const std::string& name) {
  const fs::path f = folder();
  if (f.empty() || !is_own(f)) return {};
  std::ifstream in(f / name, std::ios::binary | std::ios::ate);
  const auto size = in ? static_cast<int64_t>(in.tellg()) : 0;
  uint64_t sum = 0;
  if (size <= static_cast<int64_t>(sizeof(sum))) return {};
  in.seekg(0);
  std::byte* bytes = nullptr;
  Blob image = Blob::allocate(static_cast<size_t>(size) - sizeof(sum), &bytes);
  in.read(reinterpret_cast<char*>(&sum), sizeof(sum));
  in.read(reinterpret_cast<char*>(bytes), static_cast<std::streamsize>(image.size));
  if (!in || XXH3_64bits(bytes, image.size) != sum) return {};
  std::error_code error;  // of a cache that can only be read
  fs::last_write_time(f / name, fs::file_time_type::clock::now(), error);
  return image;
}

void write_cached(const std::string& name, const Blob& image) {
  static std::atomic<int> counter{0};
  const fs::path f = folder();
  if (f.empty()) return;
  std::error_code error;
  if (!fs::exists(f, error)) {
    fs::create_directories(f, error);
    fs::permissions(f, fs::perms::owner_all, error);
  }
  const int number = counter.fetch_add(1);
  const fs::path whole = f / name, part = f / fmt::format("{}.{}.{}.part", name, getpid(), number);
  {
    std::ofstream out(part, std::ios::binary);
    const uint64_t sum = XXH3_64bits(image.data, image.size);
    out.write(reinterpret_cast<const char*>(&sum), sizeof(sum));
    out.write(reinterpret_cast<const char*>(image.data), static_cast<std::streamsize>(image.size));
    out.close();
    if (out) fs::rename(part, whole, error);
  }
  fs::remove(part, error);
  if (number % kWritesPerTrim == kWritesPerTrim - 1) trim_cache();
}

void trim_cache() {
  const fs::path f = folder();
  if (f.empty()) return;
  std::vector<File> files = files_of(f);
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.used < b.used; });
  uint64_t all = 0;
  for (const File& file : files) all += file.size;
  std::error_code error;
  for (auto oldest = files.begin(); all > limit_bytes() && oldest != files.end(); ++oldest) {
    fs::remove(oldest->path, error);
    all -= oldest->size;
  }
}

}  // namespace hone::cuda
