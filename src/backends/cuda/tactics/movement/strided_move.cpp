// Operators that only move elements, as strided copies: rows in packs of up to 16 bytes, transposes through tiles in
// shared memory, anything else element by element. All parts of a concatenation are one launch.
#include <algorithm>

#include "backends/cuda/axes.h"
#include "backends/cuda/kernel_source.h"
#include "backends/moves.h"

namespace hone::cuda {
namespace {

constexpr unsigned kThreads = 256;
constexpr size_t kMovesPerLaunch = 16;

enum Operand : size_t { kFrom, kTo };

// A move's axes in the memory order of the destination, joined where possible.
Nest nest_of(const Move& m) {
  std::vector<MoveAxis> axes = m.axes;
  std::stable_sort(axes.begin(), axes.end(), [](const MoveAxis& a, const MoveAxis& b) { return a.to > b.to; });
  Nest n;
  n.strides.resize(2);
  for (const MoveAxis& a : axes) {
    n.dims.push_back(a.size);
    n.strides[kFrom].push_back(a.from);
    n.strides[kTo].push_back(a.to);
  }
  n.collapse();
  return n;
}

// The largest pack for which every stride but those of `unit` axes, and the extents of those, are multiples. A single
// axis may end within a pack.
int pack_of(const Nest& n, const std::vector<std::pair<Operand, size_t>>& unit, int most) {
  for (int v = most; v > 1; v /= 2) {
    bool fits = true;
    for (const auto& [operand, axis] : unit) fits = fits && (n.dims.size() == 1 || n.dims[axis] % v == 0);
    for (size_t k : {size_t{kFrom}, size_t{kTo}})
      for (size_t a = 0; a < n.dims.size(); ++a) {
        const bool is_unit = std::find(unit.begin(), unit.end(), std::pair(static_cast<Operand>(k), a)) != unit.end();
        fits = fits && (is_unit || n.strides[k][a] % v == 0);
      }
    if (fits) return v;
  }
  return 1;
}

// Code of the moves of one launch. Each takes a range of blocks; `block` counts from the range's first.
class Writer {
 public:
  explicit Writer(const Problem& p)
      : k_(KernelSource::for_problem(p)), type_(width_type(p.outputs[0].type)), bytes_(bits(p.outputs[0].type) / 8) {
    k_.output("out", 0, type_);
  }

  void add(const Move& m) {
    const Nest n = nest_of(m);
    if (n.count() == 0) return;
    const std::string in = fmt::format("in{}", moves_), to = fmt::format("to{}", moves_++);
    k_.input(in + "_base", m.input, type_);
    k_.integer(in + "_first", m.from);
    k_.integer(to + "_first", m.to);
    const std::string begin = fmt::format("begin{}", moves_), end = fmt::format("end{}", moves_);
    k_.index(begin, blocks_);
    const size_t last = n.dims.size() - 1;
    const size_t across = unit_of(n, kFrom);
    const size_t end_argument = k_.index(end, 0);  // known when the code is written
    int64_t blocks = 0;
    k_.line("if (blockIdx.x >= {} && blockIdx.x < {}) {{", begin, end);
    k_.line("const {}* __restrict__ from = {}_base + {}_first;", type_, in, in);
    k_.line("{}* __restrict__ to = out + {}_first;", type_, to);
    k_.line("const Index block = static_cast<Index>(blockIdx.x) - {};", begin);
    if (n.strides[kTo][last] == 1 && across < last && n.dims[across] >= 8 && n.dims[last] >= 8)
      blocks = transposed(n, across);
    else
      blocks = rows(n);
    k_.line("return;");
    k_.line("}}");
    blocks_ += blocks;
    k_.set_index(end_argument, blocks_);
  }

  Recipe recipe() {
    if (tile_ > 0) k_.open_with(fmt::format("  __shared__ {} tile[{}];\n", type_, tile_));
    return k_.recipe(blocks_, kThreads);
  }
  bool empty() const { return blocks_ == 0; }

 private:
  // The innermost axis along which the operand's elements are neighbours.
  static size_t unit_of(const Nest& n, Operand k) {
    for (size_t a = n.dims.size(); a-- > 0;)
      if (n.strides[k][a] == 1 && n.dims[a] > 1) return a;
    return n.dims.size();
  }

