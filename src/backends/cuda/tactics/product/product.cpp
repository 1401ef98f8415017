// Sources and launches of the matrix product kernels.
#include "backends/cuda/tactics/product/product.h"

#include "backends/cuda/program_code.h"
#include "backends/cuda/tactics/product/variant.h"

namespace hone::cuda {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

class Generator {
 public:
  Generator(const Problem& problem, const Product& product, const Tile& tile, int64_t parts, Sharing sharing)
      : problem_(problem), p_(product), tile_(tile), parts_(product, parts), sharing_(sharing) {}

  Recipe main() const { return tile_.kind == CoreKind::kTurns ? in_turns() : one_tile_a_block(); }

  /// Adds the parts up and applies the tail.
  Recipe finish() const {
    KernelParameters k;
    k.pointer("const float", "parts", Argument::workspace(static_cast<int64_t>(p_.before_bytes)));
    k.integer("count", parts_.count), k.wide("plane", parts_.plane), k.wide("pitch", parts_.pitch);
    k.integer("rows", p_.rows()), k.integer("columns", p_.columns());
    const TailSource t = tail_source(problem_, p_.row_axes, p_.column_axes, p_.bias, k);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "product.cuh"
using namespace product;
{1}
extern "C" __global__ void __launch_bounds__(128) kernel({2}) {{
  const Tail tail = {3};
  add_parts<{0}>(parts, count, plane, pitch, rows, [&](const float (&v)[{0}], int row, int column) {{
    const int n = columns - column;
    if (n > 0) tail.run(v, row, column, n < {0} ? n : {0});
  }});
}}
)",
        t.vector, t.definition, k.parameters(), t.initialiser);
    r.arguments = k.arguments();
    r.block = {128, 1, 1};
    r.grid = {static_cast<unsigned>(ceil_div(p_.rows() * (parts_.pitch / t.vector), 128)), 1, 1};
    r.overlaps = true;
    return r;
  }

 private:
  Recipe one_tile_a_block() const {
    KernelParameters k;
    const std::string type(device_type(p_.type));
    const int stages = stages_of(tile_, gpu(), ceil_div(slabs(), parts_.count));
    std::string tail, windows = "const NoWindows windows{};";
    k.integer("m", p_.m), k.integer("n", p_.n), k.integer("k", p_.k), k.integer("slabs", slabs());
    if (has_windows()) windows = fmt::format("const Windows windows = {};", windows_code(k, p_.windows, transposed()));
    const std::string a_start = start_code(k, p_.a, "a", "row", "m"), b_start = start_code(k, p_.b, "b", "column", "n");
    const std::string finish = sharing_ == Sharing::kParts ? put_code(k) : tail_code(k, tail);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "product.cuh"
using namespace product;
{tail}
typedef {type} T;
typedef {cores}<T, {bm}, {bn}, {chunks}, {cm}, {cn}, {a_k}, {b_k}> Cores;
typedef {a_load} LoadA;
typedef {b_load} LoadB;
extern "C" __global__ void {cluster}__launch_bounds__({threads}) kernel({parameters}) {{
  extern __shared__ __align__(128) char memory[];
  char* shared = {aligned};
  constexpr int kDepth = {chunks} * 16 / static_cast<int>(sizeof(T));
  const Place at = Place::of_block<{bm}, {bn}>(m, n);
  const int begin = static_cast<int>(static_cast<long long>(blockIdx.y) * slabs / gridDim.y);
  const int end = static_cast<int>(static_cast<long long>(blockIdx.y + 1) * slabs / gridDim.y);
  const int first = begin * kDepth;
  {windows}
  LoadA a_loader;
  LoadB b_loader;
  {a_start}
  {b_start}
  Cores cores;
  {accumulate}<{stages}, {early}>(cores, a_loader, b_loader, windows, shared, end - begin);
  {finish}
}}
)",
        fmt::arg("tail", tail), fmt::arg("type", type), fmt::arg("cores", cores_name()), fmt::arg("bm", tile_.m),
        fmt::arg("bn", tile_.n), fmt::arg("chunks", tile_.chunks), fmt::arg("cm", tile_.cores_m),
        fmt::arg("cn", tile_.cores_n), fmt::arg("a_k", p_.a.along_k()), fmt::arg("b_k", p_.b.along_k()),
        fmt::arg("a_load", loader(p_.a, tile_.m)), fmt::arg("b_load", loader(p_.b, tile_.n)),
        fmt::arg("threads", tile_.threads()), fmt::arg("parameters", k.parameters()), fmt::arg("windows", windows),
        fmt::arg("a_start", a_start), fmt::arg("b_start", b_start), fmt::arg("stages", stages),
        fmt::arg("finish", finish), fmt::arg("cluster", cluster_dims()), fmt::arg("early", early()),
        fmt::arg("aligned", groups() ? "aligned_up(memory, wgmma::kSlabAlignment)" : "memory"),
        fmt::arg("accumulate", groups() ? "accumulate_running_on" : "accumulate"));
    r.arguments = k.arguments();
    r.block = {static_cast<unsigned>(tile_.threads()), 1, 1};
    r.grid = {static_cast<unsigned>(p_.items * ceil_div(p_.m, tile_.m) * ceil_div(p_.n, tile_.n)),
              static_cast<unsigned>(parts_.count), 1};
    r.shared_bytes = static_cast<unsigned>(shared_bytes_of(tile_, stages));
    r.overlaps = true;
    return r;
  }

  /// Blocks that stay, whose groups of warps take tiles in turn.
  Recipe in_turns() const {
    KernelParameters k;
    const std::string type(device_type(p_.type));
    const int stages = stages_of(tile_, gpu(), slabs());
    const int64_t tiles = p_.items * ceil_div(p_.m, tile_.m * blocks()) * ceil_div(p_.n, tile_.n);
    k.integer("m", p_.m), k.integer("n", p_.n), k.integer("k", p_.k), k.integer("slabs", slabs());
    k.integer("tiles", tiles);
    const bool bulk = copies_in_bulk(p_.a) && copies_in_bulk(p_.b);
    const std::string fetch = bulk ? bulk_fetch_code(k) : fetch_code(k);
    const TurnsTail tail = turns_tail(k);
    Recipe r;
    r.source = fmt::format(
        R"(#include "math.cuh"
#include "product_turns.cuh"
using namespace product;
{definition}
typedef {type} T;
typedef WarpGroups<T, {bm}, {bn}, {chunks}, 1, 1, true, true> Cores;
typedef Turns<{stages}, ({bm} + {bn}) * {chunks} * 16, {out}, {bulk}, {blocks}> Block;
extern "C" __global__ void {cluster}__launch_bounds__({threads}, 1) kernel({parameters}) {{
  extern __shared__ __align__(128) char memory[];
  const Block block(aligned_up(memory, wgmma::kSlabAlignment));
  block.open();
  if (Block::fetches()) {{
    signals::keep_registers<Block::kFetchRegisters>();
    {fetch}
    return;
  }}
  signals::take_registers<Block::kMultiplyRegisters>();
  wait_for_previous();
  Multiplier<{stages}, ({bm} + {bn}) * {chunks} * 16, Block, Cores> multiplier(block);
  {open}
  int turn = 0;
  for (int tile = Block::first_tile(); tile < tiles; tile += Block::tile_step(), turn ^= 1) {{
    if (turn != Block::group()) {{
      multiplier.skip(slabs);
      continue;
    }}
    const Place at = Block::place<{bm}, {bn}>(tile, m, n);
    Cores cores;
    {before}
    multiplier.tile<{bm} * {chunks} * 16>(cores, slabs);
    {finish}
  }}
  {close}
  block.close();
}}
)",
        fmt::arg("definition", tail.definition), fmt::arg("type", type), fmt::arg("bm", tile_.m),
        fmt::arg("bn", tile_.n), fmt::arg("chunks", tile_.chunks), fmt::arg("stages", stages),
        fmt::arg("threads", tile_.threads()), fmt::arg("bulk", bulk), fmt::arg("out", out_bytes_of(tile_)),
        fmt::arg("blocks", blocks()),
        fmt::arg("cluster", blocks() > 1 ? fmt::format("__cluster_dims__({}, 1, 1) ", blocks()) : ""),
        fmt::arg("parameters", k.parameters()), fmt::arg("fetch", fetch), fmt::arg("open", tail.open),
        fmt::arg("before", tail.before), fmt::arg("finish", tail.finish), fmt::arg("close", tail.close));
    r.arguments = k.arguments(), r.maps = k.maps();
    r.block = {static_cast<unsigned>(tile_.threads()), 1, 1};
    const int64_t clusters = std::min<int64_t>(tiles, std::max<int64_t>(1, gpu().multiprocessors / blocks()));
    r.grid = {static_cast<unsigned>(clusters * blocks()), 1, 1};
    r.shared_bytes = static_cast<unsigned>(shared_bytes_of(tile_, stages));
    r.overlaps = true;
    return r;
  }

  /// How results leave blocks that stay: code before the tiles, before a tile's products, after them, after all tiles.
  struct TurnsTail {
    std::string definition, open, before, finish, close;
  };
  TurnsTail turns_tail(KernelParameters& k) const {
    TurnsTail t;
    const bool boxes = gpu().bulk_copies && tile_.n % 64 == 0;
    const auto tail = boxes ? box_tail_source(problem_, p_, tile_.n / 8, k) : std::nullopt;
    if (!tail) {
      t.finish = tail_code(k, t.definition);
      return t;
    }
    const bool takes = !tail->taken.empty();
    t.definition = tail->definition;
    t.open = fmt::format("const Tail tail = {};\n  OutBoxes<{}, {}, {}, Block> boxes(block);", tail->initialiser,
                         tile_.m, tile_.n, takes);
    t.before = "const Tail::Held held = boxes.hold(tail, at, n);\n";
    if (takes) t.before += fmt::format("    boxes.take({}, at);\n", tail->taken);
    t.finish = fmt::format("boxes.give<T>(cores, tail, held, {}, at, m, n);", tail->out);
    t.close = "boxes.finish();";
    return t;
  }

  std::string fetch_code(KernelParameters& k) const {
    std::string windows = "const NoWindows windows{};";
    if (has_windows()) windows = fmt::format("const Windows windows = {};", windows_code(k, p_.windows, transposed()));
    const std::string a_start = start_code(k, p_.a, "a", "row", "m"), b_start = start_code(k, p_.b, "b", "column", "n");
    return fmt::format(
        R"({windows}
    constexpr int first = 0;
    Fetcher<{stages}, ({bm} + {bn}) * {chunks} * 16, {early}, Block> fetcher(block);
    for (int tile = Block::first_tile(); tile < tiles; tile += Block::tile_step()) {{
      const Place at = Block::place<{bm}, {bn}>(tile, m, n);
      {a_load} a_loader;
      {b_load} b_loader;
      {a_start}
      {b_start}
      fetcher.tile(a_loader, b_loader, windows, slabs);
    }}
    fetcher.finish();)",
        fmt::arg("windows", windows), fmt::arg("stages", stages_of(tile_, gpu(), slabs())), fmt::arg("bm", tile_.m),
        fmt::arg("bn", tile_.n), fmt::arg("chunks", tile_.chunks), fmt::arg("early", early()),
        fmt::arg("a_load", loader(p_.a, tile_.m)), fmt::arg("b_load", loader(p_.b, tile_.n)),
        fmt::arg("a_start", a_start), fmt::arg("b_start", b_start));
  }

  std::string bulk_fetch_code(KernelParameters& k) const {
    const std::string a = k.map("a", map_of(p_.a, p_.m, tile_.m)),
                      b = k.map("b", map_of(p_.b, p_.n, tile_.n / blocks()));
    return fmt::format(
        R"(if (threadIdx.x >= 32) return;
    BulkFetcher<{stages}, {bm}, {bn}, {early}, Block> fetcher(block);
    for (int tile = Block::first_tile(); tile < tiles; tile += Block::tile_step())
      fetcher.tile({a}, {b}, Block::place<{bm}, {bn}>(tile, m, n), {a_items}, {b_items}, slabs);)",
        fmt::arg("stages", stages_of(tile_, gpu(), slabs())), fmt::arg("bm", tile_.m), fmt::arg("bn", tile_.n),
        fmt::arg("early", early()), fmt::arg("a", a), fmt::arg("b", b), fmt::arg("a_items", !p_.a.items.empty()),
        fmt::arg("b_items", !p_.b.items.empty()));
  }

  bool copies_in_bulk(const ProductOperand& o) const { return tile_.chunks == 8 && cuda::copies_in_bulk(p_, o); }
  /// Blocks of a cluster that fetch for each other.
  int blocks() const { return sharing_ == Sharing::kPairs ? 2 : 1; }
  TensorMap map_of(const ProductOperand& o, int64_t rows, int box_rows) const {
    TensorMap m;
    m.data = o.data, m.type = p_.type;
    m.dims = {p_.k, rows, o.items.empty() ? 1 : p_.items};
    m.strides = {o.pitch * 2, o.items.empty() ? o.pitch * rows * 2 : o.items[0].stride * 2};
    m.box_rows = box_rows;
    return m;
  }

  /// A prepared operand may be read before the kernel before this one has ended; others are waited for.
  const char* early() const {
    if (p_.a.data.kind == Argument::Kind::kBlob) return "kFirstOperand";
    return p_.b.data.kind == Argument::Kind::kBlob ? "kSecondOperand" : "kNothing";
  }
  std::string cluster_dims() const {
    return sharing_ == Sharing::kCluster ? fmt::format("__cluster_dims__(1, {}, 1) ", parts_.count) : "";
  }
  bool groups() const { return tile_.kind == CoreKind::kWarpGroup; }
  const char* cores_name() const {
    return groups() ? "WarpGroups" : tile_.kind == CoreKind::kTensor ? "TensorCores" : "PlainCores";
  }
  int64_t depth() const { return tile_.chunks * chunk_elements(p_.type); }
  int64_t slabs() const { return ceil_div(p_.k, depth()); }
  static bool windowed(const ProductOperand& o) { return o.load != Load::kAlongK && o.load != Load::kAcrossK; }
  bool transposed() const { return p_.a.load == Load::kTransposedWindows || p_.b.load == Load::kTransposedWindows; }
  bool has_windows() const { return windowed(p_.a) || windowed(p_.b); }

  std::string loader(const ProductOperand& o, int width) const {
    const WindowGeometry& w = p_.windows;
    const int threads = tile_.fetching_threads();
    switch (o.load) {
      case Load::kAlongK:
        return fmt::format("LoadAlongK<T, {}, {}, {}>", width, tile_.chunks, threads);
      case Load::kAcrossK:
        return fmt::format("LoadAcrossK<T, {}, {}, {}>", width, depth(), threads);
      case Load::kWindows:
      case Load::kTransposedWindows:
        return fmt::format("LoadWindows<T, {}, {}, {}, {}>", width, tile_.chunks, threads,
                           o.load == Load::kTransposedWindows);
      case Load::kPlanes:
        return fmt::format("LoadPlanes<T, {}, {}, {}, {}, {}, {}>", width, depth(), threads, w.kernel[0], w.kernel[1],
                           w.kernel[2]);
    }
    fail<InternalError>("an operand has no loader");
  }

  std::string start_code(KernelParameters& k, const ProductOperand& o, const std::string& name, const char* first,
                         const char* extent) const {
    const std::string data = k.pointer("const " + std::string(device_type(p_.type)), name, o.data);
    const std::string items =
        fmt::format("const Axes<{}> {}_items = {};", o.items.size(), name, k.axes(name + "_i", o.items));
    const std::string base = fmt::format("{0} + {0}_items.offset(at.item)", data);
    const std::string window = fmt::format("at.{0}, {1} - at.{0}", first, extent);
    switch (o.load) {
      case Load::kAlongK:
        k.wide(name + "_pitch", o.pitch);
        return fmt::format("{0}\n  {1}_loader.start({{{2} + at.{3} * {1}_pitch, {1}_pitch, {4} - at.{3}}}, first, k);",
                           items, name, base, first, extent);
      case Load::kAcrossK:
        k.wide(name + "_pitch", o.pitch);
        return fmt::format("{0}\n  {1}_loader.start({{{2} + at.{3}, {1}_pitch, {4} - at.{3}}}, first, k);", items, name,
                           base, first, extent);
      case Load::kWindows:
      case Load::kTransposedWindows:
        return fmt::format("{}\n  {}_loader.start({}, windows, {}, first);", items, name, base, window);
      case Load::kPlanes:
        return fmt::format("{}\n  {}_loader.start({}, windows, {}, first, k);", items, name, base, window);
    }
    fail<InternalError>("an operand has no loader");
  }

  std::string row() const { return p_.items_are_columns ? "at.row + r" : "at.item * m + at.row + r"; }
  std::string column() const { return p_.items_are_columns ? "at.item * n + at.column + c" : "at.column + c"; }

  std::string hand_out(int vector, const std::string& body) const {
    if (tile_.kind == CoreKind::kTurns)
      return fmt::format(
          R"(hand_out_by_warp<{0}, {1}, {2}>(cores, block.out_of_warp(), [&](const float (&v)[{2}], int r, int c) {{
      const int left = n - at.column - c;
      if (at.row + r >= m || left <= 0) return;
      {3}
    }});)",
          tile_.n, std::min(tile_.n, 64), vector, body);
    return fmt::format(
        R"({4}<{0}, {1}, {2}{5}>(cores, shared, [&](const float (&v)[{2}], int r, int c) {{
    const int left = n - at.column - c;
    if (at.row + r >= m || left <= 0) return;
    {3}
  }});)",
        tile_.m, tile_.n, vector, body, sharing_ == Sharing::kCluster ? "hand_out_together" : "hand_out",
        sharing_ == Sharing::kCluster ? fmt::format(", {}", parts_.count) : "");
  }

  std::string tail_code(KernelParameters& k, std::string& definition) const {
    const TailSource t = tail_source(problem_, p_.row_axes, p_.column_axes, p_.bias, k);
    definition = t.definition;
    const std::string run =
        fmt::format("tail.run(v, {}, {}, left < {} ? left : {});", row(), column(), t.vector, t.vector);
    return fmt::format("const Tail tail = {};\n  ", t.initialiser) + hand_out(t.vector, run);
  }

  /// Vectors stay within a row's pitch; those of neighbouring items do not overlap where the columns of an item are
  /// whole vectors, else columns go one by one.
  std::string put_code(KernelParameters& k) const {
    k.pointer("float", "parts", Argument::workspace(static_cast<int64_t>(p_.before_bytes)));
    k.wide("plane", parts_.plane), k.wide("pitch", parts_.pitch);
    const char* put = p_.items_are_columns ? "put_partial_columns" : "put_partial";
    return hand_out(4, fmt::format("{}(parts + blockIdx.y * plane, pitch, {}, {}, left, v);", put, row(), column()));
  }

  const Problem& problem_;
  const Product& p_;
  const Tile& tile_;
  const PartLayout parts_;
  const Sharing sharing_;
};

}  // namespace

