// The timing loop: warm up, then repeat until enough runs or enough time.
#include "tune/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "base/memory.h"
#include "base/parallel.h"

namespace hone::tune {
namespace {

std::string text(const TensorDesc& d) {
  return fmt::format("{}{}{}p{}", name(d.type), str(d.dims), d.format == Format::kChannelsLast ? "cl" : "", d.pitch);
}

// Attributes without the contents of tensors: str() prints a hash of them, which two layers of equal shape do not
// share.
std::string attributes_text(const Attributes& a) {
  std::string s = str(a);
  for (size_t at = s.find('#'); at != std::string::npos; at = s.find('#', at + 1))
    s.erase(at, std::min<size_t>(9, s.size() - at));
  return s;
}

// Storage of a desc, pitch included.
size_t extent(const TensorDesc& d) {
  if (d.pitch <= 0 || d.dims.empty()) return d.bytes();
  const int64_t inner = d.format == Format::kChannelsLast ? d.channels() : d.dims.back();
  return inner == 0 ? 0 : storage_bytes(d.type, d.count() / inner * d.pitch);
}

// Random values as far as one block; they repeat in longer buffers.
constexpr size_t kBlock = 1u << 20;

std::vector<std::byte> draw(DType type, size_t bytes) {
  std::vector<std::byte> block(std::min(bytes, kBlock));  // zeros for integers: valid as indices
  std::minstd_rand rng(7);
  const auto each = [&]<class T>(T* to) {
    for (size_t i = 0; i < block.size() / sizeof(T); ++i) to[i] = T(static_cast<float>(rng() % 2001) * 1e-3f - 1.f);
  };
  if (type == DType::kF32) each(reinterpret_cast<float*>(block.data()));
  if (type == DType::kF16) each(reinterpret_cast<half*>(block.data()));
  if (type == DType::kBF16) each(reinterpret_cast<bfloat16*>(block.data()));
  return block;
}

}  // namespace

std::string describe(const Problem& p, const Tactic& t, const Backend& backend) {
  std::string s =
      fmt::format("{}|{}|{}|{}|{}|t{} b{} h{}", backend.fingerprint(), backend.kernels_version(), t.name(), p.op->name,
                  attributes_text(*p.attrs), p.threads, p.allow_bf16, p.allow_f16 + 2 * p.allow_tf32);
  if (p.has_epilogue()) s += "|" + p.epilogue.program->str();
  for (size_t i = 0; i < p.inputs.size(); ++i)
    s += fmt::format("|{}{}", p.has(i) ? text(p.inputs[i]) : "-", p.constant(i) != nullptr ? "c" : "");
  for (const TensorDesc& d : p.outputs) s += ">" + text(d);
  return s;
}

namespace {

using Memory = std::shared_ptr<void>;

Memory allocate(const Device* device, size_t bytes) {
  bytes = (bytes + 127) / 64 * 64;
  if (device != nullptr) return {device->allocate(bytes), [device](void* p) { device->release(p); }};
  void* p = allocate_aligned(bytes);
  require<ModelError>(p != nullptr, "out of memory: {} bytes to time a layer", bytes);
  return {p, std::free};
}

}  // namespace

// Buffers by what they are for. They stay from one measurement to the next, since drawing, copying and freeing what a
// kernel of a large batch reads takes longer than the kernel.
class Measurer::Store {
 public:
  enum class Use : uint8_t { kInput, kConstant, kBlob, kOutput, kWorkspace };

