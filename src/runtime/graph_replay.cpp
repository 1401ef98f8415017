// Capture and replay.
#include "runtime/graph_replay.h"

#include <algorithm>

namespace hone::runtime {

void GraphReplay::forget() {
  for (auto& [addresses, e] : entries_)
    if (e.graph != nullptr) device_.destroy_graph(e.graph);
  entries_.clear();
}

void GraphReplay::make_room() {
  if (entries_.size() < kMostGraphs) return;
  const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  if (oldest->second.graph != nullptr) device_.destroy_graph(oldest->second.graph);
  entries_.erase(oldest);
}

void* GraphReplay::capture(Runner& runner, std::span<const void* const> inputs, std::span<void* const> outputs) {
  void* stream = device_.create_stream();
  void* graph = nullptr;
  try {
    if (device_.begin_capture(stream)) {
      std::string error;
      try {
        runner.run(inputs, outputs, stream);
      } catch (const std::exception& e) {
        error = e.what();
      }
      graph = device_.end_capture(stream);
      if (!error.empty() && graph != nullptr) {
        device_.destroy_graph(graph);
        graph = nullptr;
      }
    }
  } catch (...) {
    device_.destroy_stream(stream);
    throw;
  }
  device_.destroy_stream(stream);
  return graph;
}

bool GraphReplay::run(Runner& runner, std::span<const void* const> inputs, std::span<void* const> outputs,
                      void* stream) {
  if (!runner.replayable() || device_.is_capturing(stream)) return false;
  std::vector<const void*> key(inputs.begin(), inputs.end());
  key.insert(key.end(), outputs.begin(), outputs.end());
  auto it = entries_.find(key);
  if (it == entries_.end()) {
    make_room();
    it = entries_.emplace(std::move(key), Entry()).first;
  }
  Entry& e = it->second;
  e.last = ++clock_;
  if (e.runs < 2) ++e.runs;
  if (e.runs == 1) return false;
  if (e.graph == nullptr) e.graph = capture(runner, inputs, outputs);
  if (e.graph == nullptr) return false;
  device_.launch_graph(e.graph, stream);
  return true;
}

}  // namespace hone::runtime
