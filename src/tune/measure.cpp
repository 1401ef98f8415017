// The timing loop: warm up, then repeat until enough runs or enough time.
#include "tune/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>

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

using Buffer = std::unique_ptr<void, decltype(&std::free)>;

Buffer allocate(size_t bytes) {
  void* p = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
  require<ModelError>(p != nullptr, "out of memory: {} bytes to time a layer", bytes);
  return {p, std::free};
}

// Storage of a desc, pitch included.
size_t extent(const TensorDesc& d) {
  if (d.pitch <= 0 || d.dims.empty()) return d.bytes();
  const int64_t inner = d.format == Format::kChannelsLast ? d.channels() : d.dims.back();
  return inner == 0 ? 0 : storage_bytes(d.type, d.count() / inner * d.pitch);
}

void fill(void* p, const TensorDesc& d) {
  std::minstd_rand rng(7);
  const size_t bytes = extent(d);
  if (d.type == DType::kF32) {
    auto* f = static_cast<float*>(p);
    for (size_t i = 0; i < bytes / 4; ++i) f[i] = static_cast<float>(rng() % 2001) * 1e-3f - 1.f;
  } else {
    std::memset(p, 0, bytes);
  }
}

}  // namespace

std::string describe(const Problem& p, const Tactic& t, const Backend& backend) {
  std::string s = fmt::format("{}|{}|{}|{}|t{} b{} h{}", backend.fingerprint(), t.name(), p.op->name,
                              attributes_text(*p.attrs), p.threads, p.allow_bf16, p.allow_f16);
  if (p.has_epilogue()) s += "|" + p.epilogue.program->str();
  for (size_t i = 0; i < p.inputs.size(); ++i)
    s += fmt::format("|{}{}", p.has(i) ? text(p.inputs[i]) : "-", p.constant(i) != nullptr ? "c" : "");
  for (const TensorDesc& d : p.outputs) s += ">" + text(d);
  return s;
}

float Measurer::time(const Problem& p, const Tactic& t) {
  const CacheKey key = make_key(describe(p, t, backend_));
  if (cache_ != nullptr)
    if (const auto hit = cache_->find(key)) {
      ++cached_;
      return *hit;
    }
  ++timed_;
  ThreadScope threads(p.threads);
  const std::vector<Blob> blobs = t.prepare(p);
  const std::unique_ptr<Kernel> kernel = t.make(p, blobs);
  const uint64_t folds = t.folds(p);
  std::vector<Buffer> buffers;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (size_t i = 0; i < p.inputs.size(); ++i) {
    if (!p.has(i) || (i < 64 && (folds >> i & 1) != 0)) {
      in.push_back(nullptr);
    } else if (p.constant(i) != nullptr) {
      in.push_back(p.constant(i)->raw());
    } else {
      buffers.push_back(allocate(extent(p.inputs[i])));
      fill(buffers.back().get(), p.inputs[i]);
      in.push_back(buffers.back().get());
    }
  }
  for (const TensorDesc& d : p.outputs) {
    buffers.push_back(allocate(extent(d)));
    out.push_back(buffers.back().get());
  }
  Buffer workspace = allocate(kernel->workspace());
  const Launch l{in.data(), out.data(), workspace.get(), nullptr};
  using Clock = std::chrono::steady_clock;
  auto run_us = [&] {
    const auto start = Clock::now();
    kernel->run(l);
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  const double first = run_us();
  std::vector<double> times;
  double spent = 0;
  constexpr double kBudgetUs = 12'000;
  const int least = std::max(2, least_), most = first > 2000 ? 4 : 25;
  while (static_cast<int>(times.size()) < least || (spent < kBudgetUs && static_cast<int>(times.size()) < most)) {
    times.push_back(run_us());
    spent += times.back();
    if (spent > 2e6) break;
  }
  // The lower quartile: noise of a shared machine only ever adds.
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 4), times.end());
  const auto us = static_cast<float>(times[times.size() / 4]);
  if (cache_ != nullptr) cache_->put(key, us);
  return us;
}

}  // namespace hone::tune
