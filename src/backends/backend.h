// The interface between the compiler and a device: memory, streams, timing, and tactics (ways to run one fused node). A
// backend offers, per operator, an ordered list of tactics; the tuner times those that support a problem.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/format.h"
#include "ops/op.h"

namespace hone {

/// A tensor as a kernel sees it: concrete dims (logical order, always N,C,spatial... for images), type and format.
struct TensorDesc {
  DType type = DType::kF32;
  Format format = Format::kLinear;
  Dims dims;
  /// Elements from one pixel (channels-last) or one row of the last axis (linear) to the next, where the tensor is a
  /// slice of a wider buffer; 0: dense.
  int64_t pitch = 0;

  int64_t count() const { return volume(dims); }
  size_t bytes() const { return storage_bytes(type, count()); }
  int64_t channels() const { return dims.size() > 1 ? dims[1] : 1; }
  int64_t pixel_pitch() const { return pitch > 0 ? pitch : channels(); }
  bool operator==(const TensorDesc&) const = default;
};

/// Fused tail of a heavy node: see ir::Epilogue.
struct EpilogueView {
  const PwProgram* program = nullptr;  // null or empty: none
  int base_inputs = 0;
};

/// One fused node with concrete shapes: what a tactic is asked about and a kernel is made for.
struct Problem {
  const Op* op = nullptr;
  const Attributes* attrs = nullptr;
  EpilogueView epilogue;
  std::vector<TensorDesc> inputs, outputs;  // a left-out optional input has empty dims and `present` false
  std::vector<bool> present;                // per input
  std::vector<const Tensor*>
      constants;  // per input: its value where it is a constant, else null (linear, logical dims)
  int threads = 1;
  size_t workspace_limit = SIZE_MAX;
  bool allow_bf16 = false, allow_f16 = false;  // reduced-precision arithmetic inside the kernel is allowed
  bool allow_tf32 = false;                     // FP32 operands of products may be rounded to TF32

  template <class T>
  const T& attr() const {
    return static_cast<const T&>(*attrs);
  }
  bool has(size_t i) const { return i < inputs.size() && present[i]; }
  const Tensor* constant(size_t i) const { return i < constants.size() ? constants[i] : nullptr; }
  /// Inputs without those of the epilogue.
  size_t base_inputs() const { return epilogue.program ? static_cast<size_t>(epilogue.base_inputs) : inputs.size(); }
  bool has_epilogue() const { return epilogue.program != nullptr && !epilogue.program->empty(); }
};

/// yes, or the reason why not.
struct Verdict {
  std::string reason;  // empty: yes
  explicit operator bool() const { return reason.empty(); }
  static Verdict yes() { return {}; }
  template <class... Args>
  static Verdict no(fmt::format_string<Args...> f, Args&&... args) {
    return {fmt::format(f, std::forward<Args>(args)...)};
  }
};

/// Arguments of one launch. Pointers follow the problem's inputs (null: left out, or folded into the prepared weights).
/// They lie in the device's memory.
struct Launch {
  const void* const* inputs = nullptr;
  void* const* outputs = nullptr;
  void* workspace = nullptr;
  void* stream = nullptr;  // device stream; the CPU device runs synchronously and ignores it
};

/// Constant operands in a tactic's own format, made at build time and stored in the plan. 64-byte aligned.
struct Blob {
  std::shared_ptr<const void> owner;
  const std::byte* data = nullptr;
  size_t size = 0;
  static Blob allocate(size_t size, std::byte** writable);
};

/// Machine code that a kernel launches, under the name by which its backend finds it again.
struct CodeImage {
  std::string key;
  Blob code;
};

/// An executable instance for one problem. Immutable after construction; run() may be called from several threads at
/// once with different launches and neither throws nor allocates. On a device with streams it enqueues and returns; an
/// error of the launch is kept for Device::take_error().
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual size_t workspace() const { return 0; }
  virtual void run(const Launch& l) const noexcept = 0;
  /// Appends the machine code that a plan must hold, so that it runs without a compiler.
  virtual void collect_code(std::vector<CodeImage>* images) const { (void)images; }
};

