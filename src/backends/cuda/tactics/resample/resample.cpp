// Sampling of images between their pixels: Resize of every mode, GridSample, RoiAlign. One thread makes one element, or
// a pack of channels where those are innermost.
#include <algorithm>
#include <cmath>

#include "backends/cuda/elements.h"
#include "ops/grid_sample.h"
#include "ops/resize.h"
#include "ops/roi_align.h"

namespace hone::cuda {
namespace {

// ---- Resize ----

struct ResizeAxis {
  bool resized = false;
  float scale = 1, begin = 0, end = 1;  // of the region
};

struct ResizePlan {
  std::string refusal;
  std::vector<ResizeAxis> axes;
};

std::optional<std::vector<double>> doubles(const Problem& p, size_t input, const std::vector<double>& attribute) {
  if (!p.has(input) || p.inputs[input].count() == 0) return attribute;
  if (p.constant(input) == nullptr) return std::nullopt;
  return p.constant(input)->as_doubles();
}

ResizePlan plan_of(const Problem& p) {
  const auto& a = p.attr<ResizeAttrs>();
  const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
  ResizePlan plan;
  plan.axes.resize(x.dims.size());
  std::vector<size_t> axes;
  for (size_t i = 0; i < (a.axes.empty() ? x.dims.size() : a.axes.size()); ++i)
    axes.push_back(
        a.axes.empty() ? i : static_cast<size_t>(normalize_axis(a.axes[i], static_cast<int64_t>(x.dims.size()))));
  const bool by_sizes = !a.sizes.empty() || (p.has(1) && p.inputs[1].count() > 0);
  const auto scales = doubles(p, 2, a.scales), roi = doubles(p, 3, {});
  if (!by_sizes && (!scales || scales->size() != axes.size())) plan.refusal = "scales known at run time only";
  if (by_sizes && a.aspect != AspectPolicy::kStretch) plan.refusal = "keeps the aspect ratio";
  const bool region = a.coordinates == CoordinateMode::kTfCropAndResize;
  if (region && (!roi || (!roi->empty() && roi->size() != 2 * axes.size())))
    plan.refusal = "region known at run time only";
  if (!plan.refusal.empty()) return plan;
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& r = plan.axes[axes[i]];
    const int64_t in = x.dims[axes[i]], out = y.dims[axes[i]];
    r.scale = by_sizes ? static_cast<float>(out) / static_cast<float>(in) : static_cast<float>((*scales)[i]);
    if (region && !roi->empty())
      r.begin = static_cast<float>((*roi)[i]), r.end = static_cast<float>((*roi)[i + axes.size()]);
    r.resized = out != in || r.scale != 1 || region || a.coordinates == CoordinateMode::kTfHalfPixelForNn;
  }
  return plan;
}

// The coordinate of output position `o` along axis `a`. Products are rounded before sums, as the host rounds them.
std::string coordinate(CoordinateMode mode, size_t a, const std::string& o, int64_t out) {
  const std::string x = fmt::format("static_cast<float>({})", o);
  const std::string half = fmt::format("__fsub_rn((__fadd_rn({}, 0.5f)) / scale{}, 0.5f)", x, a);
  switch (mode) {
    case CoordinateMode::kHalfPixel:
      return half;
    case CoordinateMode::kPytorchHalfPixel:
      return out > 1 ? half : "0.0f";
    case CoordinateMode::kAlignCorners:
      return out == 1 ? "0.0f" : fmt::format("__fmul_rn({}, in{} - 1.0f) / (out{} - 1.0f)", x, a, a);
    case CoordinateMode::kAsymmetric:
      return fmt::format("{} / scale{}", x, a);
    case CoordinateMode::kTfCropAndResize:
      return out > 1 ? fmt::format(
                           "__fadd_rn(__fmul_rn(begin{0}, in{0} - 1.0f), __fmul_rn(__fmul_rn({1}, end{0} - begin{0}), "
                           "in{0} - 1.0f) / (out{0} - 1.0f))",
                           a, x)
                     : fmt::format("__fmul_rn(__fmul_rn(0.5f, begin{0} + end{0}), in{0} - 1.0f)", a);
    case CoordinateMode::kHalfPixelSymmetric:
      return fmt::format(
          "__fsub_rn(__fadd_rn(__fmul_rn(in{0} / 2.0f, 1.0f - out{0} / __fmul_rn(scale{0}, in{0})), "
          "__fadd_rn({1}, 0.5f) / scale{0}), 0.5f)",
          a, x);
    case CoordinateMode::kTfHalfPixelForNn:
      return fmt::format("__fadd_rn({}, 0.5f) / scale{}", x, a);
  }
  fail<InternalError>("bad coordinate mode");
}

constexpr std::string_view kNearest[] = {"ceilf(x - 0.5f)", "floorf(x + 0.5f)", "floorf(x)", "ceilf(x)"};

class Resize : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.resize"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    for (const TensorDesc* d : {&p.inputs[0], &p.outputs[0]})
      if (const std::string r = refuse_type(*d); !r.empty()) return Verdict::no("{}", r);
    if (p.inputs[0].type != p.outputs[0].type) return Verdict::no("changes the element type");
    if (p.inputs[0].count() == 0) return Verdict::no("empty input");
    const ResizePlan plan = plan_of(p);
    return plan.refusal.empty() ? Verdict::yes() : Verdict::no("{}", plan.refusal);
  }

  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<ResizeAttrs>();
    const ResizePlan plan = plan_of(p);
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    const int pack = pack_of(p, plan), bytes = bits(x.type) / 8;
    const bool nearest = a.mode == ResizeMode::kNearest;
    const bool wide = bits(x.type) > 32 || x.type == DType::kI32 || x.type == DType::kU32;
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.define(fmt::format("typedef {} E;\ntypedef {} A;\n", device_type(x.type), wide ? "double" : "float"));
    k.define(fmt::format("__device__ __forceinline__ float nearest(float x) {{ return {}; }}\n",
                         kNearest[static_cast<size_t>(a.nearest)]));
    k.define(
        a.mode == ResizeMode::kLinear
            ? "__device__ __forceinline__ A tap(A d, A k) { d = m_fabs(d); return d < A(1) ? A(1) - d : A(0); }\n"
            : "__device__ __forceinline__ A tap(A d, A k) {\n  d = m_fabs(d);\n  if (d <= A(1)) return ((k + 2) * d - "
              "(k + 3)) * d * d + 1;\n  return d < A(2) ? ((k * d - 5 * k) * d + 8 * k) * d - 4 * k : A(0);\n}\n");
    k.input("in", 0, "E");
    k.output("out", 0, "E");
    k.real64("cubic", a.cubic_coefficient);
    k.real64("outside", a.extrapolation);
    e.coordinates(pack);
    k.line("constexpr int V = {};", pack);
    k.line("const bool aligned = ((reinterpret_cast<size_t>(in) | reinterpret_cast<size_t>(out)) & {}) == 0;",
           bytes * pack - 1);
    std::vector<std::string> from = e.o;
    std::string beyond = "false";
    const bool region = a.coordinates == CoordinateMode::kTfCropAndResize;
    std::vector<size_t> sampled;
    for (size_t d = 0; d < x.dims.size(); ++d) {
      if (!plan.axes[d].resized) continue;
      sampled.push_back(d);
      k.real(fmt::format("scale{}", d), plan.axes[d].scale);
      k.real(fmt::format("in{}", d), static_cast<double>(x.dims[d]));
      k.real(fmt::format("out{}", d), static_cast<double>(y.dims[d]));
      k.index(fmt::format("last{}", d), x.dims[d] - 1);
      if (region) {
        k.real(fmt::format("begin{}", d), plan.axes[d].begin);
        k.real(fmt::format("end{}", d), plan.axes[d].end);
        beyond += fmt::format(" || x{0} < 0.0f || x{0} > in{0} - 1.0f", d);
      }
      k.line("const float x{} = {};", d, coordinate(a.coordinates, d, e.o[d], y.dims[d]));
      from[d] = fmt::format("j{}", d);
      if (nearest) k.line("const Index j{0} = max(Index(0), min(static_cast<Index>(nearest(x{0})), last{0}));", d);
    }
    if (nearest) {
      k.line("Pack<E, V> r = load_pack<V>(in + {}, aligned);", k.at(x, from));
      if (region) k.line("if ({}) for (int e = 0; e < V; ++e) r.at[e] = element_of<E>(outside);", beyond);
    } else {
      interpolate(k, a, plan, sampled, from, x, region ? beyond : "");
    }
    k.line("store_pack<V>(out + {}, r, aligned);", e.here());
    return e.recipes();
  }

 private:
  static int pack_of(const Problem& p, const ResizePlan& plan) {
    const TensorDesc &x = p.inputs[0], &y = p.outputs[0];
    if (x.format != Format::kChannelsLast || y.format != Format::kChannelsLast || x.dims.size() < 3 ||
        plan.axes[1].resized)
      return 1;
    for (int v = std::min(8, 16 / (bits(x.type) / 8)); v > 1; v /= 2)
      if (x.dims[1] % v == 0 && x.pixel_pitch() % v == 0 && y.pixel_pitch() % v == 0) return v;
    return 1;
  }

  // Loops over the taps of all resized axes.
  static void interpolate(KernelSource& k, const ResizeAttrs& a, const ResizePlan& plan,
                          const std::vector<size_t>& sampled, const std::vector<std::string>& from, const TensorDesc& x,
                          const std::string& beyond) {
    k.line("A sum[V];");
    k.line("#pragma unroll");
    k.line("for (int e = 0; e < V; ++e) sum[e] = A(0);");
    std::string weight = "A(1)";
    for (size_t d : sampled) {
      const double squeeze = a.antialias ? std::min(plan.axes[d].scale, 1.f) : 1.0;
      const auto taps = 2 * static_cast<int64_t>(std::ceil((a.mode == ResizeMode::kLinear ? 1 : 2) / squeeze));
      k.real64(fmt::format("squeeze{}", d), squeeze);
      if (a.antialias) k.index(fmt::format("taps{}", d), taps);
      const std::string count = a.antialias ? fmt::format("taps{}", d) : std::to_string(taps);
      k.line("const Index first{0} = static_cast<Index>(floorf(x{0})) - {1} / 2 + 1;", d, count);
      const std::string in_range = a.exclude_outside ? fmt::format("t < 0 || t > last{} ? A(0) : ", d) : "";
      k.line(
          "const auto weight{0} = [&](const Index t) {{ return {1}tap((static_cast<A>(t) - static_cast<A>(x{0})) * "
          "static_cast<A>(squeeze{0}), static_cast<A>(cubic)); }};",
          d, in_range);
      if (a.exclude_outside || a.antialias) {
        k.line("A total{} = A(0);", d);
        k.line("for (Index t = 0; t < {1}; ++t) total{0} += weight{0}(first{0} + t);", d, count);
        k.line("const A share{0} = total{0} != A(0) ? A(1) / total{0} : A(1);", d);
      } else {
        k.line("const A share{} = A(1);", d);
      }
    }
    for (size_t d : sampled) {
      const double squeeze = a.antialias ? std::min(plan.axes[d].scale, 1.f) : 1.0;
      const auto taps = 2 * static_cast<int64_t>(std::ceil((a.mode == ResizeMode::kLinear ? 1 : 2) / squeeze));
      k.line("for (Index t{0} = 0; t{0} < {1}; ++t{0}) {{", d,
             a.antialias ? fmt::format("taps{}", d) : std::to_string(taps));
      k.line("const A w{0} = {1} * weight{0}(first{0} + t{0}) * share{0};", d, weight);
      k.line("if (w{} == A(0)) continue;", d);
      k.line("const Index j{0} = max(Index(0), min(first{0} + t{0}, last{0}));", d);
      weight = fmt::format("w{}", d);
    }
    k.line("const auto v = load_pack<V>(in + {}, aligned);", k.at(x, from));
    k.line("#pragma unroll");
    k.line("for (int e = 0; e < V; ++e) sum[e] += {} * convert<A>(value_of(v.at[e]));", weight);
    for (size_t i = 0; i < sampled.size(); ++i) k.line("}}");
    k.line("Pack<E, V> r;");
    k.line("#pragma unroll");
    k.line("for (int e = 0; e < V; ++e) r.at[e] = element_of<E>({}sum[e]);",
           beyond.empty() ? "" : "(" + beyond + ") ? static_cast<A>(outside) : ");
  }
};

