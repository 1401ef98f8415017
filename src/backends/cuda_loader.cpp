// Finds libhone_cuda beside the library or program that this code is part of. A program that holds the CUDA room itself
// (a test) gives it directly.
#include "backends/cuda_loader.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

// Strong only where the room is linked in.
#pragma weak hone_cuda_backend

namespace hone {
namespace {

using Entry = const Backend* (*)(char*, size_t);

// The exact version: both sides share the operators' definitions, so they must come from one build.
constexpr const char* kLibrary = "libhone_cuda.so." HONE_VERSION;

std::filesystem::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  return std::filesystem::weakly_canonical(info.dli_fname, error).parent_path();
}

Entry find_entry(std::string* why_not) {
  if (hone_cuda_backend != nullptr) return hone_cuda_backend;
  const char* given = std::getenv("HONE_CUDA_LIBRARY");
  if (given != nullptr && std::strcmp(given, "off") == 0) {
    *why_not = "HONE_CUDA_LIBRARY=off";
    return nullptr;
  }
  const std::string path = given != nullptr && *given != 0 ? given : (own_folder() / kLibrary).string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    *why_not = fmt::format("the CUDA part of Hone is not there ({})", dlerror());
    return nullptr;
  }
  auto entry = reinterpret_cast<Entry>(dlsym(library, "hone_cuda_backend"));
  if (entry == nullptr) *why_not = path + " is not the CUDA part of Hone";
  return entry;
}

struct Found {
  const Backend* backend = nullptr;
  std::string why_not;
};

Found find_backend() {
  Found f;
  const Entry entry = find_entry(&f.why_not);
  if (entry == nullptr) return f;
  std::array<char, 1024> text{};
  f.backend = entry(text.data(), text.size());
  if (f.backend == nullptr) f.why_not = text.data();
  return f;
}

}  // namespace

const Backend* cuda_backend(std::string* why_not) {
  static const Found found = find_backend();
  if (found.backend == nullptr && why_not != nullptr) *why_not = found.why_not;
  return found.backend;
}

}  // namespace hone
