// dlopen with reasons.
#include "backends/cuda/driver/library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace hone::cuda {
namespace {

void* open_one(const std::string& path, std::string* why_not) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* text = dlerror();
    *why_not = text != nullptr ? text : path + " cannot be opened";
  }
  return library;
}

}  // namespace

void* open_library(const char* override_with, const std::vector<std::string>& names,
                   const std::vector<std::string>& folders, std::string* why_not) {
  const char* given = std::getenv(override_with);
  if (given != nullptr && *given != 0) {
    void* library = open_one(given, why_not);
    if (library == nullptr) *why_not = std::string(override_with) + ": " + *why_not;
    return library;
  }
  std::string first;
  for (const std::string& name : names) {
    std::string text;
    if (void* library = open_one(name, &text)) return library;
    if (first.empty()) first = text;
    for (const std::string& folder : folders)
      if (void* library = open_one(folder + "/" + name, &text)) return library;
  }
  *why_not = first;
  return nullptr;
}

std::vector<std::string> toolkit_folders() {
  std::vector<std::string> folders;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char* root = std::getenv(variable)) folders.push_back(std::string(root) + "/lib64");
  folders.emplace_back("/usr/local/cuda/lib64");
  return folders;
}

void* find_symbol(void* library, const char* name) { return dlsym(library, name); }

}  // namespace hone::cuda