  std::string aligned(int pack) const {
    return fmt::format("((reinterpret_cast<size_t>(from) | reinterpret_cast<size_t>(to)) & {}) == 0",
                       bytes_ * pack - 1);
  }

  // Rows along the destination's innermost axis: several packs (or elements) for each thread.
  int64_t rows(const Nest& n) {
    const size_t last = n.dims.size() - 1;
    const bool row = n.strides[kFrom][last] == 1 && n.strides[kTo][last] == 1;
    const int pack = row ? pack_of(n, {{kFrom, last}, {kTo, last}}, 16 / bytes_) : 1;
    // Several loads in flight for each thread where there are enough of them for all multiprocessors.
    const int64_t packs = n.count() / pack, full = int64_t{2} * kThreads * std::max(1, gpu().multiprocessors);
    const int unroll = packs >= 4 * full ? 4 : packs >= 2 * full ? 2 : 1;
    const int64_t per_block = int64_t{kThreads} * unroll * pack;
    const std::string count = fmt::format("count{}", moves_);
    k_.index(count, n.count());
    k_.line("const auto place = [&](const Index first, Index& source, Index& target) {{");
    k_.unravel("first", n.dims, "p");
    const auto at = KernelSource::coordinates("p", n.dims.size());
    k_.line("source = {};", k_.offset(n.dims, n.strides[kFrom], at));
    k_.line("target = {};", k_.offset(n.dims, n.strides[kTo], at));
    k_.line("}};");
    k_.line("const Index begin = block * {};", per_block);
    k_.line("const auto work = [&](auto width) {{");
    k_.line("constexpr int V = decltype(width)::value;");
    k_.line("for (int round = 0; round < {}; ++round) {{", pack);
    k_.line("const Index base = begin + (round * {} * {} + static_cast<int>(threadIdx.x)) * V;", unroll, kThreads);
    k_.line("Pack<{}, V> v[{}];", type_, unroll);
    k_.line("Index target[{}];", unroll);
    k_.line("#pragma unroll");
    k_.line("for (int u = 0; u < {}; ++u) {{", unroll);
    k_.line("const Index first = base + u * {} * V;", kThreads);
    k_.line("Index source = 0;");
    k_.line("target[u] = -1;");
    k_.line("if (first < {}) {{ place(first, source, target[u]); v[u] = load_pack<V>(from + source); }}", count);
    k_.line("}}");
    k_.line("#pragma unroll");
    k_.line("for (int u = 0; u < {}; ++u) if (target[u] >= 0) store_pack<V>(to + target[u], v[u]);", unroll);
    k_.line("if (V > 1) break;");
    k_.line("}}");
    k_.line("}};");
    if (pack > 1) {
      k_.line("if ({} && (begin + {} <= {} || {} % {} == 0)) work(Width<{}>());", aligned(pack), per_block, count,
              count, pack, pack);
      k_.line("else work(Width<1>());");
    } else {
      k_.line("work(Width<1>());");
    }
    return (n.count() + per_block - 1) / per_block;
  }

