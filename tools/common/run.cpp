// Inference: contexts, inputs, the measuring loop.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "common/session.h"

namespace tools {
namespace {

using namespace nvinfer1;
using Clock = std::chrono::steady_clock;

// Keeps the storage of one output whose size only the run tells.
class Output : public IOutputAllocator {
 public:
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override { return grow(size); }
  void* reallocateOutputAsync(char const*, void*, uint64_t size, uint64_t, cudaStream_t) noexcept override {
    return grow(size);
  }
  void notifyShape(char const*, Dims const& d) noexcept override { dims = d; }
  Dims dims{};
  void* data() const { return memory_.get(); }

 private:
  void* grow(uint64_t size) noexcept {
    if (size > capacity_ || memory_ == nullptr) {
      memory_.reset(std::aligned_alloc(64, (size + 127) / 64 * 64));
      capacity_ = memory_ != nullptr ? size : 0;
    }
    return memory_.get();
  }
  std::unique_ptr<void, decltype(&std::free)> memory_{nullptr, &std::free};
  uint64_t capacity_ = 0;
};

class Profiler : public IProfiler {
 public:
  void reportLayerTime(char const* name, float ms) noexcept override {
    const std::lock_guard lock(mutex_);
    const auto [it, fresh] = index_.emplace(name, layers.size());
    if (fresh) layers.push_back({name, {}});
    layers[it->second].ms.push_back(ms);
  }
  std::vector<LayerTime> layers;

 private:
  std::mutex mutex_;
  std::map<std::string, size_t> index_;
};

class Session {
 public:
  Session(ICudaEngine& engine, const Options& o, int stream)
      : engine_(engine), o_(o), stream_(stream), context_(engine.createExecutionContext()) {
    if (context_ == nullptr) throw UserError("cannot create an execution context");
    if (o.use_profile != 0 && !context_->setOptimizationProfileAsync(o.use_profile, nullptr))
      throw UserError(fmt::format("the engine has no optimization profile {}", o.use_profile));
    set_inputs();
    set_outputs();
  }

  IExecutionContext& context() { return *context_; }

  Trace run(Clock::time_point zero) {
    auto now = [&] { return std::chrono::duration<double, std::milli>(Clock::now() - zero).count(); };
    Trace t;
    t.stream = stream_;
    t.in_start = now();
    if (!o_.no_data_transfers)
      for (auto& [host, device] : inputs_) std::memcpy(device.data(), host.data(), host.size());
    t.in_end = t.enqueue_start = t.compute_start = now();
    if (!context_->enqueueV3(nullptr)) throw UserError("inference failed; the reason is logged above");
    t.enqueue_end = t.compute_end = t.out_start = now();
    t.out_end = now();
    return t;
  }

  std::vector<Tensor> outputs() const {
    std::vector<Tensor> r;
    for (const auto& [name, out] : outputs_) {
      Tensor t;
      t.name = name;
      t.type = engine_.getTensorDataType(name.c_str());
      t.dims = out->dims.nbDims > 0 || context_->getTensorShape(name.c_str()).nbDims <= 0
                   ? out->dims
                   : context_->getTensorShape(name.c_str());
      const size_t n = bytes_of(t.type, volume(t.dims));
      t.data.resize(n);
      if (n > 0 && out->data() != nullptr) std::memcpy(t.data.data(), out->data(), n);
      r.push_back(std::move(t));
    }
    return r;
  }

 private:
  Dims input_dims(const std::string& name) const {
    Dims d = engine_.getTensorShape(name.c_str());
    bool dynamic = false;
    for (int i = 0; i < d.nbDims; ++i) dynamic = dynamic || d.d[i] < 0;
    if (!dynamic) return d;
    const std::vector<int64_t>* given = nullptr;
    for (const ShapeMap* m : {&o_.shapes, &o_.opt_shapes}) {
      for (const auto& [n, s] : *m)
        if (n == name || ((n.empty() || n == "*") && given == nullptr)) given = &s;
      if (given != nullptr) break;
    }
    if (given == nullptr) {
      if (const std::string* file = file_of(name)) {
        const Dims f = file_dims(*file, d);
        bool known = true;
        for (int i = 0; i < f.nbDims; ++i) known = known && f.d[i] >= 0;
        if (known) return f;
      }
      return engine_.getProfileShape(name.c_str(), o_.use_profile, OptProfileSelector::kOPT);
    }
    if (static_cast<int>(given->size()) != d.nbDims)
      throw UserError(
          fmt::format("input '{}' has rank {}, the shape given has rank {}", name, d.nbDims, given->size()));
    for (int i = 0; i < d.nbDims; ++i) d.d[i] = (*given)[static_cast<size_t>(i)];
    return d;
  }

  const std::string* file_of(const std::string& name) const {
    for (const auto& [n, f] : o_.load_inputs)
      if (n == name) return &f;
    return nullptr;
  }

