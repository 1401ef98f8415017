// The timing cache and its file form: "HONETIME", version, count, entries, checksum.
#define XXH_INLINE_ALL
#include "tune/timing_cache.h"

#include <xxhash.h>

#include <cstring>

#include "base/error.h"

namespace hone::tune {
namespace {
constexpr char kMagic[8] = {'H', 'O', 'N', 'E', 'T', 'I', 'M', 'E'};
constexpr uint32_t kVersion = 1;
struct Head {
  char magic[8];
  uint32_t version, reserved;
  uint64_t count;
};
struct Entry {
  uint64_t hi, lo;
  float time;
  uint32_t zero;
};
}  // namespace

CacheKey make_key(const std::string& description) {
  const XXH128_hash_t h = XXH3_128bits(description.data(), description.size());
  return {h.high64, h.low64};
}

TimingCache::TimingCache() : base_(std::make_shared<const Map>()) {}

TimingCache::TimingCache(std::span<const std::byte> image) {
  auto map = std::make_shared<Map>();
  if (!image.empty()) {
    Head h;
    require<ModelError>(image.size() >= sizeof(Head) + 8, "damaged timing cache: {} bytes", image.size());
    std::memcpy(&h, image.data(), sizeof(h));
    require<ModelError>(std::memcmp(h.magic, kMagic, 8) == 0, "this is not a Hone timing cache");
    require<ModelError>(h.version == kVersion, "timing cache has version {}, this build reads {}", h.version, kVersion);
    const size_t body = image.size() - 8;
    require<ModelError>(h.count == (body - sizeof(Head)) / sizeof(Entry) && (body - sizeof(Head)) % sizeof(Entry) == 0,
                        "damaged timing cache: wrong size");
    uint64_t sum;
    std::memcpy(&sum, image.data() + body, 8);
    require<ModelError>(sum == XXH3_64bits(image.data(), body), "damaged timing cache: checksum differs");
    for (uint64_t i = 0; i < h.count; ++i) {
      Entry e;
      std::memcpy(&e, image.data() + sizeof(Head) + i * sizeof(Entry), sizeof(e));
      (*map)[{e.hi, e.lo}] = e.time;
    }
  }
  base_ = std::move(map);
}

std::shared_ptr<const TimingCache::Map> TimingCache::snapshot() const { return std::atomic_load(&base_); }

std::vector<std::byte> TimingCache::serialize() const {
  const auto map = snapshot();
  Head h{};
  std::memcpy(h.magic, kMagic, 8);
  h.version = kVersion;
  h.count = map->size();
  std::vector<std::byte> out(sizeof(Head) + map->size() * sizeof(Entry) + 8);
  std::memcpy(out.data(), &h, sizeof(h));
  size_t at = sizeof(Head);
  for (const auto& [k, t] : *map) {
    const Entry e{k.hi, k.lo, t, 0};
    std::memcpy(out.data() + at, &e, sizeof(e));
    at += sizeof(e);
  }
  const uint64_t sum = XXH3_64bits(out.data(), at);
  std::memcpy(out.data() + at, &sum, 8);
  return out;
}

bool TimingCache::combine(const TimingCache& other) {
  const auto theirs = other.snapshot();
  const std::lock_guard lock(write_);
  auto map = std::make_shared<Map>(*snapshot());
  map->insert(theirs->begin(), theirs->end());
  std::atomic_store(&base_, std::shared_ptr<const Map>(std::move(map)));
  return true;
}

void TimingCache::clear() {
  const std::lock_guard lock(write_);
  std::atomic_store(&base_, std::make_shared<const Map>());
}

size_t TimingCache::size() const { return snapshot()->size(); }

std::optional<float> TimingCache::find(const CacheKey& k) const {
  const auto map = snapshot();
  const auto it = map->find(k);
  return it == map->end() ? std::nullopt : std::optional(it->second);
}

void TimingCache::put(const CacheKey& k, float us) {
  const std::lock_guard lock(write_);
  auto map = std::make_shared<Map>(*snapshot());
  (*map)[k] = us;
  std::atomic_store(&base_, std::shared_ptr<const Map>(std::move(map)));
}

std::vector<std::pair<CacheKey, float>> TimingCache::entries() const {
  const auto map = snapshot();
  return {map->begin(), map->end()};
}

}  // namespace hone::tune