class Tactic {
 public:
  virtual ~Tactic() = default;
  /// Unique within the backend, stable across releases: it is written into plans and timing caches ("cpu.conv_gemm").
  virtual std::string_view name() const = 0;
  /// Judges the problem with the formats and pitches its descs show (dims, types, attributes, epilogue, instruction
  /// set). The tuner asks with each combination of formats that the graph allows: say no to those that the kernel does
  /// not read or write.
  virtual Verdict supports(const Problem& p) const = 0;
  /// Whether timing it for this problem promises anything, where it supports it: no for variants that relatives should
  /// beat here. Unlike supports(), which must hold for every shape that a plan runs, only the tuner asks, for the shape
  /// that it times.
  virtual Verdict promises(const Problem& p) const {
    (void)p;
    return Verdict::yes();
  }
  /// Which inputs prepare() consumes (bit i: input i is folded into the blob and passed as null at run time).
  virtual uint64_t folds(const Problem& p) const {
    (void)p;
    return 0;
  }
  /// Constant operands converted once, at build time. Must not depend on the dims of non-constant inputs beyond what
  /// every shape of the profile shares (so that one blob serves all shapes).
  virtual std::vector<Blob> prepare(const Problem& p) const {
    (void)p;
    return {};
  }
  /// Compiles what make() will need, where that takes long; called from several threads at once before timing begins.
  virtual void compile(const Problem& p) const { (void)p; }
  /// The kernel for this problem; `prepared` are the blobs, which outlive it and lie in the device's memory.
  virtual std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> prepared) const = 0;
  /// Rough cost in arbitrary units to order candidates; lower is tried first.
  virtual double estimate(const Problem& p) const {
    (void)p;
    return 1;
  }
};

/// Memory, streams and events of a device that has its own memory. Streams, events and graphs are opaque handles; a
/// null stream is the device's default stream. Calls throw ModelError when memory is out and InternalError, with the
/// driver's words, when the device fails.
class Device {
 public:
  virtual ~Device() = default;
  /// Device memory, 256-byte aligned.
  virtual void* allocate(size_t bytes) const = 0;
  virtual void release(void* p) const noexcept = 0;
  /// To device memory. The source may be reused on return; the copy itself is ordered in the stream.
  virtual void upload(void* to, const void* from, size_t bytes, void* stream) const = 0;
  /// To host memory; complete on return.
  virtual void download(void* to, const void* from, size_t bytes, void* stream) const = 0;
  virtual void copy(void* to, const void* from, size_t bytes, void* stream) const = 0;
  virtual void fill(void* to, int byte, size_t bytes, void* stream) const = 0;
  virtual void synchronize(void* stream) const = 0;
  virtual void* create_stream() const = 0;
  virtual void destroy_stream(void* stream) const noexcept = 0;
  virtual void* create_event() const = 0;
  virtual void destroy_event(void* event) const noexcept = 0;
  virtual void record(void* event, void* stream) const = 0;
  virtual void wait(void* stream, void* event) const = 0;
  /// Waits for `end`; microseconds between two recorded events.
  virtual double elapsed_us(void* begin, void* end) const = 0;
  /// Everything enqueued on the stream between the two calls becomes a graph that can be launched again; null where the
  /// stream cannot be captured (the caller runs step by step then).
  virtual bool begin_capture(void* stream) const = 0;
  virtual void* end_capture(void* stream) const = 0;
  virtual void launch_graph(void* graph, void* stream) const = 0;
  virtual void destroy_graph(void* graph) const noexcept = 0;
  /// True while somebody (the caller of enqueue) captures this stream.
  virtual bool is_capturing(void* stream) const = 0;
  virtual size_t free_memory() const = 0;
  /// Bytes of the last cache before memory that data of one's choice can be kept in; 0: the device cannot.
  virtual size_t persistent_cache() const = 0;
  /// Kernels enqueued from here on keep what they touch of `data` in the cache, in at most `limit` bytes of it; limit
  /// 0: they treat it as everything else. Results do not depend on it.
  virtual void keep_in_cache(void* data, size_t bytes, size_t limit, void* stream) const = 0;
  /// The first error of a launch on this thread since the last call; empty: none.
  virtual std::string take_error() const noexcept = 0;
};

/// Whether tensors between layers lie in BF16 where the builder allows it; kAlways is for tests and comparisons.
enum class BrainStorage : uint8_t { kNever, kIfFaster, kAlways };

/// A device that runs kernels.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // "cpu", "cuda"
  /// What tuned decisions depend on: processor or GPU model, instruction sets, cores.
  virtual std::string fingerprint() const = 0;
  /// Changes where the kernels behind the tactics' names may have changed, so that older measurements say nothing.
  virtual std::string kernels_version() const = 0;
  /// Tactics for an operator in order of preference; the reference evaluation is not among them (the caller adds it).
  virtual std::span<const Tactic* const> tactics(const Op& op) const = 0;
  virtual const Tactic* find_tactic(std::string_view name) const = 0;
  /// Null: kernels read and write host memory and run synchronously.
  virtual const Device* device() const { return nullptr; }
  /// Whether a build that allows BF16 should consider storing what passes between layers in it, as multiplications of
  /// BF16 are faster here. (Devices that compute in the types of the graph are told by these.)
  virtual BrainStorage brain_storage() const { return BrainStorage::kNever; }
  /// Makes machine code from a plan known before its kernels are made.
  virtual void provide_code(const CodeImage& image) const { (void)image; }
};

/// The embedded CPU device. Throws Unsupported below AVX2.
const Backend& cpu_backend();

}  // namespace hone
