// Comparison of the variants of one product.
#include "backends/cuda/tactics/product/variant.h"

#include <cstdlib>
#include <limits>

namespace hone::cuda {
namespace {

constexpr int64_t kMost = std::numeric_limits<int>::max();
constexpr int kMostFaster = 8;      // variants that may be faster
constexpr double kMostTimes = 2.5;  // the time of the fastest

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr Tile kTiles[] = {
#define HONE_WGMMA_TILE(m, n, ...) {#m "x" #n, CoreKind::kWarpGroup, m, n, __VA_ARGS__},
#define HONE_TURNS_TILE(m, n, ...) {#m "x" #n, CoreKind::kTurns, m, n, __VA_ARGS__},
#define HONE_MMA_TILE(m, n, ...) {#m "x" #n, CoreKind::kTensor, m, n, __VA_ARGS__},
#define HONE_FMA_TILE(m, n, ...) {#m "x" #n, CoreKind::kPlain, m, n, __VA_ARGS__},
#include "backends/cuda/tactics/product/tiles.def"
#undef HONE_WGMMA_TILE
#undef HONE_TURNS_TILE
#undef HONE_MMA_TILE
#undef HONE_FMA_TILE
};

TileWork work_of(const Tile& t, const Product& p) {
  TileWork w{p.items, p.m, p.n, p.k, bits(p.type) / 8};
  w.tf32 = t.kind == CoreKind::kTensor && p.type == DType::kF32;
  w.gathered = p.a.load == Load::kPlanes || p.b.load == Load::kPlanes;
  w.bulk = gpu().bulk_copies && p.a.load == Load::kAlongK && p.b.load == Load::kAlongK;
  w.traffic = p.traffic;
  return w;
}

bool every_tile() {
  const char* text = std::getenv("HONE_CUDA_EVERY_TILE");
  return text != nullptr && *text != 0 && *text != '0';
}

}  // namespace

int64_t Variant::parts(const Product& p) const {
  if (sharing == Sharing::kNone || sharing == Sharing::kPairs) return 1;
  const TileWork w = work_of(tile, p);
  return sharing == Sharing::kParts ? parts_of(tile, w, gpu()) : cluster_of(tile, w, gpu());
}

bool Variant::fills(const Product& p) const {
  if (sharing == Sharing::kPairs && p.m <= tile.m) return false;
  if (tile.kind == CoreKind::kTurns)
    return p.items * ceil_div(p.m, tile.m) * ceil_div(p.n, tile.n) * 4 > gpu().multiprocessors;
  return sharing == Sharing::kNone || parts(p) > 1;
}

size_t Variant::partial_bytes(const Product& p) const {
  return sharing == Sharing::kParts ? PartLayout(p, parts(p)).bytes() : 0;
}

double Variant::time(const Product& p) const {
  const double time = time_of(tile, work_of(tile, p), parts(p), sharing == Sharing::kCluster, gpu());
  return sharing == Sharing::kPairs ? time * 0.97 : time;
}

Verdict Variant::check(const Problem& problem, const Product& p) const {
  const int capability = gpu().capability();
  if (tile.on_groups()) {
    if (capability / 10 != 9) return Verdict::no("is made for compute capability 9.0");
    if (p.type == DType::kF32) return Verdict::no("multiplies 16-bit types");
    if (!p.a.along_k() || !p.b.along_k()) return Verdict::no("takes operands that lie along K");
  } else if (tile.kind == CoreKind::kTensor) {
    if (p.type == DType::kF32 && !problem.allow_tf32) return Verdict::no("computes f32 as TF32, which is not allowed");
    if (capability < (p.type == DType::kF16 ? 75 : 80)) return Verdict::no("needs a newer GPU for {}", name(p.type));
  }
  if ((sharing == Sharing::kCluster || sharing == Sharing::kPairs) && !gpu().clusters)
    return Verdict::no("needs a GPU that launches clusters");
  if (sharing == Sharing::kPairs && !(copies_in_bulk(p, p.a) && copies_in_bulk(p, p.b)))
    return Verdict::no("takes operands that the copy engine can fetch");
  if (stages_of(tile, gpu(), kMost) == 0) return Verdict::no("needs more shared memory than the GPU has");
  if (p.items < 1 || p.m < 1 || p.n < 1 || p.k < 1) return Verdict::no("has an empty operand");
  for (int64_t extent : {p.m, p.n, p.k, p.rows(), p.columns()})
    if (extent > kMost - 1024) return Verdict::no("is too large");
  if (p.items * ceil_div(p.m, tile.m) * ceil_div(p.n, tile.n) > kMost) return Verdict::no("is too large");
  // Loaders that pass elements one by one take whole rows of a slab at a time.
  for (const auto& [operand, width] : {std::pair(&p.a, tile.m), std::pair(&p.b, tile.n)})
    if (operand->load == Load::kPlanes && tile.fetching_threads() % width != 0)
      return Verdict::no("is a tile too wide");
  return Verdict::yes();
}

Verdict worth_trying(const Variant& v, const Problem& problem, const Product& p) {
  if (!v.fills(p))
    return Verdict::no("would not fill the GPU better {}", v.sharing == Sharing::kNone    ? "in turns"
                                                           : v.sharing == Sharing::kPairs ? "in pairs"
                                                                                          : "in parts");
  if (every_tile()) return Verdict::yes();
  const double own = v.time(p);
  double best = own;
  const Tile* fastest = &v.tile;
  int faster = 0;
  for (const Tile& t : kTiles)
    for (Sharing s : {Sharing::kNone, Sharing::kParts, Sharing::kCluster, Sharing::kPairs}) {
      const bool shares_k = s == Sharing::kParts || s == Sharing::kCluster;
      if (t.kind == CoreKind::kTurns ? shares_k : s == Sharing::kPairs) continue;
      const Variant other{t, s};
      if (!other.check(problem, p) || !other.fills(p)) continue;
      const double time = other.time(p);
      if (time < own) ++faster;
      if (time < best) best = time, fastest = &t;
    }
  if (faster <= kMostFaster && own <= kMostTimes * best) return Verdict::yes();
  return Verdict::no("should take {:.1f} us where a tile of {} takes {:.1f}", own, fastest->name, best);
}

}  // namespace hone::cuda