std::string windows_code(KernelParameters& k, const WindowGeometry& w, bool constant_strides) {
  const auto triple = [&](const char* name, const int64_t(&v)[3], int64_t unused, bool constant) {
    std::string s;
    for (int a = 0; a < 3; ++a) {
      const bool absent = w.in[a] == 1 && w.out[a] == 1 && w.kernel[a] == 1 && v[a] == unused;
      s += a == 0 ? "" : ", ";
      s += constant || absent ? fmt::format("{}", v[a]) : k.integer(fmt::format("w_{}{}", name, a), v[a]);
    }
    return fmt::format("{{{}}}, ", s);
  };
  std::string s = triple("in", w.in, 1, false) + triple("out", w.out, 1, false) + triple("kernel", w.kernel, 1, false);
  s += triple("stride", w.stride, 1, constant_strides) + triple("dilation", w.dilation, 1, false);
  s += triple("pad", w.pad, 0, false) + k.integer("w_image", w.image) + ", " + triple("axis", w.axis, 0, false);
  return "{" + s + k.integer("w_channels", w.channels) + ", " + k.integer("w_channel_step", w.channel_step) + "}";
}

bool copies_in_bulk(const Product& p, const ProductOperand& o) {
  const int64_t chunk = chunk_elements(p.type);
  if (!gpu().bulk_copies || o.load != Load::kAlongK || bits(p.type) != 16) return false;
  if (o.pitch % chunk != 0 || o.data.offset % 16 != 0 || o.pitch < 1) return false;
  if (o.items.size() > 1) return false;
  return o.items.empty() || (o.items[0].stride % chunk == 0 && o.items[0].stride > 0 && o.items[0].extent == p.items);
}

