// A CUDA kernel as a recipe: source that is compiled for the GPU in hand, and how to launch it. Tactics that generate
// code derive from RecipeTactic and only say what they want; compiling, caching, loading and launching is done here.
#pragma once

#include <array>
#include <cstring>

#include "backends/backend.h"

namespace hone::cuda {

inline constexpr size_t kTensorMapBytes = 128;  // CUtensorMap

/// One argument of a kernel, in the order of the kernel's parameters.
struct Argument {
  enum class Kind : uint8_t { kInput, kOutput, kBlob, kWorkspace, kValue, kTensorMap };
  Kind kind = Kind::kValue;
  int index = 0;       // of the input, output, blob or tensor map
  int64_t offset = 0;  // bytes added to the pointer
  std::array<std::byte, 16> value{};
  size_t size = sizeof(void*);

  static Argument input(int i, int64_t byte_offset = 0) { return {Kind::kInput, i, byte_offset}; }
  static Argument output(int i, int64_t byte_offset = 0) { return {Kind::kOutput, i, byte_offset}; }
  static Argument blob(int i, int64_t byte_offset = 0) { return {Kind::kBlob, i, byte_offset}; }
  static Argument workspace(int64_t byte_offset = 0) { return {Kind::kWorkspace, 0, byte_offset}; }
  /// Recipe::maps[i], by value: a `const __grid_constant__ bulk::Map` of "bulk.cuh".
  static Argument tensor_map(int i) { return {Kind::kTensorMap, i, 0, {}, kTensorMapBytes}; }
  /// A scalar (int, int64_t, float ...) of exactly the parameter's type.
  template <class T>
  static Argument value_of(T v) {
    static_assert(sizeof(T) <= 16);
    Argument a;
    std::memcpy(a.value.data(), &v, sizeof(T));
    a.size = sizeof(T);
    return a;
  }
};

/// A matrix of 16-bit elements, or several of them, of which bulk copies take boxes of `box_rows` rows of 64 columns in
/// the layout of the 128-byte swizzle; zeros outside. The data and all distances are multiples of 16 bytes.
struct TensorMap {
  Argument data;  // no value and no map
  DType type = DType::kF16;
  std::array<int64_t, 3> dims{1, 1, 1};  // columns, rows, matrices
  std::array<int64_t, 2> strides{};      // bytes from row to row and from matrix to matrix
  int box_rows = 1;                      // at most 256
};

/// One launch. Sources that differ only in arguments, grid or shared memory are compiled once, so pass dims as
/// arguments and make constants only of what the speed needs: every distinct source costs a compilation of 50 ms and
/// more.
struct Recipe {
  /// CUDA C++ with one `extern "C" __global__` function. May include the headers of src/backends/cuda/device by name
  /// ("half.cuh"); no other headers exist. No host libraries, no printf.
  std::string source;
  std::string entry = "kernel";
  std::array<unsigned, 3> grid{1, 1, 1}, block{1, 1, 1};
  unsigned shared_bytes = 0;  // dynamic shared memory; above 48 KiB is requested from the driver at load
  std::vector<Argument> arguments;
  std::vector<TensorMap> maps;  // at most 4
  /// The kernel may start while the one before it in the stream is still running, where the GPU can do that (9.0 and
  /// later): every thread calls wait_for_previous() of "overlap.cuh" before it touches anything but prepared operands.
  bool overlaps = false;
};

/// A tactic whose kernels are made from source, in launch order.
class RecipeTactic : public Tactic {
 public:
  virtual std::vector<Recipe> recipes(const Problem& p) const = 0;
  /// Bytes of workspace that the recipes' workspace arguments point into.
  virtual size_t workspace(const Problem& p) const {
    (void)p;
    return 0;
  }
  void compile(const Problem& p) const final;
  std::unique_ptr<Kernel> make(const Problem& p, std::span<const Blob> prepared) const final;
};

/// What code generation must know of the GPU in hand.
struct GpuInfo {
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  int shared_per_block = 0;  // largest dynamic shared memory a block may ask for
  int64_t l2_bytes = 0;
  bool clusters = false;     // blocks can be launched in clusters
  bool bulk_copies = false;  // the copy engine fetches boxes, and the driver makes tensor maps for it
  int capability() const { return major * 10 + minor; }
};
const GpuInfo& gpu();

}  // namespace hone::cuda
