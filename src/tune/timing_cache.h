// Measured times of tactics, kept between builds: a map from a key (device, problem, tactic) to microseconds. Reading
// is lock-free for concurrent builds; files are checked when they are read.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone::tune {

struct CacheKey {
  uint64_t hi = 0, lo = 0;
  auto operator<=>(const CacheKey&) const = default;
};
/// 128-bit hash of a text that describes the measurement completely.
CacheKey make_key(const std::string& description);

class TimingCache {
 public:
  TimingCache();
  /// Entries of a serialized cache; throws ModelError when it is damaged or of another version.
  explicit TimingCache(std::span<const std::byte> image);
  std::vector<std::byte> serialize() const;
  /// Adds the entries of other; where both have one, ours stays.
  /// refused (false).
  bool combine(const TimingCache& other);
  void clear();
  size_t size() const;
  std::optional<float> find(const CacheKey& k) const;
  void put(const CacheKey& k, float microseconds);
  std::vector<std::pair<CacheKey, float>> entries() const;

 private:
  using Map = std::map<CacheKey, float>;
  std::shared_ptr<const Map> snapshot() const;
  mutable std::mutex write_;
  std::shared_ptr<const Map> base_;  // replaced as a whole (atomically), never changed in place
};

}  // namespace hone::tune
