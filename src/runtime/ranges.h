// Named ranges on the time line of profilers (NVTX), one per layer. Where the library was built without NVTX's headers,
// or no tool is attached, nothing happens and nothing is spent.
#pragma once

#include <string>
#include <vector>

#include "runtime/program.h"

namespace hone::runtime {

/// What a layer's range is called.
enum class RangeDetail { kNone, kNames, kAll };

class Ranges {
 public:
  /// Names are made only where a tool is attached.
  Ranges(const Program& program, RangeDetail detail);
  /// The range of one step, for as long as the object lives.
  class Scope {
   public:
    Scope(const Ranges& ranges, size_t step) : ranges_(ranges) { ranges_.push(step); }
    ~Scope() { ranges_.pop(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const Ranges& ranges_;
  };

 private:
  void push(size_t step) const noexcept;
  void pop() const noexcept;
  std::vector<std::string> names_;
};

}  // namespace hone::runtime
