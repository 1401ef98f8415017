// cuda.conv_few_channels_*: the first convolution of a vision network, by 64 or 32 output channels a block.
#include "backends/cuda/program_code.h"
#include "backends/cuda/tactics/convolution/conv_problem.h"
#include "backends/cuda/tactics/product/packing.h"
#include "backends/cuda/tactics/product/tail_source.h"

namespace hone::cuda {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr int64_t kMostDepth = 512, kTile = 128;
constexpr int kThreads = 128;

// How an image is cut into blocks, and what one needs of shared memory (device/few_channels.cuh).
struct Blocks {
  int64_t rows = 1, width = 1, row_blocks = 1, column_blocks = 1, shared = 0;
  int64_t columns = 4, depth = 0;  // of the kernel as the weights are packed: columns of a row, and all of K

  Blocks(const ConvProblem& c, int64_t channels) {
    const WindowGeometry& w = c.windows;
    columns = ceil_div(w.kernel[2], 4) * 4, depth = w.kernel[1] * columns * 4;
    column_blocks = ceil_div(w.out[2], kTile);
    width = ceil_div(w.out[2], column_blocks);
    rows = std::clamp<int64_t>(kTile / width, 1, w.out[1]);
    const auto bytes = [&](int64_t n) {
      const int64_t across = ceil_div((width - 1) * w.stride[2] + columns + 7, 8) * 8;
      const int64_t patch = ((n - 1) * w.stride[1] + w.kernel[1]) * across * 8;
      return 64 * (channels + 8) * 4 + channels * (depth + 8) * 2 + patch;
    };
    // More rows share more of the image and of the weights, as long as all multiprocessors have enough to do.
    const auto blocks = [&](int64_t n) {
      return c.batch * ceil_div(w.out[1], n) * column_blocks * ceil_div(c.out_channels, channels);
    };
    while (rows * 2 <= std::min<int64_t>(16, w.out[1]) && blocks(rows * 2) >= 4 * gpu().multiprocessors &&
           bytes(rows * 2) <= 72 << 10)
      rows *= 2;
    row_blocks = ceil_div(w.out[1], rows);
    shared = bytes(rows);
  }
};

class ConvFewChannels : public RecipeTactic {
 public:
  explicit ConvFewChannels(int64_t channels)
      : name_(fmt::format("cuda.conv_few_channels_{}", channels)), channels_(channels) {}
  std::string_view name() const override { return name_; }
  uint64_t folds(const Problem&) const override { return 2; }

  Verdict supports(const Problem& p) const override {
    if (p.inputs.empty() || p.outputs.size() != 1) return Verdict::no("has unusual operands");
    ConvProblem c;
    if (Verdict v = conv_problem(p, c); !v) return v;
    const DType t = p.inputs[0].type;
    if (t != DType::kF16 && t != DType::kBF16) return Verdict::no("multiplies 16-bit types");
    if (gpu().capability() < (t == DType::kF16 ? 75 : 80))
      return Verdict::no("needs a newer GPU for {}", hone::name(t));
    if (!lies_planar(p.inputs[0]) || !lies_channels_last(p.outputs[0]))
      return Verdict::no("reads planar and writes channels-last images");
    if (p.constant(1) == nullptr) return Verdict::no("packs weights, which must be constant");
    const WindowGeometry& w = c.windows;
    if (c.groups != 1 || c.in_channels < 1 || c.in_channels > 4)
      return Verdict::no("takes up to 4 channels in one group");
    if (w.out[0] != 1 || w.in[0] != 1 || w.kernel[0] != 1 || w.dilation[1] != 1 || w.dilation[2] != 1)
      return Verdict::no("takes plain kernels over two axes");
    if (p.outputs[0].count() == 0 || p.outputs[0].count() > INT32_MAX) return Verdict::no("has an unusual size");
    const Blocks b(c, channels_);
    if (b.depth > kMostDepth || w.stride[1] > 8 || w.stride[2] > 8) return Verdict::no("has too large a kernel");
    if (b.shared > gpu().shared_per_block) return Verdict::no("needs more shared memory than the GPU has");
    return check_tail(p);
  }
  Verdict promises(const Problem& p) const override {
    return channels_ == 32 || p.inputs[1].dims[0] > 32 ? Verdict::yes()
                                                       : Verdict::no("has more channels than are asked");
  }

