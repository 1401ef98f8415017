// Replay of whole runs as graphs of the device: what is enqueued for one set of addresses is captured once and launched
// again as one piece as long as nothing changes.
#pragma once

#include <map>
#include <vector>

#include "runtime/runner.h"

namespace hone::runtime {

class GraphReplay {
 public:
  explicit GraphReplay(const Device& device) : device_(device) {}
  ~GraphReplay() { forget(); }
  GraphReplay(const GraphReplay&) = delete;
  GraphReplay& operator=(const GraphReplay&) = delete;

  /// Runs through a graph where it can; false: the caller runs step by step. The first run with a set of addresses is
  /// never captured: it initialises what libraries initialise lazily.
  bool run(Runner& runner, std::span<const void* const> inputs, std::span<void* const> outputs, void* stream);
  /// Shapes, kernels or the arena changed: captured graphs no longer hold.
  void forget();

 private:
  struct Entry {
    void* graph = nullptr;
    int runs = 0;
    uint64_t last = 0;
  };
  void* capture(Runner& runner, std::span<const void* const> inputs, std::span<void* const> outputs);
  void make_room();

  static constexpr size_t kMostGraphs = 16;
  const Device& device_;
  std::map<std::vector<const void*>, Entry> entries_;
  uint64_t clock_ = 0;
};

}  // namespace hone::runtime
