// Inference: contexts, inputs, the measuring loop.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "common/session.h"

namespace tools {
namespace {

using namespace nvinfer1;
using Clock = std::chrono::steady_clock;

// Memory of the engine's device.
class Memory {
 public:
  explicit Memory(IEngineDevice& device) : device_(device) {}
  ~Memory() { device_.deallocate(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  /// Storage of at least `size` bytes, without the old content; null when there is none.
  void* grow(uint64_t size) noexcept {
    if (size <= capacity_ && data_ != nullptr) return data_;
    device_.deallocate(data_);
    data_ = device_.allocate(size);
    capacity_ = data_ != nullptr ? size : 0;
    return data_;
  }
  void* data() const { return data_; }
  uint64_t capacity() const { return capacity_; }

 private:
  IEngineDevice& device_;
  void* data_ = nullptr;
  uint64_t capacity_ = 0;
};

// Keeps the storage of one output whose size only the run tells.
class Output : public IOutputAllocator {
 public:
  explicit Output(IEngineDevice& device) : memory_(device) {}
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override { return memory_.grow(size); }
  void* reallocateOutputAsync(char const*, void*, uint64_t size, uint64_t, cudaStream_t) noexcept override {
    return memory_.grow(size);
  }
  void notifyShape(char const*, Dims const& d) noexcept override { dims = d; }
  Dims dims{};
  void* data() const { return memory_.data(); }
  uint64_t capacity() const { return memory_.capacity(); }

 private:
  Memory memory_;
};

// The moments of one run in the stream of its device.
struct Moments {
  enum { kInStart, kInEnd, kOutStart, kOutEnd, kCount };
  explicit Moments(IEngineDevice& d) : device(d) {
    for (cudaEvent_t& e : events) e = d.createEvent();
  }
  ~Moments() {
    for (cudaEvent_t e : events) device.destroyEvent(e);
  }
  Moments(const Moments&) = delete;
  Moments& operator=(const Moments&) = delete;
  IEngineDevice& device;
  cudaEvent_t events[kCount] = {};
  Trace host;  // what the host saw
  bool pending = false;
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

std::vector<std::string> input_names(const ICudaEngine& engine) {
  std::vector<std::string> names;
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    if (engine.getTensorIOMode(name) == TensorIOMode::kINPUT) names.emplace_back(name);
  }
  return names;
}

class Session {
 public:
  Session(ICudaEngine& engine, const Options& o, int stream)
      : engine_(engine),
        device_(engine.getEngineDevice()),
        o_(o),
        stream_(stream),
        queue_(device_.createStream()),
        context_(engine.createExecutionContext(strategy(o.allocation_strategy))),
        // On a GPU the next run is enqueued while one is under way, so that the device never waits for the host.
        moments_(device_.usesHostMemory() ? 1 : 2) {
    if (context_ == nullptr) throw UserError("cannot create an execution context");
    if (o.use_profile != 0 && !context_->setOptimizationProfileAsync(o.use_profile, queue_))
      throw UserError(fmt::format("the engine has no optimization profile {}", o.use_profile));
    context_->setGraphReplay(!o.no_cuda_graph);
    if (!o.nvtx_mode.empty())
      context_->setNvtxVerbosity(o.nvtx_mode == "verbose" ? ProfilingVerbosity::kDETAILED
                                 : o.nvtx_mode == "none"  ? ProfilingVerbosity::kNONE
                                                          : ProfilingVerbosity::kLAYER_NAMES_ONLY);
    const auto cache = static_cast<double>(device_.getPersistentCacheSize());
    context_->setPersistentCacheLimit(static_cast<size_t>(o.cache_ratio * cache));
    for (auto& m : moments_) m = std::make_unique<Moments>(device_);
    set_inputs();
    if (o.allocation_strategy == "runtime") provide_memory();
    set_outputs();
  }
  ~Session() {
    device_.synchronize(queue_);
    context_.reset();
    device_.destroyStream(queue_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  IExecutionContext& context() { return *context_; }

  /// Enqueues a run; appends the times of runs that have ended since.
  void run(Clock::time_point zero, std::vector<Trace>* traces) {
    Moments& m = *moments_[next_];
    next_ = (next_ + 1) % moments_.size();
    finish(m, traces);
    auto now = [&] { return std::chrono::duration<double, std::milli>(Clock::now() - zero).count(); };
    auto mark = [&](int k) {
      if (!device_.record(m.events[k], queue_)) throw UserError("the device failed; the reason is logged above");
    };
    m.host = {};
    m.host.stream = stream_;
    m.host.in_start = now();
    mark(Moments::kInStart);
    if (!o_.no_data_transfers)
      for (const Input& i : inputs_) device_.copyToDevice(i.device->data(), i.host.data(), i.host.size(), queue_);
    m.host.enqueue_start = now();
    mark(Moments::kInEnd);
    if (!context_->enqueueV3(queue_)) throw UserError("inference failed; the reason is logged above");
    mark(Moments::kOutStart);
    m.host.enqueue_end = now();
    if (!o_.no_data_transfers) read_outputs();
    mark(Moments::kOutEnd);
    m.pending = true;
    if (moments_.size() == 1) finish(m, traces);
  }
  /// Waits for the runs under way.
  void drain(std::vector<Trace>* traces) {
    for (size_t k = 0; k < moments_.size(); ++k) finish(*moments_[(next_ + k) % moments_.size()], traces);
  }

  /// Bytes of inputs and outputs, on the host and on the device.
  int64_t io_bytes() const {
    uint64_t n = 0;
    for (const Input& i : inputs_) n += i.host.size() + i.device->capacity();
    for (const auto& [name, out] : outputs_) n += out->capacity();
    return static_cast<int64_t>(n);
  }

  std::vector<Tensor> inputs() const {
    std::vector<Tensor> r;
    for (const Input& i : inputs_) {
      const char* name = i.name.c_str();
      const Dims d = context_->getTensorShape(name);
      const DataType type = engine_.getTensorDataType(name);
      r.push_back({i.name, type, d, from_format(engine_.getTensorFormat(name), type, d, i.host)});
    }
    return r;
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
      const TensorFormat format = engine_.getTensorFormat(name.c_str());
      const size_t n = bytes_in_format(format, t.type, t.dims);
      t.data.resize(n);
      if (n > 0 && out->data() != nullptr && !device_.copyToHost(t.data.data(), out->data(), n, queue_))
        throw UserError(fmt::format("cannot read output '{}'; the reason is logged above", name));
      t.data = from_format(format, t.type, t.dims, t.data);
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

  static ExecutionContextAllocationStrategy strategy(const std::string& name) {
    return name == "static"    ? ExecutionContextAllocationStrategy::kSTATIC
           : name == "profile" ? ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE
                               : ExecutionContextAllocationStrategy::kUSER_MANAGED;
  }

  // As much as the shapes of the run need.
  void provide_memory() {
    const size_t bytes = context_->updateDeviceMemorySizeForShapes();
    void* p = memory_.grow(bytes);
    if (p == nullptr) throw UserError(fmt::format("out of memory: {} bytes for activations", bytes));
    say('I', "Memory for activations: {} bytes", bytes);
    context_->setDeviceMemoryV2(p, static_cast<int64_t>(bytes));
  }

  void set_inputs() {
    const std::vector<std::string> names = input_names(engine_);
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
      if (o_.announce_inputs && stream_ == 0 && file != nullptr)
        say('I', "Using values loaded from {} for input {}", *file, name);
      if (o_.announce_inputs && stream_ == 0 && file == nullptr) say('I', "Using random values for input {}", name);
      std::vector<std::byte> host =
          file != nullptr ? load_tensor(*file, type, d, o_.picture) : random_tensor(type, volume(d), seed++);
      host = to_format(engine_.getTensorFormat(name.c_str()), type, d, host);
      auto& input = inputs_.emplace_back(Input{name, std::move(host), std::make_unique<Memory>(device_)});
      void* p = input.device->grow(input.host.size() + 64);
      if (p == nullptr || !device_.copyToDevice(p, input.host.data(), input.host.size(), queue_))
        throw UserError(fmt::format("no memory for input '{}'; the reason is logged above", name));
      if (!context_->setTensorAddress(name.c_str(), p))
        throw UserError(fmt::format("cannot set the address of input '{}'", name));
    }
  }

  void set_outputs() {
    for (int i = 0; i < engine_.getNbIOTensors(); ++i) {
      const char* name = engine_.getIOTensorName(i);
      if (engine_.getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
      auto& out = outputs_.emplace_back(name, std::make_unique<Output>(device_)).second;
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

  // Outputs of a size known beforehand, to the host.
  void read_outputs() {
    for (auto& [name, out] : outputs_) {
      const int64_t bytes = context_->getMaxOutputSize(name.c_str());
      if (bytes <= 0 || out->data() == nullptr) continue;
      landing_.resize(std::max(landing_.size(), static_cast<size_t>(bytes)));
      device_.copyToHost(landing_.data(), out->data(), static_cast<uint64_t>(bytes), queue_);
    }
  }

  // Times of a run that has been enqueued: those of the device where it has a clock of its own.
  void finish(Moments& m, std::vector<Trace>* traces) {
    if (!m.pending) return;
    m.pending = false;
    auto between = [&](int a, int b) {
      const float ms = device_.elapsedMilliseconds(m.events[a], m.events[b]);
      if (ms < 0) throw UserError("the device failed; the reason is logged above");
      return static_cast<double>(ms);
    };
    Trace t = m.host;
    t.in_end = t.in_start + between(Moments::kInStart, Moments::kInEnd);
    t.compute_start = t.in_end;
    t.compute_end = t.out_start = t.compute_start + between(Moments::kInEnd, Moments::kOutStart);
    t.out_end = t.out_start + between(Moments::kOutStart, Moments::kOutEnd);
    if (traces != nullptr) traces->push_back(t);
  }

  struct Input {
    std::string name;
    std::vector<std::byte> host;
    std::unique_ptr<Memory> device;
  };
  ICudaEngine& engine_;
  IEngineDevice& device_;
  const Options& o_;
  int stream_;
  cudaStream_t queue_;
  Memory memory_{device_};  // the context's, where this program provides it
  std::unique_ptr<IExecutionContext> context_;
  std::vector<std::unique_ptr<Moments>> moments_;
  size_t next_ = 0;
  std::vector<Input> inputs_;
  std::vector<std::byte> landing_;  // where measured copies of outputs go
  std::vector<std::pair<std::string, std::unique_ptr<Output>>> outputs_;
};

void pause_ms(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

// Runs sessions in turn until iterations and duration are met; returns how many runs it took to warm up.
int64_t loop(std::vector<Session*> sessions, const Options& o, Clock::time_point zero, std::vector<Trace>& traces) {
  pause_ms(o.sleep_time);
  const auto warm = Clock::now();
  auto since = [](Clock::time_point t) { return std::chrono::duration<double, std::milli>(Clock::now() - t).count(); };
  int64_t warm_up_runs = 0;
  for (; since(warm) < o.warm_up; warm_up_runs += static_cast<int64_t>(sessions.size()))
    for (Session* s : sessions) s->run(zero, nullptr);
  for (Session* s : sessions) s->drain(nullptr);
  const auto start = Clock::now();
  for (int i = 0; i < o.iterations || o.duration < 0 || since(start) < 1e3 * o.duration || i == 0; ++i) {
    for (Session* s : sessions) s->run(zero, &traces);
    pause_ms(o.idle_time);
  }
  for (Session* s : sessions) s->drain(&traces);
  return warm_up_runs;
}

void measure(std::vector<std::unique_ptr<Session>>& sessions, const Options& o, RunResult& r) {
  const auto zero = Clock::now();
  const bool parallel = o.threads && sessions.size() > 1;
  std::vector<std::vector<Trace>> traces(parallel ? sessions.size() : 1);
  if (!parallel) {
    std::vector<Session*> all;
    all.reserve(sessions.size());
    for (auto& s : sessions) all.push_back(s.get());
    r.warm_up_runs = loop(all, o, zero, traces[0]);
  } else {
    std::vector<std::thread> workers;
    std::vector<std::string> errors(sessions.size());
    std::vector<int64_t> warm_up_runs(sessions.size());
    for (size_t i = 0; i < sessions.size(); ++i)
      workers.emplace_back([&, i] {
        try {
          warm_up_runs[i] = loop({sessions[i].get()}, o, zero, traces[i]);
        } catch (const std::exception& e) {
          errors[i] = e.what();
        }
      });
    for (std::thread& t : workers) t.join();
    for (const std::string& e : errors)
      if (!e.empty()) throw UserError(e);
    r.warm_up_runs = std::accumulate(warm_up_runs.begin(), warm_up_runs.end(), int64_t{0});
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

int64_t resident_bytes() {
  std::ifstream f("/proc/self/smaps");
  int64_t kib = 0;
  bool library = false;  // code and constants of a program, which no engine owns
  for (std::string line; std::getline(f, line);) {
    if (line.rfind("Rss:", 0) == 0)
      kib += library ? 0 : std::atoll(line.c_str() + 4);
    else if (!line.empty() && std::isxdigit(static_cast<unsigned char>(line[0])) != 0 &&
             line.find('-') < line.find(' '))
      library = line.find(".so") != std::string::npos;
  }
  return kib * 1024;
}

RunResult run_engine(ICudaEngine& engine, const Options& given) {
  const Options o = with_engine_names(given, input_names(engine));
  if (o.cache_ratio > 0 && engine.getEngineDevice().getPersistentCacheSize() == 0)
    say('W', "--persistentCacheRatio has no effect: this device keeps nothing in its cache");
  if (o.use_cuda_graph && engine.getEngineDevice().usesHostMemory())
    say('W', "--useCudaGraph has no effect on the CPU device, whose runs are not enqueued");
  else if (o.use_cuda_graph)
    say('I', "Runs are replayed as CUDA graphs from the second on, which is the default");
  std::vector<std::unique_ptr<Session>> sessions;
  sessions.reserve(static_cast<size_t>(o.streams));
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
  r.resident_bytes = resident_bytes();
  for (const auto& s : sessions) r.io_bytes += s->io_bytes();
  if (o.dump_raw) r.inputs = sessions[0]->inputs();
  r.outputs = sessions[0]->outputs();
  for (auto& s : sessions) s->context().setProfiler(nullptr);
  r.profile = std::move(profiler.layers);
  return r;
}

}  // namespace tools
