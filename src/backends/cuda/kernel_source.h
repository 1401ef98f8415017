// Writing of one kernel: parameters and arguments side by side, index arithmetic over coordinates, and the launch.
#pragma once

#include "backends/cuda/program_code.h"
#include "backends/cuda/recipe.h"

namespace hone::cuda {

/// Reasons why kernels of this folder cannot take an element type; empty: they can.
std::string refuse_type(const TensorDesc& d);
/// Elements from the first to the last of a tensor, plus one.
int64_t element_span(const TensorDesc& d);
/// Name of an unsigned integer type of the element's width, for kernels that only move data.
std::string_view width_type(DType t);

class KernelSource {
 public:
  /// `largest` is the largest index or offset that the kernel computes; below 2^31 it works in 32 bits.
  explicit KernelSource(int64_t largest);
  /// Indices for every element of all tensors of the problem.
  static KernelSource for_problem(const Problem& p);

  void include(std::string_view header);
  /// Text before the kernel: functions and types, which may use Index and Divisor.
  void define(std::string_view text) { definitions_ += text; }

  // Parameters; `name` is how the body calls them.
  void input(std::string_view name, size_t i, std::string_view type);
  void output(std::string_view name, size_t i, std::string_view type);
  void blob(std::string_view name, size_t i, std::string_view type);
  /// `type` with const where the kernel only reads.
  void workspace(std::string_view name, int64_t byte_offset, std::string_view type);
  /// Returns the argument's number, for set_index().
  size_t index(std::string_view name, int64_t v);
  void set_index(size_t argument, int64_t v) { arguments_.at(argument) = index_argument(v); }
  void divisor(std::string_view name, int64_t v);
  void integer(std::string_view name, int64_t v);  // long long
  void real(std::string_view name, double v);      // float
  void real64(std::string_view name, double v);    // double

  void body(std::string_view text) { body_ += text; }
  /// Before everything else in the body.
  void open_with(std::string_view text) { body_ = std::string(text) + body_; }
  template <class... A>
  void line(fmt::format_string<A...> f, A&&... a) {
    body_ += "  " + fmt::format(f, std::forward<A>(a)...) + "\n";
  }

  /// Declares coordinates <prefix>0.. of the linear index `linear` (row-major over `dims` taken in `order`).
  void unravel(std::string_view linear, const Dims& dims, std::string_view prefix, const std::vector<size_t>& order);
  void unravel(std::string_view linear, const Dims& dims, std::string_view prefix);
  /// Expression of an element offset: the sum of coordinate times stride. Axes of stride 0 or extent 1 are left out.
  std::string offset(const Dims& dims, const std::vector<int64_t>& strides,
                     const std::vector<std::string>& coordinates);
  /// Coordinates <prefix>0 ...
  static std::vector<std::string> coordinates(std::string_view prefix, size_t rank);
  /// Expression of the offset of a described tensor's element at these logical coordinates.
  std::string at(const TensorDesc& d, const std::vector<std::string>& coordinates);

  Recipe recipe(int64_t blocks, unsigned threads, unsigned shared_bytes = 0) const;
  /// One thread for each of `count` units; the body sees `i` in [0, count).
  Recipe per_element(int64_t count, unsigned threads = 256) const;
  bool wide() const { return wide_; }

 private:
  Argument index_argument(int64_t v) const;
  void parameter(std::string_view type, std::string_view name, Argument a);
  std::string fresh(std::string_view stem) { return fmt::format("{}_{}", stem, next_++); }

  bool wide_;
  int next_ = 0;
  std::vector<std::string> includes_;
  std::string definitions_, parameters_, body_;
  std::vector<Argument> arguments_;
};

}  // namespace hone::cuda
