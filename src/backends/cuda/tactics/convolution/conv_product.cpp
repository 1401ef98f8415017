// Convolutions as matrix products, gathered on the way into shared memory (implicit GEMM). cuda.conv_*: channels-last
// images, rows are output pixels. cuda.conv_stem_*: planar images of few channels to channels-last ones.
// cuda.conv_planar_*: planar to planar, rows are output channels. Each on tensor cores (mma) and by ordinary arithmetic
// (fma). Weights known at build time are packed then; others by a kernel that runs first.
#include "backends/cuda/program_code.h"
#include "backends/cuda/tactics/convolution/conv_problem.h"
#include "backends/cuda/tactics/product/few_rows.h"
#include "backends/cuda/tactics/product/packing.h"
#include "backends/cuda/tactics/product/tactics.h"
#include "backends/layout.h"

namespace hone::cuda {
namespace {

int64_t round_up(int64_t v, int64_t to) { return (v + to - 1) / to * to; }

/// Weights as one row for each output channel: taps outside and channels, padded to whole chunks, inside; or channels
/// outside and taps inside, padded at the end of the row.
struct PackedWeights {
  bool taps_outside;
  int64_t channels, taps, chunk;
  int64_t channel_pitch() const { return round_up(channels, chunk); }
  int64_t k() const { return taps_outside ? taps * channel_pitch() : channels * taps; }
  int64_t pitch() const { return round_up(k(), chunk); }
  int64_t at(int64_t channel, int64_t tap) const {
    return taps_outside ? tap * channel_pitch() + channel : channel * taps + tap;
  }
};

/// Packs weights that only the run knows into the workspace.
Recipe packing_recipe(DType type, const PackedWeights& w, int64_t rows) {
  KernelParameters k;
  const char* element = bits(type) == 16 ? "unsigned short" : "unsigned";
  k.pointer(std::string("const ") + element, "from", Argument::input(1)),
      k.pointer(element, "to", Argument::workspace());
  k.integer("channels", w.channels), k.integer("taps", w.taps), k.integer("pitch", w.pitch());
  k.integer("channel_step", w.taps_outside ? 1 : w.taps), k.integer("tap_step", w.taps_outside ? w.channel_pitch() : 1);
  k.wide("count", rows * w.channels * w.taps);
  Recipe r;
  r.source = fmt::format(R"(extern "C" __global__ void __launch_bounds__(256) kernel({}) {{
  const long long i = static_cast<long long>(blockIdx.x) * 256 + threadIdx.x;
  if (i >= count) return;
  const int tap = static_cast<int>(i % taps), channel = static_cast<int>(i / taps % channels);
  to[i / taps / channels * pitch + channel * channel_step + tap * tap_step] = from[i];
}}
)",
                         k.parameters());
  r.arguments = k.arguments();
  r.block = {256, 1, 1};
  r.grid = {static_cast<unsigned>((rows * w.channels * w.taps + 255) / 256), 1, 1};
  return r;
}

/// Zeros what the packing leaves out.
Recipe clearing_recipe(size_t bytes) {
  KernelParameters k;
  k.pointer("uint4", "to", Argument::workspace()), k.wide("count", static_cast<int64_t>(bytes / 16));
  Recipe r;
  r.source = fmt::format(R"(extern "C" __global__ void __launch_bounds__(256) kernel({}) {{
  const long long i = static_cast<long long>(blockIdx.x) * 256 + threadIdx.x;
  if (i < count) to[i] = make_uint4(0, 0, 0, 0);
}}
)",
                         k.parameters());
  r.arguments = k.arguments();
  r.block = {256, 1, 1};
  r.grid = {static_cast<unsigned>((bytes / 16 + 255) / 256), 1, 1};
  return r;
}