  explicit Store(const Device* device) : device_(device) {}
  Memory buffer(Use use, size_t i, size_t bytes) { return slot(use, i, bytes).memory; }
  Memory copied(Use use, size_t i, const void* data, size_t bytes) {
    Memory p = buffer(use, i, bytes);
    if (bytes > 0) device_->upload(p.get(), data, bytes, nullptr);
    return p;
  }
  Memory drawn(size_t i, const TensorDesc& d) {
    const size_t bytes = extent(d);
    Slot& s = slot(Use::kInput, i, bytes);
    if (s.type == d.type && s.drawn >= bytes) return s.memory;
    auto* to = static_cast<std::byte*>(s.memory.get());
    const std::vector<std::byte> block = draw(d.type, bytes);
    if (device_ != nullptr && bytes > 0) device_->upload(to, block.data(), block.size(), nullptr);
    if (device_ == nullptr && bytes > 0) std::memcpy(to, block.data(), block.size());
    for (size_t done = block.size(); done < bytes;) {
      const size_t more = std::min(done, bytes - done);
      if (device_ != nullptr)
        device_->copy(to + done, to, more, nullptr);
      else
        std::memcpy(to + done, to, more);
      done += more;
    }
    s.type = d.type, s.drawn = bytes;
    return s.memory;
  }

 private:
  struct Slot {
    Memory memory;
    size_t size = 0, drawn = 0;
    DType type = DType::kF32;
  };
  Slot& slot(Use use, size_t i, size_t bytes) {
    Slot& s = slots_[{use, i}];
    if (s.memory != nullptr && s.size >= bytes) return s;
    s = {};  // the old memory goes first, unless operands hold it
    s.memory = allocate(device_, bytes), s.size = bytes;
    return s;
  }
  const Device* device_;
  std::map<std::pair<Use, size_t>, Slot> slots_;
};

// A kernel with everything it reads and writes, in the device's memory.
class Measurer::Operands {
 public:
  Operands(const Problem& p, const Tactic& t, const Device* device, Store& store) : device_(device), store_(store) {
    const uint64_t folds = t.folds(p);
    for (Blob& b : t.prepare(p)) blobs_.push_back(resident(std::move(b)));
    kernel_ = t.make(p, blobs_);
    for (size_t i = 0; i < p.inputs.size(); ++i) in_.push_back(input(p, i, folds));
    for (const TensorDesc& d : p.outputs)
      out_.push_back(held(store_.buffer(Store::Use::kOutput, out_.size(), extent(d))));
    workspace_ = held(store_.buffer(Store::Use::kWorkspace, 0, kernel_->workspace()));
  }
  void run(void* stream) const { kernel_->run({in_.data(), out_.data(), workspace_, stream}); }
  const Device* device() const { return device_; }

 private:
  Blob resident(Blob b) {
    if (device_ == nullptr) return b;
    const void* at = held(store_.copied(Store::Use::kBlob, blobs_.size(), b.data, b.size));
    return {nullptr, static_cast<const std::byte*>(at), b.size};
  }
  const void* input(const Problem& p, size_t i, uint64_t folds) {
    if (!p.has(i) || (i < 64 && (folds >> i & 1) != 0)) return nullptr;
    const Tensor* c = p.constant(i);
    if (c == nullptr) return held(store_.drawn(i, p.inputs[i]));
    return device_ != nullptr ? held(store_.copied(Store::Use::kConstant, i, c->raw(), c->bytes())) : c->raw();
  }
  void* held(Memory m) {
    memory_.push_back(std::move(m));
    return memory_.back().get();
  }

