// Depthwise convolutions (one channel a group): cuda.depthwise_<strip> for channels-last images with constant weights,
// cuda.depthwise_planar_<strip> for planar ones. The strip is the number of outputs that a thread computes.
// cuda.depthwise_tile_<vectors> keeps tiles of channels-last images in shared memory.
#include "backends/cuda/program_code.h"
#include "backends/cuda/tactics/convolution/conv_problem.h"
#include "backends/cuda/tactics/product/packing.h"
#include "backends/layout.h"

namespace hone::cuda {
namespace {

constexpr int64_t kMostColumns = 11;  // of the kernel
constexpr unsigned kThreads = 128;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

Verdict depthwise_problem(const Problem& p, ConvProblem& c) {
  if (p.inputs.empty() || p.outputs.size() != 1) return Verdict::no("has unusual operands");
  const DType t = p.inputs[0].type;
  if (t != DType::kF32 && t != DType::kF16 && t != DType::kBF16) return Verdict::no("computes no {}", name(t));
  if (Verdict v = check_tail(p); !v) return v;
  if (Verdict v = conv_problem(p, c); !v) return v;
  if (c.group_in() != 1 || c.group_out() != 1 || c.groups == 1) return Verdict::no("takes one channel in each group");
  const WindowGeometry& w = c.windows;
  if (w.kernel[0] != 1 || w.in[0] != 1) return Verdict::no("takes two spatial axes");
  if (p.outputs[0].count() > INT32_MAX || p.outputs[0].count() == 0) return Verdict::no("has an unusual size");
  return Verdict::yes();
}

std::string shape_code(KernelParameters& k, const WindowGeometry& w, int64_t image, int64_t row, int64_t pixel) {
  std::string s = "const depthwise::Shape shape = {";
  s += k.integer("in_height", w.in[1]) + ", " + k.integer("in_width", w.in[2]) + ", ";
  s += k.integer("out_height", w.out[1]) + ", " + k.integer("out_width", w.out[2]) + ", ";
  s += k.integer("stride_y", w.stride[1]) + ", " + k.integer("dilation_y", w.dilation[1]) + ", ";
  s += k.integer("pad_y", w.pad[1]) + ", " + k.integer("pad_x", w.pad[2]) + ", ";
  return s + k.wide("image", image) + ", " + k.wide("row", row) + ", " + k.wide("pixel", pixel) + "};";
}

class Depthwise : public RecipeTactic {
 public:
  explicit Depthwise(int strip) : name_(fmt::format("cuda.depthwise_{}", strip)), strip_(strip) {}
  std::string_view name() const override { return name_; }
  Verdict supports(const Problem& p) const override {
    ConvProblem c;
    if (Verdict v = depthwise_problem(p, c); !v) return v;
    if (!lies_channels_last(p.inputs[0]) || !lies_channels_last(p.outputs[0]))
      return Verdict::no("reads and writes channels-last");
    if (p.constant(1) == nullptr) return Verdict::no("packs weights, which must be constant");
    if (c.windows.kernel[2] > kMostColumns) return Verdict::no("has too wide a kernel");
    if (c.windows.stride[2] > 4 || c.windows.dilation[2] > 4) return Verdict::no("has too wide steps");
    return Verdict::yes();
  }
  Verdict promises(const Problem& p) const override {
    return strip_ == 1 || p.outputs[0].dims.back() >= strip_ ? Verdict::yes()
                                                             : Verdict::no("has a longer strip than the image is wide");
  }
  uint64_t folds(const Problem&) const override { return 2; }
  std::vector<Blob> prepare(const Problem& p) const override {
    const Dims& w = p.inputs[1].dims;
    const int64_t taps = volume(w) / std::max<int64_t>(1, w[0]);
    RowPacker packer(*p.constant(1), taps, pitch(p));
    for (int64_t t = 0; t < taps; ++t)
      for (int64_t c = 0; c < w[0]; ++c) packer.put(t, c, c * taps + t);
    return {packer.take()};
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ConvProblem c;
    (void)depthwise_problem(p, c);
    place_input(p.inputs[0], false, c);
    const WindowGeometry& w = c.windows;
    const int64_t vector = chunk_elements(p.inputs[0].type);
    KernelParameters k;
    const std::string type(device_type(p.inputs[0].type));
    k.pointer("const " + type, "data", Argument::input(0)), k.pointer("const " + type, "weights", Argument::blob(0));
    k.integer("pitch", pitch(p)), k.integer("channels", c.in_channels), k.integer("images", c.batch);
    const std::string shape = shape_code(k, w, w.image, w.axis[1], w.axis[2]);
    std::vector<IndexAxis> rows = {0};
    for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) rows.push_back(a);
    const TailSource t = tail_source(p, rows, {1}, c.bias, k);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "depthwise.cuh"
using namespace product;
{}
extern "C" __global__ void __launch_bounds__({}) kernel({}) {{
  {}
  const Tail tail = {};
  depthwise::channels_last<{}, {}, {}, {}, {}, {}, {}>(
      data, weights, pitch, channels, images, shape,
      [&](const float (&v)[{}], int row, int column, int n) {{ tail.run(v, row, column, n); }});
}}
)",
        t.definition, kThreads, k.parameters(), shape, t.initialiser, type, vector, strip_, w.kernel[1], w.kernel[2],
        w.stride[2], w.dilation[2], vector);
    r.arguments = k.arguments();
    r.overlaps = true;
    r.block = {kThreads, 1, 1};
    r.grid = {static_cast<unsigned>(ceil_div(threads(c, vector), kThreads)), 1, 1};
    return {r};
  }
  double estimate(const Problem& p) const override {
    ConvProblem c;
    if (!depthwise_problem(p, c)) return 1e9;
    const WindowGeometry& w = c.windows;
    const auto count = static_cast<double>(threads(c, chunk_elements(p.inputs[0].type)));
    const auto span = static_cast<double>((strip_ - 1) * w.stride[2] + (w.kernel[2] - 1) * w.dilation[2] + 1);
    const double steps =
        static_cast<double>(w.kernel[1]) * (span * 24 + static_cast<double>(w.kernel[2] * strip_) * 16);
    const double fill = std::max(1.0, 4.0 * gpu().multiprocessors * 128 / count);  // too few threads
    const double traffic = static_cast<double>(p.inputs[0].bytes() + p.outputs[0].bytes());
    return std::max(traffic / 4e6, count * steps / 32 * fill / (gpu().multiprocessors * 4 * 1600.0)) + 2;
  }

 protected:
  static int64_t pitch(const Problem& p) {
    const int64_t vector = chunk_elements(p.inputs[1].type);
    return ceil_div(p.inputs[1].dims[0], vector) * vector;
  }

 private:
  int64_t threads(const ConvProblem& c, int64_t vector) const {
    return c.batch * c.windows.out[1] * ceil_div(c.windows.out[2], strip_) * ceil_div(c.in_channels, vector);
  }
  const std::string name_;
  const int strip_;
};