ProductTactic::ProductTactic(std::string_view family, const Tile& tile, Sharing sharing)
    : name_(fmt::format("cuda.{}_{}{}", family, tile.name,
                        sharing == Sharing::kParts     ? "_split"
                        : sharing == Sharing::kCluster ? "_cluster"
                        : sharing == Sharing::kPairs   ? "_pairs"
                                                       : "")),
      tile_(tile),
      sharing_(sharing) {}

Verdict ProductTactic::describe(const Problem& p, Product& product) const {
  if (p.inputs.empty() || p.outputs.size() != 1) return Verdict::no("has unusual operands");
  const DType t = p.inputs[0].type;
  if (t != DType::kF32 && t != DType::kF16 && t != DType::kBF16) return Verdict::no("computes no {}", hone::name(t));
  if (Verdict v = check_tail(p); !v) return v;
  return geometry(p, product);
}

Verdict ProductTactic::supports(const Problem& p) const {
  Product product;
  if (Verdict v = describe(p, product); !v) return v;
  const Variant variant{tile_, sharing_};
  if (Verdict v = variant.check(p, product); !v) return v;
  const size_t bytes = product.before_bytes + variant.partial_bytes(product);
  if (bytes > p.workspace_limit) return Verdict::no("needs {} bytes of workspace", bytes);
  return Verdict::yes();
}

Verdict ProductTactic::promises(const Problem& p) const { return worth_trying({tile_, sharing_}, p, product_of(p)); }

std::vector<Recipe> ProductTactic::recipes(const Problem& p) const {
  Product product = product_of(p);
  const Generator g(p, product, tile_, Variant{tile_, sharing_}.parts(product), sharing_);
  std::vector<Recipe> r = product.before;
  r.push_back(g.main());
  if (sharing_ == Sharing::kParts) r.push_back(g.finish());
  return r;
}

size_t ProductTactic::workspace(const Problem& p) const {
  const Product product = product_of(p);
  return product.before_bytes + Variant{tile_, sharing_}.partial_bytes(product);
}

double ProductTactic::estimate(const Problem& p) const {
  Product product;
  return geometry(p, product) ? Variant{tile_, sharing_}.time(product) : 1e9;
}

Product ProductTactic::product_of(const Problem& p) const {
  Product product;
  const Verdict v = geometry(p, product);
  require<InternalError>(static_cast<bool>(v), "{}: {}", name_, v.reason);
  return product;
}

}  // namespace hone::cuda
