// Shared libraries that are found at run time: opened once, never closed; what is missing is said in words.
#pragma once

#include <string>
#include <vector>

namespace hone::cuda {

/// Opens the library: the path in environment variable `override_with` where that is set (and nothing else then), else
/// the first of `names` that the loader finds by itself or in `folders`. Null with the reason in *why_not.
void* open_library(const char* override_with, const std::vector<std::string>& names,
                   const std::vector<std::string>& folders, std::string* why_not);
/// Where an installed CUDA toolkit keeps libraries that the loader may not know.
std::vector<std::string> toolkit_folders();
/// Null when there is no such symbol.
void* find_symbol(void* library, const char* name);

}  // namespace hone::cuda