/// What a block of the tiled kernel computes: strips of four outputs along x, rows, and chunks of 16 bytes of channels.
struct DepthwiseTile {
  int64_t vectors, strips = 1, rows = 1, shared = 0;
  int64_t tiles_x = 1, tiles_y = 1, groups = 1;

  DepthwiseTile(const ConvProblem& c, int64_t v, int64_t chunk) : vectors(v) {
    const WindowGeometry& w = c.windows;
    double best = 0;
    for (int64_t threads : {128, 64})
      for (int64_t sx = 1; sx <= threads / vectors; sx *= 2) {
        const int64_t ty = threads / vectors / sx;
        const int64_t width = (sx * 4 - 1) * w.stride[2] + (w.kernel[2] - 1) * w.dilation[2] + 1;
        const int64_t height = (ty - 1) * w.stride[1] + (w.kernel[1] - 1) * w.dilation[1] + 1;
        const int64_t columns = ceil_div(width, w.stride[2]) * w.stride[2], pitch = v % 8 == 0 ? v : v + 1;
        const int64_t bytes = (height * columns * pitch + w.taps() * v) * 16;
        const int64_t across = ceil_div(w.out[2], sx * 4), down = ceil_div(w.out[1], ty);
        // Sums of a strip against copies to shared memory.
        const double cost = static_cast<double>(across * down) * (static_cast<double>(sx * ty * (w.taps() * 4 + 16)) +
                                                                  static_cast<double>(width * height) * 3);
        if (shared != 0 && cost >= best) continue;
        if (bytes > 48 << 10) continue;
        best = cost, shared = bytes, strips = sx, rows = ty, tiles_x = across, tiles_y = down;
      }
    groups = ceil_div(c.in_channels, vectors * chunk);
  }
  int64_t threads() const { return vectors * strips * rows; }
};