// ---- GridSample ----

constexpr std::string_view kGrid = R"(
__device__ __forceinline__ A reflect(A x, A low, A high) {
  const A range = high - low;
  if (!(range > A(0))) return low;
  if (x >= low && x <= high) return x;
  const A d = x < low ? low - x : x - high, n = m_trunc(d / range), r = d - n * range;
  const bool own = m_fmod(n, A(2)) == A(0);
  return (x < low) == own ? low + r : high - r;
}
// One axis: the first tap, how far the position lies behind its base, and the pixel of a tap (-1: none).
struct Axis {
  A low, high, last, first, rest;
};
__device__ __forceinline__ A clamped(A x, A last) { return x < A(0) ? A(0) : x > last ? last : x; }
__device__ __forceinline__ Axis place(A g, A n) {
  Axis a;
  a.last = n - A(1);
  a.low = kCorners ? A(0) : A(-0.5);
  a.high = a.last - a.low;
  A x = kCorners ? (g + A(1)) / A(2) * (n - A(1)) : ((g + A(1)) * n - A(1)) / A(2);
  if (!(x - x == A(0))) x = A(-1);
  if (kMode == 0) x = m_rint(x);
  if (x < a.low || x > a.high) {
    if (kPadding == 1) x = clamped(x, a.last);
    if (kPadding == 2) x = reflect(x, a.low, a.high);
  }
  const A base = kMode == 0 ? m_trunc(x) : m_floor(x);
  a.first = kMode == 2 ? base - A(1) : base;
  a.rest = x - base;
  return a;
}
__device__ __forceinline__ Index pixel(const Axis& a, int tap) {
  A i = a.first + A(tap);
  if (kPadding == 1) i = clamped(i, a.last);
  if (kPadding == 2) i = clamped(m_trunc(reflect(i, a.low, a.high)), a.last);
  return i >= A(0) && i <= a.last ? static_cast<Index>(i) : Index(-1);
}
__device__ __forceinline__ A weight(const Axis& a, int tap) {
  if (kMode == 0) return A(1);
  if (kMode == 1) return tap == 0 ? A(1) - a.rest : a.rest;
  const A k = A(-0.75), d = tap == 0 ? a.rest + A(1) : tap == 1 ? a.rest : tap == 2 ? A(1) - a.rest : A(2) - a.rest;
  if (tap == 1 || tap == 2) return ((k + 2) * d - (k + 3)) * d * d + 1;
  return ((k * d - 5 * k) * d + 8 * k) * d - 4 * k;
}
)";