  const Device* device_;
  Store& store_;
  std::vector<Memory> memory_;
  std::vector<Blob> blobs_;
  std::unique_ptr<Kernel> kernel_;
  std::vector<const void*> in_;
  std::vector<void*> out_;
  void* workspace_ = nullptr;
};

Measurer::Measurer(const Backend& backend, TimingCache* cache, int least_iterations, int level)
    : backend_(backend),
      store_(std::make_unique<Store>(backend.device())),
      cache_(cache),
      least_(least_iterations),
      level_(level) {}
Measurer::~Measurer() = default;

float Measurer::on_host(const Operands& o, int threads) const {
  ThreadScope scope(threads);
  using Clock = std::chrono::steady_clock;
  auto run_us = [&] {
    const auto start = Clock::now();
    o.run(nullptr);
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  const double first = run_us();
  std::vector<double> times;
  double spent = 0;
  // Relative to the default level: a third of the time below it, three and ten times above.
  const double effort = level_ < 3 ? 1. / 3 : level_ == 3 ? 1 : level_ == 4 ? 3 : 10;
  const double budget_us = 12'000 * effort;
  const int least = std::max(2, least_), most = std::max(3, static_cast<int>((first > 2000 ? 4 : 25) * effort));
  while (static_cast<int>(times.size()) < least || (spent < budget_us && static_cast<int>(times.size()) < most)) {
    times.push_back(run_us());
    spent += times.back();
    if (spent > 2e6) break;
  }
  // The least: noise of a shared machine only ever adds.
  return static_cast<float>(*std::min_element(times.begin(), times.end()));
}

namespace {

// What timing on a device needs, given back on every way out.
struct Session {
  explicit Session(const Device& device) : d(device) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (graph != nullptr) d.destroy_graph(graph);
    d.destroy_event(begin), d.destroy_event(end), d.destroy_stream(stream);
  }
  template <class F>
  double elapsed_us(F&& enqueue) {
    d.record(begin, stream);
    enqueue();
    d.record(end, stream);
    const double us = d.elapsed_us(begin, end);
    const std::string error = d.take_error();
    require<InternalError>(error.empty(), "{}", error);
    return us;
  }
  const Device& d;
  void* stream = d.create_stream();
  void* begin = d.create_event();
  void* end = d.create_event();
  void* graph = nullptr;
};

}  // namespace

constexpr float kHopeless = 3;  // times the best: not worth measuring well

// Launches in a row as one graph, the way an engine runs them, so that what a launch costs the host does not count; the
// least of a few rounds.
float Measurer::on_device(const Operands& o, float to_beat) const {
  const Device& d = *o.device();
  d.synchronize(nullptr);
  Session s(d);
  auto several = [&](int n) {
    for (int i = 0; i < n; ++i) o.run(s.stream);
  };
  const double first = s.elapsed_us([&] { several(1); });
  if (first > 1000 && first > 10 * kHopeless * to_beat) return static_cast<float>(first);
  const double once = s.elapsed_us([&] { several(2); }) / 2;
  // What the host spends on a launch counts in here, so that short kernels are always measured.
  if (once > 100 && once > kHopeless * to_beat) return static_cast<float>(once);
  const int launches = once > 2000 ? 2 : once > 200 ? 5 : 20;
  if (once < 200 && d.begin_capture(s.stream)) {
    several(launches);
    s.graph = d.end_capture(s.stream);
  }
  auto round = [&] { s.graph != nullptr ? d.launch_graph(s.graph, s.stream) : several(launches); };
  if (s.graph != nullptr) s.elapsed_us(round);
  double best = once;
  for (int i = 0; i < std::max(3, least_); ++i) best = std::min(best, s.elapsed_us(round) / launches);
  return static_cast<float>(best);
}

void Measurer::settle(const Problem& p, std::vector<std::pair<const Tactic*, float>>& close) {
  if (backend_.device() != nullptr) return;
  std::vector<std::unique_ptr<Operands>> operands;
  operands.reserve(close.size());
  for (const auto& [t, us] : close) operands.push_back(std::make_unique<Operands>(p, *t, nullptr, *store_));
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round)
    for (size_t i = 0; i < close.size(); ++i)
      close[i].second = std::min(close[i].second, on_host(*operands[i], p.threads));
  for (const auto& [t, us] : close)
    if (cache_ != nullptr) cache_->put(make_key(describe(p, *t, backend_)), us);
}

float Measurer::time(const Problem& p, const Tactic& t, float to_beat) {
  const CacheKey key = make_key(describe(p, t, backend_));
  if (cache_ != nullptr)
    if (const auto hit = cache_->find(key)) {
      ++cached_;
      return *hit;
    }
  ++timed_;
  const Operands operands(p, t, backend_.device(), *store_);
  const float us = backend_.device() != nullptr ? on_device(operands, to_beat) : on_host(operands, p.threads);
  if (cache_ != nullptr) cache_->put(key, us);
  return us;
}

}  // namespace hone::tune