class DepthwiseTiled : public Depthwise {
 public:
  explicit DepthwiseTiled(int vectors)
      : Depthwise(4), tile_name_(fmt::format("cuda.depthwise_tile_{}", vectors)), vectors_(vectors) {}
  std::string_view name() const override { return tile_name_; }
  Verdict supports(const Problem& p) const override {
    if (Verdict v = Depthwise::supports(p); !v) return v;
    ConvProblem c;
    (void)depthwise_problem(p, c);
    const WindowGeometry& w = c.windows;
    if (w.taps() > 49) return Verdict::no("has too large a kernel");
    const DepthwiseTile t(c, vectors_, chunk_elements(p.inputs[0].type));
    if (t.shared == 0) return Verdict::no("needs too much shared memory");
    if (c.batch * t.tiles_x * t.tiles_y * t.groups > INT32_MAX) return Verdict::no("is too large");
    return Verdict::yes();
  }
  Verdict promises(const Problem& p) const override {
    return p.outputs[0].dims.back() >= 4 ? Verdict::yes() : Verdict::no("has strips longer than the image is wide");
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ConvProblem c;
    (void)depthwise_problem(p, c);
    place_input(p.inputs[0], false, c);
    const WindowGeometry& w = c.windows;
    const int64_t vector = chunk_elements(p.inputs[0].type);
    const DepthwiseTile t(c, vectors_, vector);
    KernelParameters k;
    const std::string type(device_type(p.inputs[0].type));
    k.pointer("const " + type, "data", Argument::input(0)), k.pointer("const " + type, "weights", Argument::blob(0));
    k.integer("pitch", pitch(p)), k.integer("channels", c.in_channels);
    k.integer("tiles_y", t.tiles_y), k.integer("tiles_x", t.tiles_x);
    const std::string shape = shape_code(k, w, w.image, w.axis[1], w.axis[2]);
    std::vector<IndexAxis> rows = {0};
    for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) rows.push_back(a);
    const TailSource tail = tail_source(p, rows, {1}, c.bias, k);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "depthwise_tile.cuh"
using namespace product;
{}
typedef depthwise::Tile<{}, {}, {}, {}, {}, {}, {}, {}, {}, {}> Tile;
extern "C" __global__ void __launch_bounds__({}) kernel({}) {{
  extern __shared__ __align__(128) char shared[];
  {}
  const Tail tail = {};
  Tile::run(data, weights, pitch, channels, tiles_y, tiles_x, shape, shared,
            [&](const float (&v)[{}], int row, int column, int n) {{ tail.run(v, row, column, n); }});
}}
)",
        tail.definition, type, vectors_, t.strips, t.rows, w.kernel[1], w.kernel[2], w.stride[1], w.stride[2],
        w.dilation[1], w.dilation[2], t.threads(), k.parameters(), shape, tail.initialiser, vector);
    r.arguments = k.arguments();
    r.overlaps = true;
    r.block = {static_cast<unsigned>(t.threads()), 1, 1};
    r.grid = {static_cast<unsigned>(c.batch * t.tiles_y * t.tiles_x * t.groups), 1, 1};
    r.shared_bytes = static_cast<unsigned>(t.shared);
    return {r};
  }
  double estimate(const Problem& p) const override { return 0.8 * Depthwise::estimate(p); }

 private:
  const std::string tile_name_;
  const int vectors_;
};