class ConvTactic : public ProductTactic {
 public:
  using ProductTactic::ProductTactic;
  uint64_t folds(const Problem& p) const override { return p.constant(1) != nullptr ? 2 : 0; }
  std::vector<Blob> prepare(const Problem& p) const override {
    if (p.constant(1) == nullptr) return {};
    const PackedWeights w = packed_weights(p);
    const int64_t rows = p.inputs[1].dims[0];
    RowPacker packer(*p.constant(1), rows, w.pitch());
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t t = 0; t < w.taps; ++t)
        for (int64_t c = 0; c < w.channels; ++c) packer.put(row, w.at(c, t), (row * w.channels + c) * w.taps + t);
    return {packer.take()};
  }

 protected:
  virtual bool taps_outside() const = 0;
  PackedWeights packed_weights(const Problem& p) const {
    const Dims& w = p.inputs[1].dims;
    return {taps_outside(), w[1], volume(w) / std::max<int64_t>(1, w[0] * w[1]), chunk_elements(p.inputs[1].type)};
  }

  /// The weights as an operand; `group`: from item to item.
  ProductOperand weights(const Problem& p, const ConvProblem& c, Product& r) const {
    const PackedWeights w = packed_weights(p);
    ProductOperand o{Load::kAlongK, Argument::blob(0), w.pitch(), {}};
    if (p.constant(1) != nullptr) return o;
    r.before_bytes = static_cast<size_t>(round_up(c.out_channels * w.pitch() * bits(p.inputs[1].type) / 8, 256));
    if (w.pitch() != w.channels * w.taps) r.before.push_back(clearing_recipe(r.before_bytes));
    r.before.push_back(packing_recipe(p.inputs[1].type, w, c.out_channels));
    o.data = Argument::workspace();
    return o;
  }

  static void pixel_axes(const Problem& p, std::vector<IndexAxis>& axes) {
    for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) axes.push_back(a);
  }
  static void count_traffic(const Problem& p, Product& r) {
    r.traffic = (p.inputs[0].count() + p.inputs[1].count() + p.outputs[0].count()) * bits(p.inputs[0].type) / 8;
    for (size_t i = p.base_inputs(); i < p.inputs.size(); ++i) r.traffic += static_cast<int64_t>(p.inputs[i].bytes());
  }
};

/// Channels-last in and out.
class Conv : public ConvTactic {
 public:
  using ConvTactic::ConvTactic;

 protected:
  bool taps_outside() const override { return true; }
  Verdict geometry(const Problem& p, Product& r) const override {
    ConvProblem c;
    if (Verdict v = conv_problem(p, c); !v) return v;
    if (!lies_channels_last(p.inputs[0]) || !lies_channels_last(p.outputs[0]))
      return Verdict::no("reads and writes channels-last");
    if (c.group_in() < 4 && c.in_channels > 4) return Verdict::no("has too few channels in a group");
    place_input(p.inputs[0], false, c);
    const PackedWeights w = packed_weights(p);
    r.type = p.inputs[0].type;
    r.items = c.groups, r.items_are_columns = true;
    r.m = c.batch * c.out_pixels(), r.n = c.group_out(), r.k = w.k();
    r.windows = c.windows;
    r.b = weights(p, c, r);
    r.a = {Load::kWindows, Argument::input(0), 0, {}};
    if (c.is_pointwise()) {
      // Pixels follow each other as rows; what stands behind a group's channels meets zeros.
      r.a.load = Load::kAlongK, r.a.pitch = as_channels_last(p.inputs[0]).pixel_pitch();
      r.k = c.group_in();
    }
    if (c.groups > 1) r.a.items = {{c.groups, c.group_in()}}, r.b.items = {{c.groups, c.group_out() * w.pitch()}};
    r.row_axes = {0}, r.column_axes = {1};
    pixel_axes(p, r.row_axes);
    r.bias = c.bias;
    count_traffic(p, r);
    return Verdict::yes();
  }
};

/// Planar in, channels-last out.
class ConvStem : public ConvTactic {
 public:
  using ConvTactic::ConvTactic;

