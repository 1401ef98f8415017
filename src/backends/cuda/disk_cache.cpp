// Files of the kernel cache: a checksum, then the code; written beside and renamed, so that readers see whole files
// only.
#include "backends/cuda/disk_cache.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

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
  return in && XXH3_64bits(bytes, image.size) == sum ? image : Blob();
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
  const fs::path whole = f / name, part = f / fmt::format("{}.{}.{}.part", name, getpid(), counter.fetch_add(1));
  {
    std::ofstream out(part, std::ios::binary);
    const uint64_t sum = XXH3_64bits(image.data, image.size);
    out.write(reinterpret_cast<const char*>(&sum), sizeof(sum));
    out.write(reinterpret_cast<const char*>(image.data), static_cast<std::streamsize>(image.size));
    out.close();
    if (out) fs::rename(part, whole, error);
  }
  fs::remove(part, error);
}

}  // namespace hone::cuda