  void set_inputs() {
    std::vector<std::string> names;
    for (int i = 0; i < engine_.getNbIOTensors(); ++i) {
      const char* name = engine_.getIOTensorName(i);
      if (engine_.getTensorIOMode(name) == TensorIOMode::kINPUT) names.emplace_back(name);
    }
    for (const auto& [n, f] : o_.load_inputs)
      if (std::find(names.begin(), names.end(), n) == names.end())
        throw UserError(
            fmt::format("--loadInputs: the engine has no input '{}'; its inputs are {}", n, fmt::join(names, ", ")));
    uint32_t seed = 1;
    for (const std::string& name : names) {
      const Dims d = input_dims(name);
      if (!context_->setInputShape(name.c_str(), d))
        throw UserError(
            fmt::format("input '{}' does not take the shape {}; the reason is logged above", name, dims_text(d)));
      const DataType type = engine_.getTensorDataType(name.c_str());
      const std::string* file = file_of(name);
      std::vector<std::byte> host =
          file != nullptr ? load_tensor(*file, type, d, o_.picture) : random_tensor(type, volume(d), seed++);
      inputs_.emplace_back(host, host);
      inputs_.back().second.resize(host.size() + 64);
      if (!context_->setTensorAddress(name.c_str(), inputs_.back().second.data()))
        throw UserError(fmt::format("cannot set the address of input '{}'", name));
    }
  }

  void set_outputs() {
    for (int i = 0; i < engine_.getNbIOTensors(); ++i) {
      const char* name = engine_.getIOTensorName(i);
      if (engine_.getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
      auto& out = outputs_.emplace_back(name, std::make_unique<Output>()).second;
      out->dims = context_->getTensorShape(name);
      const int64_t bytes = context_->getMaxOutputSize(name);
      bool known = bytes >= 0;
      for (int a = 0; a < out->dims.nbDims; ++a) known = known && out->dims.d[a] >= 0;
      if (known) {
        void* p = out->reallocateOutputAsync(name, nullptr, static_cast<uint64_t>(bytes), 64, nullptr);
        if (p == nullptr) throw UserError(fmt::format("out of memory: {} bytes for output '{}'", bytes, name));
        context_->setTensorAddress(name, p);
      } else {
        context_->setOutputAllocator(name, out.get());
      }
    }
  }

  ICudaEngine& engine_;
  const Options& o_;
  int stream_;
  std::unique_ptr<IExecutionContext> context_;
  std::vector<std::pair<std::vector<std::byte>, std::vector<std::byte>>> inputs_;  // host copy, device copy
  std::vector<std::pair<std::string, std::unique_ptr<Output>>> outputs_;
};

void pause_ms(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

// Runs sessions in turn until iterations and duration are met.
void loop(std::vector<Session*> sessions, const Options& o, Clock::time_point zero, std::vector<Trace>& traces) {
  pause_ms(o.sleep_time);
  const auto warm = Clock::now();
  auto since = [](Clock::time_point t) { return std::chrono::duration<double, std::milli>(Clock::now() - t).count(); };
  while (since(warm) < o.warm_up)
    for (Session* s : sessions) s->run(zero);
  const auto start = Clock::now();
  for (int i = 0; i < o.iterations || o.duration < 0 || since(start) < 1e3 * o.duration || i == 0; ++i) {
    for (Session* s : sessions) traces.push_back(s->run(zero));
    pause_ms(o.idle_time);
  }
}

void measure(std::vector<std::unique_ptr<Session>>& sessions, const Options& o, RunResult& r) {
  const auto zero = Clock::now();
  const bool parallel = o.threads && sessions.size() > 1;
  std::vector<std::vector<Trace>> traces(parallel ? sessions.size() : 1);
  if (!parallel) {
    std::vector<Session*> all;
    for (auto& s : sessions) all.push_back(s.get());
    loop(all, o, zero, traces[0]);
  } else {
    std::vector<std::thread> workers;
    std::vector<std::string> errors(sessions.size());
    for (size_t i = 0; i < sessions.size(); ++i)
      workers.emplace_back([&, i] {
        try {
          loop({sessions[i].get()}, o, zero, traces[i]);
        } catch (const std::exception& e) {
          errors[i] = e.what();
        }
      });
    for (std::thread& t : workers) t.join();
    for (const std::string& e : errors)
      if (!e.empty()) throw UserError(e);
  }
  double first = 1e300, last = 0;
  for (const auto& t : traces)
    for (const Trace& x : t) {
      r.traces.push_back(x);
      first = std::min(first, x.in_start);
      last = std::max(last, x.out_end);
    }
  r.wall_ms = last - first;
}

}  // namespace

RunResult run_engine(ICudaEngine& engine, const Options& o) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < o.streams; ++i) sessions.push_back(std::make_unique<Session>(engine, o, i));
  RunResult r;
  Profiler profiler;
  const bool profile = o.dump_profile || !o.export_profile.empty();
  if (profile && !o.separate_profile_run)
    for (auto& s : sessions) s->context().setProfiler(&profiler);
  measure(sessions, o, r);
  if (profile && o.separate_profile_run) {
    sessions[0]->context().setProfiler(&profiler);
    Options second = o;
    second.duration = std::min(std::max(o.duration, 0.0), 1.0);
    RunResult ignored;
    std::vector<std::unique_ptr<Session>> one;
    one.push_back(std::move(sessions[0]));
    measure(one, second, ignored);
    sessions[0] = std::move(one[0]);
  }
  r.outputs = sessions[0]->outputs();
  for (auto& s : sessions) s->context().setProfiler(nullptr);
  r.profile = std::move(profiler.layers);
  return r;
}

}  // namespace tools