 protected:
  bool taps_outside() const override { return false; }
  Verdict geometry(const Problem& p, Product& r) const override {
    ConvProblem c;
    if (Verdict v = conv_problem(p, c); !v) return v;
    if (!lies_planar(p.inputs[0]) || !lies_channels_last(p.outputs[0]))
      return Verdict::no("reads planar and writes channels-last images");
    if (c.groups != 1 || c.in_channels > 8) return Verdict::no("takes up to 8 channels in one group");
    place_input(p.inputs[0], true, c);
    r.type = p.inputs[0].type;
    r.m = c.batch * c.out_pixels(), r.n = c.out_channels, r.k = packed_weights(p).k();
    r.windows = c.windows;
    r.b = weights(p, c, r);
    r.a = {Load::kPlanes, Argument::input(0), 0, {}};
    r.row_axes = {0}, r.column_axes = {1};
    pixel_axes(p, r.row_axes);
    r.bias = c.bias;
    count_traffic(p, r);
    return Verdict::yes();
  }
};

/// Planar in and out: items are the groups of each image.
class ConvPlanar : public ConvTactic {
 public:
  using ConvTactic::ConvTactic;

 protected:
  bool taps_outside() const override { return false; }
  Verdict geometry(const Problem& p, Product& r) const override {
    ConvProblem c;
    if (Verdict v = conv_problem(p, c); !v) return v;
    if (!lies_planar(p.inputs[0]) || !lies_planar(p.outputs[0])) return Verdict::no("reads and writes planar images");
    if (c.groups > 1 && c.group_out() < 4) return Verdict::no("has too few channels in a group");
    place_input(p.inputs[0], true, c);
    const PackedWeights w = packed_weights(p);
    r.type = p.inputs[0].type;
    r.items = c.batch * c.groups;
    r.m = c.group_out(), r.n = c.out_pixels(), r.k = w.k();
    r.windows = c.windows;
    r.a = weights(p, c, r);
    if (c.groups > 1) r.a.items = {{c.batch, 0}, {c.groups, c.group_out() * w.pitch()}};
    r.b = {Load::kPlanes, Argument::input(0), 0, {}};
    if (c.is_pointwise()) r.b.load = Load::kAcrossK, r.b.pitch = c.in_pixels();
    r.b.items = join({{r.items, c.group_in() * c.in_pixels()}});
    r.row_axes = {0, 1};
    pixel_axes(p, r.column_axes);
    r.bias = c.bias;
    count_traffic(p, r);
    return Verdict::yes();
  }
};

}  // namespace

#define HONE_MMA_TILE(...)                                                     \
  HONE_PRODUCT_TACTIC(Conv, conv_mma, CoreKind::kTensor, __VA_ARGS__)          \
  HONE_PRODUCT_TACTIC(ConvStem, conv_stem_mma, CoreKind::kTensor, __VA_ARGS__) \
  HONE_PRODUCT_TACTIC(ConvPlanar, conv_planar_mma, CoreKind::kTensor, __VA_ARGS__)
#define HONE_FMA_TILE(...)                                                    \
  HONE_PRODUCT_TACTIC(Conv, conv_fma, CoreKind::kPlain, __VA_ARGS__)          \
  HONE_PRODUCT_TACTIC(ConvStem, conv_stem_fma, CoreKind::kPlain, __VA_ARGS__) \
  HONE_PRODUCT_TACTIC(ConvPlanar, conv_planar_fma, CoreKind::kPlain, __VA_ARGS__)
#define HONE_WGMMA_TILE(...) HONE_PRODUCT_TACTIC(Conv, conv_wgmma, CoreKind::kWarpGroup, __VA_ARGS__)
#define HONE_TURNS_TILE(...) HONE_TURNS_TACTIC(Conv, conv_turns, CoreKind::kTurns, __VA_ARGS__)
#include "backends/cuda/tactics/product/tiles.def"
#undef HONE_WGMMA_TILE
#undef HONE_TURNS_TILE
#undef HONE_MMA_TILE
#undef HONE_FMA_TILE

const Tactic& conv_few_rows() {
  static const FewRows<Conv> tactic("conv");
  return tactic;
}

}  // namespace hone::cuda