class DepthwisePlanar : public RecipeTactic {
 public:
  explicit DepthwisePlanar(int strip) : name_(fmt::format("cuda.depthwise_planar_{}", strip)), strip_(strip) {}
  std::string_view name() const override { return name_; }
  Verdict supports(const Problem& p) const override {
    ConvProblem c;
    if (Verdict v = depthwise_problem(p, c); !v) return v;
    if (!lies_planar(p.inputs[0]) || !lies_planar(p.outputs[0])) return Verdict::no("reads and writes planar images");
    if (c.windows.kernel[1] > kMostColumns || c.windows.kernel[2] > kMostColumns)
      return Verdict::no("has too large a kernel");
    if (c.windows.stride[1] > 4 || c.windows.dilation[1] > 4) return Verdict::no("has too wide steps");
    return Verdict::yes();
  }
  Verdict promises(const Problem& p) const override {
    const Dims& y = p.outputs[0].dims;
    const int64_t height = y.size() > 3 ? y[y.size() - 2] : 1;
    return strip_ == 1 || height >= strip_ ? Verdict::yes() : Verdict::no("has a longer strip than the image is high");
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    ConvProblem c;
    (void)depthwise_problem(p, c);
    const WindowGeometry& w = c.windows;
    KernelParameters k;
    const std::string type(device_type(p.inputs[0].type));
    k.pointer("const " + type, "data", Argument::input(0)), k.pointer("const " + type, "weights", Argument::input(1));
    k.integer("channels", c.in_channels), k.integer("images", c.batch);
    k.integer("stride_x", w.stride[2]), k.integer("dilation_x", w.dilation[2]);
    const std::string shape = shape_code(k, w, c.in_pixels(), w.in[2], 1);
    std::vector<IndexAxis> columns;
    for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) columns.push_back(a);
    const TailSource t = tail_source(p, {0, 1}, columns, c.bias, k);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "depthwise.cuh"
using namespace product;
{}
extern "C" __global__ void __launch_bounds__({}) kernel({}) {{
  {}
  const Tail tail = {};
  depthwise::planar<{}, {}, {}, {}, {}, {}>(
      data, weights, channels, images, stride_x, dilation_x, shape,
      [&](const float (&v)[1], int row, int column, int n) {{ tail.run(v, row, column, n); }});
}}
)",
        t.definition, kThreads, k.parameters(), shape, t.initialiser, type, strip_, w.kernel[1], w.kernel[2],
        w.stride[1], w.dilation[1]);
    r.arguments = k.arguments();
    r.overlaps = true;
    r.block = {kThreads, 1, 1};
    r.grid = {static_cast<unsigned>(ceil_div(threads(c), kThreads)), 1, 1};
    return {r};
  }
  double estimate(const Problem& p) const override {
    ConvProblem c;
    if (!depthwise_problem(p, c)) return 1e9;
    const WindowGeometry& w = c.windows;
    const auto span = static_cast<double>((strip_ - 1) * w.stride[1] + (w.kernel[1] - 1) * w.dilation[1] + 1);
    const double steps = static_cast<double>(w.kernel[2]) * (span * 8 + static_cast<double>(w.kernel[1] * strip_) * 2);
    const double fill = std::max(1.0, 4.0 * gpu().multiprocessors * 128 / static_cast<double>(threads(c)));
    const double traffic = static_cast<double>(p.inputs[0].bytes() + p.outputs[0].bytes());
    return std::max(traffic / 4e6,
                    static_cast<double>(threads(c)) * steps / 32 * fill / (gpu().multiprocessors * 4 * 1600.0)) +
           2;
  }

 private:
  int64_t threads(const ConvProblem& c) const {
    return c.batch * c.in_channels * ceil_div(c.windows.out[1], strip_) * c.windows.out[2];
  }
  const std::string name_;
  const int strip_;
};

}  // namespace

#define HONE_DEPTHWISE(strip)                   \
  const Tactic& depthwise_##strip() {           \
    static const Depthwise tactic(strip);       \
    return tactic;                              \
  }                                             \
  const Tactic& depthwise_planar_##strip() {    \
    static const DepthwisePlanar tactic(strip); \
    return tactic;                              \
  }
HONE_DEPTHWISE(1)
HONE_DEPTHWISE(2)
HONE_DEPTHWISE(4)
#undef HONE_DEPTHWISE

const Tactic& depthwise_tile_4() {
  static const DepthwiseTiled tactic(4);
  return tactic;
}
const Tactic& depthwise_tile_8() {
  static const DepthwiseTiled tactic(8);
  return tactic;
}

}  // namespace hone::cuda