class GridSample : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.grid_sample"; }
  Verdict supports(const Problem& p) const override {
    if (p.inputs[0].count() == 0) return Verdict::no("empty input");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<GridSampleAttrs>();
    const TensorDesc &x = p.inputs[0], &grid = p.inputs[1];
    const size_t spatial = x.dims.size() - 2;
    const bool wide = bits(x.type) > 32 || x.type == DType::kI32;
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.define(fmt::format("typedef {} A;\nconstexpr int kMode = {}, kPadding = {};\nconstexpr bool kCorners = {};\n",
                         wide ? "double" : "float", static_cast<int>(a.mode), static_cast<int>(a.padding),
                         a.align_corners));
    k.define(kGrid);
    k.input("in", 0, device_type(x.type));
    k.input("grid", 1, device_type(grid.type));
    k.output("out", 0, device_type(x.type));
    const auto o = e.coordinates();
    std::vector<std::string> from{o[0], o[1]};
    for (size_t d = 0; d < spatial; ++d) {
      std::vector<std::string> at{o[0]};
      at.insert(at.end(), o.begin() + 2, o.end());
      at.push_back(std::to_string(spatial - 1 - d));
      k.real(fmt::format("extent{}", d), static_cast<double>(x.dims[d + 2]));
      k.line("const Axis a{} = place(convert<A>(value_of(grid[{}])), A(extent{}));", d, k.at(grid, at), d);
      from.push_back(fmt::format("j{}", d));
    }
    k.line("A sum = A(0);");
    const int taps = a.mode == GridMode::kNearest ? 1 : a.mode == GridMode::kLinear ? 2 : 4;
    std::string weight = "A(1)";
    for (size_t d = 0; d < spatial; ++d) {
      k.line("for (int t{0} = 0; t{0} < {1}; ++t{0}) {{", d, taps);
      k.line("const Index j{0} = pixel(a{0}, t{0});", d);
      k.line("if (j{} < 0) continue;", d);
      k.line("const A w{0} = {1} * weight(a{0}, t{0});", d, weight);
      weight = fmt::format("w{}", d);
    }
    k.line("sum += {} * convert<A>(value_of(in[{}]));", weight, k.at(x, from));
    for (size_t d = 0; d < spatial; ++d) k.line("}}");
    k.line("out[{}] = element_of<{}>(sum);", e.here(), device_type(x.type));
    return e.recipes();
  }
};