  std::vector<Blob> prepare(const Problem& p) const override {
    ConvProblem c;
    (void)conv_problem(p, c);
    const Blocks b(c, channels_);
    const int64_t height = c.windows.kernel[1], width = c.windows.kernel[2];
    RowPacker packer(*p.constant(1), ceil_div(c.out_channels, channels_) * channels_, b.depth);
    for (int64_t o = 0; o < c.out_channels; ++o)
      for (int64_t i = 0; i < c.in_channels; ++i)
        for (int64_t y = 0; y < height; ++y)
          for (int64_t x = 0; x < width; ++x)
            packer.put(o, (y * b.columns + x) * 4 + i, ((o * c.in_channels + i) * height + y) * width + x);
    return {packer.take()};
  }

  std::vector<Recipe> recipes(const Problem& p) const override {
    ConvProblem c;
    (void)conv_problem(p, c);
    const WindowGeometry& w = c.windows;
    const Blocks b(c, channels_);
    KernelParameters k;
    const std::string type(device_type(p.inputs[0].type));
    k.pointer("const " + type, "data", Argument::input(0)), k.pointer("const " + type, "weights", Argument::blob(0));
    std::string shape;
    for (const auto& [name, v] :
         std::initializer_list<std::pair<const char*, int64_t>>{{"in_height", w.in[1]},
                                                                {"in_width", w.in[2]},
                                                                {"out_height", w.out[1]},
                                                                {"out_width", w.out[2]},
                                                                {"pad_y", w.pad[1]},
                                                                {"pad_x", w.pad[2]},
                                                                {"rows", b.rows},
                                                                {"width", b.width},
                                                                {"row_blocks", b.row_blocks},
                                                                {"column_blocks", b.column_blocks},
                                                                {"channels", c.out_channels}})
      shape += (shape.empty() ? "" : ", ") + k.integer(name, v);
    std::vector<IndexAxis> rows = {0};
    for (size_t a = 2; a < p.outputs[0].dims.size(); ++a) rows.push_back(a);
    const TailSource t = tail_source(p, rows, {1}, c.bias, k);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "few_channels.cuh"
using namespace product;
{}
extern "C" __global__ void __launch_bounds__({}) kernel({}) {{
  extern __shared__ __align__(128) char shared[];
  const few_channels::Shape shape = {{{}}};
  const Tail tail = {};
  few_channels::Stem<{}, {}, {}, {}, {}, {}, {}>::run<{}>(
      data, weights, shape, shared,
      [&](const float (&v)[{}], int row, int column, int n) {{ tail.run(v, row, column, n); }});
}}
)",
        t.definition, kThreads, k.parameters(), shape, t.initialiser, type, channels_, c.in_channels, w.kernel[1],
        w.kernel[2], w.stride[1], w.stride[2], t.vector, t.vector);
    r.arguments = k.arguments();
    r.overlaps = true;
    r.block = {kThreads, 1, 1};
    r.grid = {static_cast<unsigned>(c.batch * b.row_blocks * b.column_blocks),
              static_cast<unsigned>(ceil_div(c.out_channels, channels_)), 1};
    r.shared_bytes = static_cast<unsigned>(b.shared);
    return {r};
  }
  double estimate(const Problem& p) const override {
    ConvProblem c;
    if (!conv_problem(p, c)) return 1e9;
    const Blocks b(c, channels_);
    const auto products = static_cast<double>(p.outputs[0].count() * b.depth);
    const auto traffic = static_cast<double>(p.inputs[0].bytes() + p.outputs[0].bytes());
    return std::max(products / (gpu().multiprocessors * 600.0 * 1600), traffic / 3e6) + 3;
  }

 private:
  const std::string name_;
  const int64_t channels_;
};

}  // namespace

const Tactic& conv_few_channels_64() {
  static const ConvFewChannels tactic(64);
  return tactic;
}
const Tactic& conv_few_channels_32() {
  static const ConvFewChannels tactic(32);
  return tactic;
}

}  // namespace hone::cuda
