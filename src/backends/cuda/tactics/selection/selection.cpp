// Selection in three launches (count, sum up, write) and sorting by merges.
#include "backends/cuda/tactics/selection/selection.h"

namespace hone::cuda {
namespace {

constexpr int kThreads = 256, kChunk = 2048;  // units of a block
constexpr int kSummers = 1024;
constexpr int kTile = 1024;  // elements that a block sorts

int64_t chunks_of(int64_t units) { return (units + kChunk - 1) / kChunk; }

// Runs `body` for each strip of a block's units, with `i` and whether there is such a unit, `inside`.
void for_each_strip(KernelSource& k, int64_t units, const std::function<void()>& body) {
  k.index("units", units);
  k.line("for (int strip = 0; strip < {}; strip += {}) {{", kChunk, kThreads);
  k.line("const Index i = static_cast<Index>(blockIdx.x) * {} + strip + static_cast<int>(threadIdx.x);", kChunk);
  k.line("const bool inside = i < units;");
  body();
  k.line("}}");
}

}  // namespace

Recipe running_sums(int64_t count, int64_t at, const Writer& finish) {
  KernelSource k(count);
  k.include("scan.cuh");
  k.workspace("sums", at, "int");
  k.index("count", count);
  k.line("int total = 0;");
  k.line("for (Index first = 0; first < count; first += {}) {{", kSummers);
  k.line("const Index i = first + static_cast<int>(threadIdx.x);");
  k.line("int all = 0;");
  k.line("const int before = sum_before<{}>(i < count ? sums[i] : 0, &all);", kSummers);
  k.line("if (i < count) sums[i] = total + before;");
  k.line("total += all;");
  k.line("}}");
  k.line("if (threadIdx.x != 0) return;");
  k.line("sums[count] = total;");
  finish(k);
  return k.recipe(1, kSummers);
}

int64_t Selection::sums_bytes(int64_t units) { return (chunks_of(units) + 1) * static_cast<int64_t>(sizeof(int)); }

std::vector<Recipe> Selection::recipes() const {
  const int64_t chunks = chunks_of(units);
  KernelSource count = source;
  count.include("scan.cuh");
  count.workspace("sums", sums, "int");
  const std::string counted = flag(count);
  count.line("int mine = 0, all = 0;");
  for_each_strip(count, units, [&] { count.line("mine += inside && ({});", counted); });
  count.line("sum_before<{}>(mine, &all);", kThreads);
  count.line("if (threadIdx.x == 0) sums[blockIdx.x] = all;");

  KernelSource write = source;
  write.include("scan.cuh");
  write.workspace("sums", sums, "const int");
  write.index("chunks", chunks);
  const std::string written = flag(write);
  write.line("const int total = sums[chunks];");
  write.line("int before = sums[blockIdx.x];");
  for_each_strip(write, units, [&] {
    write.line("const bool chosen = inside && ({});", written);
    write.line("int all = 0;");
    write.line("const int rank = before + sum_before<{}>(chosen, &all);", kThreads);
    write.line("before += all;");
    write.line("if (inside) {{");
    take(write);
    write.line("}}");
  });
  return {count.recipe(chunks, kThreads), running_sums(chunks, sums, finish), write.recipe(chunks, kThreads)};
}

bool Sort::needs_scratch(int64_t extent) { return extent > kTile; }

std::vector<Recipe> Sort::recipes() const {
  const int64_t tiles = (extent + kTile - 1) / kTile;
  int merges = 0;
  while (int64_t{kTile} << merges < extent) ++merges;
  int64_t from = merges % 2 == 0 ? sorted : scratch, to = merges % 2 == 0 ? scratch : sorted;

  KernelSource k = source;
  k.include("sort.cuh");
  k.workspace("sorted_tiles", from, type);
  k.index("extent", extent);
  k.divisor("tiles", tiles);
  const std::string first_element = element(k), in_tile = before(k);
  k.line("__shared__ {} a[{}], b[{}];", type, kTile, kTile);
  k.line("Index line = static_cast<Index>(blockIdx.x);");
  k.line("const Index first = split(line, tiles) * {};", kTile);
  k.line("const Index i = first + static_cast<int>(threadIdx.x);");
  k.line("if (i < extent) a[threadIdx.x] = {};", first_element);
  k.line("__syncthreads();");
  k.line("const auto before = [&](const {0}& a, const {0}& b) {{ return {1}; }};", type, in_tile);
  k.line("const auto* sorted = sort_block(a, b, static_cast<int>(min(extent - first, Index({}))), before);", kTile);
  k.line("if (i < extent) sorted_tiles[line * extent + i] = sorted[threadIdx.x];");
  std::vector<Recipe> r{k.recipe(lines * tiles, kTile)};

  for (int m = 0; m < merges; ++m, std::swap(from, to)) {
    KernelSource merge = source;
    merge.include("sort.cuh");
    merge.workspace("runs", from, fmt::format("const {}", type));
    merge.workspace("merged", to, type);
    merge.index("extent", extent);
    merge.index("width", int64_t{kTile} << m);
    merge.divisor("extents", extent);
    const std::string in_runs = before(merge);
    merge.line("Index line = i;");
    merge.line("const int at = static_cast<int>(split(line, extents));");
    merge.line("const Index start = line * extent;");
    merge.line("const auto before = [&](const {0}& a, const {0}& b) {{ return {1}; }};", type, in_runs);
    merge.line(
        "merged[start + merged_place(runs + start, static_cast<int>(extent), static_cast<int>(width), at, before)] = "
        "runs[i];");
    r.push_back(merge.per_element(lines * extent));
  }
  return r;
}

}  // namespace hone::cuda