// ---- RoiAlign ----

class RoiAlign : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.roi_align"; }
  Verdict supports(const Problem& p) const override {
    if (p.inputs[0].count() == 0) return Verdict::no("empty input");
    return plain_node(p);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    const auto& a = p.attr<RoiAlignAttrs>();
    const TensorDesc &x = p.inputs[0], &rois = p.inputs[1];
    ElementKernel e(p);
    KernelSource& k = e.k;
    k.input("in", 0, device_type(x.type));
    k.input("rois", 1, device_type(rois.type));
    k.input("batches", 2, device_type(p.inputs[2].type));
    k.output("out", 0, device_type(x.type));
    const auto o = e.coordinates();
    k.index("batch_count", x.dims[0]), k.index("height", x.dims[2]), k.index("width", x.dims[3]);
    k.index("bins_y", a.height), k.index("bins_x", a.width), k.index("ratio", a.sampling_ratio);
    k.real("spatial", a.spatial_scale), k.real("offset", a.half_pixel ? 0.5 : 0);
    load_index(k, "b", fmt::format("batches[{}]", o[0]), "batch_count");
    for (int i = 0; i < 4; ++i)
      k.line("const float r{} = to_float(rois[{}]) * spatial - offset;", i, k.at(rois, {o[0], std::to_string(i)}));
    k.line("float w = r2 - r0, h = r3 - r1;");
    if (!a.half_pixel) k.line("w = fmaxf(w, 1.0f), h = fmaxf(h, 1.0f);");
    k.line("const float bin_h = h / static_cast<float>(bins_y), bin_w = w / static_cast<float>(bins_x);");
    // A hostile region must not keep a thread busy for ever.
    k.line(
        "const Index ny = ratio > 0 ? ratio : static_cast<Index>(fminf(fmaxf(ceilf(h / static_cast<float>(bins_y)), "
        "0.0f), 4.0f * height + 64.0f));");
    k.line(
        "const Index nx = ratio > 0 ? ratio : static_cast<Index>(fminf(fmaxf(ceilf(w / static_cast<float>(bins_x)), "
        "0.0f), 4.0f * width + 64.0f));");
    k.line("float sum = 0, best = 0;");
    k.line("bool any = false;");
    k.line("for (Index iy = 0; iy < ny; ++iy) for (Index ix = 0; ix < nx; ++ix) {{");
    k.line(
        "float y = r1 + static_cast<float>({}) * bin_h + (static_cast<float>(iy) + 0.5f) * bin_h / "
        "static_cast<float>(ny);",
        o[2]);
    k.line(
        "float x = r0 + static_cast<float>({}) * bin_w + (static_cast<float>(ix) + 0.5f) * bin_w / "
        "static_cast<float>(nx);",
        o[3]);
    k.line("float v0 = 0, v1 = 0, v2 = 0, v3 = 0;");
    k.line("if (y >= -1.0f && y <= static_cast<float>(height) && x >= -1.0f && x <= static_cast<float>(width)) {{");
    k.line("y = fmaxf(y, 0.0f), x = fmaxf(x, 0.0f);");
    k.line("Index y0 = static_cast<Index>(y), x0 = static_cast<Index>(x);");
    k.line("const Index y1 = min(y0 + 1, height - 1), x1 = min(x0 + 1, width - 1);");
    k.line("if (y0 >= height - 1) y0 = height - 1, y = static_cast<float>(y0);");
    k.line("if (x0 >= width - 1) x0 = width - 1, x = static_cast<float>(x0);");
    k.line("const float ly = y - static_cast<float>(y0), lx = x - static_cast<float>(x0);");
    const auto at = [&](const char* y, const char* xx) {
      return fmt::format("to_float(in[{}])", k.at(x, {"b", o[1], y, xx}));
    };
    k.line("v0 = (1.0f - ly) * (1.0f - lx) * {};", at("y0", "x0"));
    k.line("v1 = (1.0f - ly) * lx * {};", at("y0", "x1"));
    k.line("v2 = ly * (1.0f - lx) * {};", at("y1", "x0"));
    k.line("v3 = ly * lx * {};", at("y1", "x1"));
    k.line("}}");
    k.line("sum += v0 + v1 + v2 + v3;");
    k.line("const float m = fmaxf(fmaxf(v0, v1), fmaxf(v2, v3));");
    k.line("best = any ? fmaxf(best, m) : m; any = true;");
    k.line("}}");
    k.line("out[{}] = element_of<{}>({});", e.here(), device_type(x.type),
           a.max ? "best" : "sum / static_cast<float>(max(ny * nx, Index(1)))");
    return e.recipes();
  }
};

}  // namespace

const Tactic& resize() {
  static const Resize tactic;
  return tactic;
}
const Tactic& grid_sample() {
  static const GridSample tactic;
  return tactic;
}
const Tactic& roi_align() {
  static const RoiAlign tactic;
  return tactic;
}

}  // namespace hone::cuda
