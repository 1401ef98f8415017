// Which way of a library was measured to be the best for a problem. A choice is a short text under the key of
// everything it depends on; it is kept in memory, in the kernel cache on disk, and in plans beside the machine code, so
// that a second build and every run of a plan make the same one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "backends/backend.h"

namespace hone::cuda {

/// Everything about a problem that decides how fast a way is: tactic, operator, attributes, epilogue, descs, what is
/// constant, what is allowed. Not the contents of constants.
std::string describe_problem(std::string_view tactic, const Problem& p);

/// The key of a choice: a name that files and plans can carry. `library` names the library and its version.
std::string choice_key(const std::string& library, const std::string& description);

/// A choice that was made before: by this process, by an earlier one, or in the plan that is being loaded.
std::optional<std::string> find_choice(const std::string& key);
void keep_choice(const std::string& key, const std::string& choice);

/// For plans: the choice as an image beside the machine code, recognised again by its key.
CodeImage choice_image(const std::string& key, const std::string& choice);
bool is_choice(const CodeImage& image);
/// Makes a choice from a plan known; one that is known already stays.
void provide_choice(const CodeImage& image);

/// Microseconds of one call: the smallest of a few rounds, each a captured graph of many calls where the stream can be
/// captured, so that the host's work is not in it; of what is several times slower than `to_beat` only one call is
/// measured. Negative: a launch failed.
double time_launches(const std::function<void(void* stream)>& launch, double to_beat);

/// Device memory for timing, released with its owner; filled with zeros.
class ScratchMemory {
 public:
  explicit ScratchMemory(size_t bytes);
  ~ScratchMemory();
  ScratchMemory(const ScratchMemory&) = delete;
  ScratchMemory& operator=(const ScratchMemory&) = delete;
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

/// Bytes between a described tensor's first and last element, gaps of its pitch included.
size_t extent_bytes(const TensorDesc& d);

}  // namespace hone::cuda
