// Assembly of kernel texts; the arithmetic of fixed divisors.
#include "backends/cuda/kernel_source.h"

#include <algorithm>
#include <bit>

#include "backends/layout.h"

namespace hone::cuda {
namespace {

struct Divisor32 {
  uint32_t divisor, multiplier, shift;
};
Divisor32 make_divisor(int64_t d) {
  if (d < 1) d = 1;  // of an empty axis, which no thread divides by
  const auto v = static_cast<uint32_t>(d);
  const auto shift = static_cast<uint32_t>(std::bit_width(v - 1));
  const uint64_t multiplier = ((uint64_t{1} << 32) * ((uint64_t{1} << shift) - v)) / v + 1;
  return {v, static_cast<uint32_t>(multiplier), shift};
}

}  // namespace

std::string refuse_type(const TensorDesc& d) {
  return has_device_type(d.type) ? std::string() : fmt::format("type {}", name(d.type));
}

int64_t element_span(const TensorDesc& d) {
  if (d.count() == 0) return 0;
  const auto s = element_strides(d);
  int64_t last = 0;
  for (size_t a = 0; a < s.size(); ++a) last += (d.dims[a] - 1) * s[a];
  return last + 1;
}

std::string_view width_type(DType t) {
  switch (bits(t)) {
    case 8:
      return "unsigned char";
    case 16:
      return "unsigned short";
    case 32:
      return "unsigned";
    case 64:
      return "unsigned long long";
    default:
      fail<Unsupported>("CUDA kernels do not move packed elements of type '{}'", name(t));
  }
}

KernelSource::KernelSource(int64_t largest) : wide_(largest >= (int64_t{1} << 31) - (int64_t{1} << 20)) {
  include("convert.cuh");
  include("index.cuh");
}

KernelSource KernelSource::for_problem(const Problem& p) {
  int64_t largest = 0;
  for (const TensorDesc& d : p.inputs) largest = std::max(largest, element_span(d));
  for (const TensorDesc& d : p.outputs) largest = std::max(largest, element_span(d));
  return KernelSource(largest);
}

void KernelSource::include(std::string_view header) {
  if (std::find(includes_.begin(), includes_.end(), header) == includes_.end()) includes_.emplace_back(header);
}

void KernelSource::parameter(std::string_view type, std::string_view name, Argument a) {
  if (!parameters_.empty()) parameters_ += ", ";
  parameters_ += fmt::format("{} {}", type, name);
  arguments_.push_back(a);
}
void KernelSource::input(std::string_view name, size_t i, std::string_view type) {
  parameter(fmt::format("const {}* __restrict__", type), name, Argument::input(static_cast<int>(i)));
}
void KernelSource::output(std::string_view name, size_t i, std::string_view type) {
  parameter(fmt::format("{}* __restrict__", type), name, Argument::output(static_cast<int>(i)));
}
void KernelSource::blob(std::string_view name, size_t i, std::string_view type) {
  parameter(fmt::format("const {}* __restrict__", type), name, Argument::blob(static_cast<int>(i)));
}
void KernelSource::workspace(std::string_view name, int64_t byte_offset, std::string_view type) {
  parameter(fmt::format("{}* __restrict__", type), name, Argument::workspace(byte_offset));
}
Argument KernelSource::index_argument(int64_t v) const {
  return wide_ ? Argument::value_of(v) : Argument::value_of(static_cast<int32_t>(v));
}
size_t KernelSource::index(std::string_view name, int64_t v) {
  parameter("const Index", name, index_argument(v));
  return arguments_.size() - 1;
}
void KernelSource::divisor(std::string_view name, int64_t v) {
  parameter("const Divisor", name,
            wide_ ? Argument::value_of(std::max<int64_t>(v, 1)) : Argument::value_of(make_divisor(v)));
}
void KernelSource::integer(std::string_view name, int64_t v) {
  parameter("const long long", name, Argument::value_of(v));
}
void KernelSource::real(std::string_view name, double v) {
  parameter("const float", name, Argument::value_of(static_cast<float>(v)));
}
void KernelSource::real64(std::string_view name, double v) { parameter("const double", name, Argument::value_of(v)); }

std::vector<std::string> KernelSource::coordinates(std::string_view prefix, size_t rank) {
  std::vector<std::string> r;
  for (size_t a = 0; a < rank; ++a) r.push_back(fmt::format("{}{}", prefix, a));
  return r;
}

void KernelSource::unravel(std::string_view linear, const Dims& dims, std::string_view prefix) {
  std::vector<size_t> order;
  for (size_t a = 0; a < dims.size(); ++a) order.push_back(a);
  unravel(linear, dims, prefix, order);
}

void KernelSource::unravel(std::string_view linear, const Dims& dims, std::string_view prefix,
                           const std::vector<size_t>& order) {
  const std::string rest = fresh("rest");
  line("Index {} = {};", rest, linear);
  size_t outermost = 0;  // the first axis that is not of extent 1 takes what is left
  while (outermost + 1 < order.size() && dims[order[outermost]] == 1) ++outermost;
  for (size_t k = order.size(); k-- > 0;) {
    const size_t a = order[k];
    if (k < outermost || dims[a] == 1) {
      line("const Index {}{} = 0;", prefix, a);
    } else if (k == outermost) {
      line("const Index {}{} = {};", prefix, a, rest);
    } else {
      const std::string d = fresh("d");
      divisor(d, dims[a]);
      line("const Index {}{} = split({}, {});", prefix, a, rest, d);
    }
  }
}

std::string KernelSource::offset(const Dims& dims, const std::vector<int64_t>& strides,
                                 const std::vector<std::string>& coordinates) {
  std::string e;
  for (size_t a = 0; a < dims.size(); ++a) {
    if (strides[a] == 0 || dims[a] == 1) continue;
    if (!e.empty()) e += " + ";
    if (strides[a] == 1) {
      e += coordinates[a];
    } else {
      const std::string s = fresh("s");
      index(s, strides[a]);
      e += fmt::format("{} * {}", coordinates[a], s);
    }
  }
  return e.empty() ? "Index(0)" : "(" + e + ")";
}

std::string KernelSource::at(const TensorDesc& d, const std::vector<std::string>& coordinates) {
  return offset(d.dims, element_strides(d), coordinates);
}

Recipe KernelSource::recipe(int64_t blocks, unsigned threads, unsigned shared_bytes) const {
  Recipe r;
  r.source = "#include \"overlap.cuh\"\n";
  for (const std::string& h : includes_) r.source += fmt::format("#include \"{}\"\n", h);
  r.source += wide_ ? "typedef long long Index;\ntypedef Divisor64 Divisor;\n"
                    : "typedef int Index;\ntypedef Divisor32 Divisor;\n";
  r.source += "template <int N>\nstruct Width {\n  static constexpr int value = N;\n};\n";
  r.source += definitions_;
  r.source += fmt::format(
      "extern \"C\" __global__ void __launch_bounds__({}) kernel({}) {{\n  wait_for_previous();\n"
      "  let_next_start();\n{}}}\n",
      threads, parameters_, body_);
  r.grid = {static_cast<unsigned>(blocks), 1, 1};
  r.block = {threads, 1, 1};
  r.shared_bytes = shared_bytes;
  r.arguments = arguments_;
  r.overlaps = true;
  return r;
}

Recipe KernelSource::per_element(int64_t count, unsigned threads) const {
  KernelSource k = *this;
  k.index("units", count);
  k.body_ = fmt::format("  const Index i = static_cast<Index>(blockIdx.x) * {} + static_cast<Index>(threadIdx.x);\n",
                        threads) +
            "  if (i >= units) return;\n" + body_;
  return k.recipe((count + threads - 1) / threads, threads);
}

}  // namespace hone::cuda
