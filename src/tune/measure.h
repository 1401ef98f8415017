// Timing of one tactic on one problem, through the timing cache.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "tune/timing_cache.h"

namespace hone::tune {

/// Text that identifies a measurement: device, version of its kernels, tactic, operator, attributes, epilogue, descs,
/// threads. Weights' values do not matter.
std::string describe(const Problem& p, const Tactic& t, const Backend& backend);

/// Owner of the random operands that measurements share.
class Measurer {
 public:
  /// `level`: that of the tuner, which says how long a measurement may take.
  Measurer(const Backend& backend, TimingCache* cache, int least_iterations, int level = 3);
  Measurer(const Measurer&) = delete;
  Measurer& operator=(const Measurer&) = delete;
  ~Measurer();
  /// Microseconds of one run (the least of a few), from the cache where it is there. `to_beat`: the best so far, in
  /// microseconds; on a device what is several times slower is measured no further.
  float time(const Problem& p, const Tactic& t, float to_beat = std::numeric_limits<float>::infinity());
  /// Times tactics that were close to each other once more, in turns, so that a change of the machine's speed meets all
  /// alike; each keeps the least of its times, in the cache too. Only on the host.
  void settle(const Problem& p, std::vector<std::pair<const Tactic*, float>>& close);
  int timed() const { return timed_; }
  int cached() const { return cached_; }

 private:
  class Store;
  class Operands;
  float on_host(const Operands& o, int threads) const;
  float on_device(const Operands& o, float to_beat) const;
  const Backend& backend_;
  std::unique_ptr<Store> store_;
  TimingCache* cache_;
  int least_, level_;
  int timed_ = 0, cached_ = 0;
};

}  // namespace hone::tune