  // Tiles of the plane of `across` (neighbours in the source) and the last axis (neighbours in the destination).
  int64_t transposed(const Nest& n, size_t across) {
    const size_t last = n.dims.size() - 1;
    const int tile = bytes_ <= 2 ? 64 : 32;
    const int pack = pack_of(n, {{kFrom, across}, {kTo, last}},
                             bytes_ == 1   ? 4
                             : bytes_ == 2 ? 4
                             : bytes_ == 4 ? 2
                                           : 1);
    Dims outer;  // the other axes
    std::vector<int64_t> outer_from, outer_to;
    for (size_t a = 0; a < n.dims.size(); ++a) {
      if (a == across || a == last) continue;
      outer.push_back(n.dims[a]);
      outer_from.push_back(n.strides[kFrom][a]);
      outer_to.push_back(n.strides[kTo][a]);
    }
    const int64_t tiles_a = (n.dims[last] + tile - 1) / tile, tiles_b = (n.dims[across] + tile - 1) / tile;
    const auto named = [&](const char* stem) { return fmt::format("{}{}", stem, moves_); };
    const std::string size_a = named("size_a"), size_b = named("size_b"), from_a = named("from_a"),
                      to_b = named("to_b"), div_a = named("div_a"), div_b = named("div_b");
    k_.index(size_a, n.dims[last]);
    k_.index(size_b, n.dims[across]);
    k_.index(from_a, n.strides[kFrom][last]);
    k_.index(to_b, n.strides[kTo][across]);
    k_.divisor(div_a, tiles_a);
    k_.divisor(div_b, tiles_b);
    const int pitch = tile + (bytes_ >= 4 ? 1 : 4 / bytes_);
    tile_ = tile * pitch;
    k_.line("Index rest = block;");
    k_.line("const Index a0 = split(rest, {}) * {}, b0 = split(rest, {}) * {};", div_a, tile, div_b, tile);
    k_.unravel("rest", outer, "p");
    const auto at = KernelSource::coordinates("p", outer.size());
    k_.line("const {}* __restrict__ source = from + {} + a0 * {} + b0;", type_, k_.offset(outer, outer_from, at),
            from_a);
    k_.line("{}* __restrict__ target = to + {} + b0 * {} + a0;", type_, k_.offset(outer, outer_to, at), to_b);
    k_.line("const int rows_a = static_cast<int>(min({} - a0, static_cast<Index>({})));", size_a, tile);
    k_.line("const int rows_b = static_cast<int>(min({} - b0, static_cast<Index>({})));", size_b, tile);
    k_.line("const auto work = [&](auto width) {{");
    k_.line("constexpr int V = decltype(width)::value, kPacks = {} / V, kStep = {} / kPacks;", tile, kThreads);
    k_.line(
        "const int lane = static_cast<int>(threadIdx.x) % kPacks * V, row = static_cast<int>(threadIdx.x) / kPacks;");
    k_.line("#pragma unroll 4");
    k_.line("for (int a = row; a < rows_a; a += kStep) {{");
    k_.line("if (lane >= rows_b) continue;");
    k_.line("const auto v = load_pack<V>(source + a * {} + lane);", from_a);
    k_.line("#pragma unroll");
    k_.line("for (int e = 0; e < V; ++e) tile[(lane + e) * {} + a] = v.at[e];", pitch);
    k_.line("}}");
    k_.line("__syncthreads();");
    k_.line("#pragma unroll 4");
    k_.line("for (int b = row; b < rows_b; b += kStep) {{");
    k_.line("if (lane >= rows_a) continue;");
    k_.line("Pack<{}, V> v;", type_);
    k_.line("#pragma unroll");
    k_.line("for (int e = 0; e < V; ++e) v.at[e] = tile[b * {} + lane + e];", pitch);
    k_.line("store_pack<V>(target + b * {} + lane, v);", to_b);
    k_.line("}}");
    k_.line("}};");
    if (pack > 1) {
      k_.line("if ({}) work(Width<{}>());", aligned(pack), pack);
      k_.line("else work(Width<1>());");
    } else {
      k_.line("work(Width<1>());");
    }
    return tiles_a * tiles_b * volume(outer);
  }

  KernelSource k_;
  std::string type_;
  int bytes_;
  int moves_ = 0, tile_ = 0;
  int64_t blocks_ = 0;
};

class StridedMove : public RecipeTactic {
 public:
  std::string_view name() const override { return "cuda.strided_move"; }
  Verdict supports(const Problem& p) const override {
    if (p.has_epilogue()) return Verdict::no("takes no epilogue");
    if (is_packed(p.outputs[0].type)) return Verdict::no("packed element type");
    const bool all_data = p.op == &kConcatOp;
    for (size_t i = 0; i < (all_data ? p.inputs.size() : size_t{1}); ++i)
      if (p.inputs[i].type != p.outputs[0].type) return Verdict::no("changes the element type");
    const Moves m = moves_of(p);
    if (m.fill) return Verdict::no("fills");
    return m.refusal.empty() ? Verdict::yes() : Verdict::no("{}", m.refusal);
  }
  std::vector<Recipe> recipes(const Problem& p) const override {
    std::vector<Recipe> r;
    const Moves m = moves_of(p);
    for (size_t begin = 0; begin < m.list.size(); begin += kMovesPerLaunch) {
      Writer w(p);
      for (size_t i = begin; i < std::min(m.list.size(), begin + kMovesPerLaunch); ++i) w.add(m.list[i]);
      if (!w.empty()) r.push_back(w.recipe());
    }
    return r;
  }
};

}  // namespace

const Tactic& strided_move() {
  static const StridedMove tactic;
  return tactic;
}

}  // namespace hone::cuda
