// The table of choices, and measuring on the device.
#include "backends/cuda/libraries/choices.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "backends/cuda/device.h"
#include "backends/cuda/disk_cache.h"
#include "backends/cuda/gpu.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hone::cuda {
namespace {

constexpr std::string_view kPrefix = "choice-";

struct Table {
  std::mutex mutex;
  std::map<std::string, std::string> choices;
};

// Never destroyed, as kernels in static objects may outlive it.
Table& table() {
  static auto* t = new Table;
  return *t;
}

std::string text(const TensorDesc& d) {
  return fmt::format("{}{}{}p{}", name(d.type), str(d.dims), d.format == Format::kChannelsLast ? "cl" : "", d.pitch);
}

Blob blob_of(const std::string& s) {
  std::byte* bytes = nullptr;
  Blob b = Blob::allocate(s.size(), &bytes);
  std::memcpy(bytes, s.data(), s.size());
  return b;
}

std::string text_of(const Blob& b) { return {reinterpret_cast<const char*>(b.data), b.size}; }

class Stopwatch {
 public:
  Stopwatch() : stream_(cuda_device().create_stream()), begin_(device_.create_event()), end_(device_.create_event()) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    device_.destroy_event(begin_), device_.destroy_event(end_);
    device_.destroy_stream(stream_);
  }
  void* stream() const { return stream_; }
  double time(const std::function<void()>& work) const {
    device_.record(begin_, stream_);
    work();
    device_.record(end_, stream_);
    return device_.elapsed_us(begin_, end_);
  }

 private:
  const Device& device_ = cuda_device();
  void *stream_, *begin_, *end_;
};

}  // namespace

std::string describe_problem(std::string_view tactic, const Problem& p) {
  std::string attributes = str(*p.attrs);
  std::string s =
      fmt::format("{}|{}|{}|tf32 {}|workspace {}", tactic, p.op->name, attributes, p.allow_tf32, p.workspace_limit);
  if (p.has_epilogue()) s += fmt::format("|{} {}", p.base_inputs(), p.epilogue.program->str());
  for (size_t i = 0; i < p.inputs.size(); ++i)
    s += fmt::format("|{}{}", p.has(i) ? text(p.inputs[i]) : "-", p.constant(i) != nullptr ? "c" : "");
  for (const TensorDesc& d : p.outputs) s += ">" + text(d);
  return s;
}

std::string choice_key(const std::string& library, const std::string& description) {
  const GpuInHand& g = gpu_in_hand();
  const std::string all = fmt::format("{}|{} {}|{}", library, g.name, g.info.multiprocessors, description);
  const XXH128_hash_t h = XXH3_128bits(all.data(), all.size());
  return fmt::format("{}{:016x}{:016x}", kPrefix, h.high64, h.low64);
}

std::optional<std::string> find_choice(const std::string& key) {
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  if (const auto it = t.choices.find(key); it != t.choices.end()) return it->second;
  const Blob stored = read_cached(key);
  if (stored.size == 0) return std::nullopt;
  return t.choices[key] = text_of(stored);
}

void keep_choice(const std::string& key, const std::string& choice) {
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  if (t.choices.try_emplace(key, choice).second) write_cached(key, blob_of(choice));
}

CodeImage choice_image(const std::string& key, const std::string& choice) { return {key, blob_of(choice)}; }

bool is_choice(const CodeImage& image) { return image.key.starts_with(kPrefix); }

void provide_choice(const CodeImage& image) {
  if (image.code.size == 0) return;
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  t.choices.try_emplace(image.key, text_of(image.code));
}

double time_launches(const std::function<void(void* stream)>& launch, double to_beat) {
  const Device& device = cuda_device();
  const Stopwatch watch;
  launch(watch.stream());
  if (!device.take_error().empty()) return -1;
  const double once = watch.time([&] { launch(watch.stream()); });
  if (once > 100 && once > 3 * to_beat) return device.take_error().empty() ? once : -1;
  // About a fifth of a millisecond a round: long against the clock's grain, short in sum.
  const int calls = std::clamp(static_cast<int>(200 / std::max(once, 2.0)), 1, 40);
  void* graph = nullptr;
  if (calls > 1 && device.begin_capture(watch.stream())) {
    for (int i = 0; i < calls; ++i) launch(watch.stream());
    graph = device.end_capture(watch.stream());
  }
  double best = once;
  for (int round = 0; round < 4; ++round) {
    const double us = watch.time([&] {
      if (graph != nullptr) return device.launch_graph(graph, watch.stream());
      for (int i = 0; i < calls; ++i) launch(watch.stream());
    });
    best = std::min(best, us / calls);
  }
  if (graph != nullptr) device.destroy_graph(graph);
  return device.take_error().empty() ? best : -1;
}

ScratchMemory::ScratchMemory(size_t bytes) : data_(cuda_device().allocate(std::max<size_t>(bytes, 256))) {
  cuda_device().fill(data_, 0, std::max<size_t>(bytes, 256), nullptr);
  cuda_device().synchronize(nullptr);
}

ScratchMemory::~ScratchMemory() { cuda_device().release(data_); }

size_t extent_bytes(const TensorDesc& d) {
  if (d.pitch <= 0 || d.dims.empty()) return d.bytes();
  const int64_t inner = d.format == Format::kChannelsLast ? d.channels() : d.dims.back();
  return inner == 0 ? 0 : storage_bytes(d.type, d.count() / inner * d.pitch);
}

}  // namespace hone::cuda
