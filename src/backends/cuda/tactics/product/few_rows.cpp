// Source and launch of products with few rows.
#include "backends/cuda/tactics/product/few_rows.h"

#include <algorithm>

#include "backends/cuda/program_code.h"

namespace hone::cuda {
namespace {

constexpr int64_t kMostRows = 4, kMostHeld = 8;
constexpr int kThreads = 128, kColumns = kThreads / 32;

int64_t pieces_per_lane(const Product& p) {
  const int64_t reach = 32 * chunk_elements(p.type);
  return std::clamp<int64_t>((p.k + reach - 1) / reach, 1, kMostHeld);
}

}  // namespace

const Tile kFewRowsTile = {"rows", CoreKind::kPlain, static_cast<int>(kMostRows), kColumns, 1, 1, 1, kThreads};

Verdict check_few_rows(const Product& p) {
  if (p.items != 1 || p.m > kMostRows) return Verdict::no("takes up to {} rows", kMostRows);
  if (p.a.load != Load::kAlongK || p.b.load != Load::kAlongK) return Verdict::no("takes operands that lie along K");
  const int64_t piece = chunk_elements(p.type);
  if (p.k % piece != 0 || p.b.pitch % piece != 0 || p.b.data.kind == Argument::Kind::kInput)
    return Verdict::no("takes packed columns of whole 16-byte pieces");
  if (p.m < 1 || p.n < 1 || p.k < 1 || p.n > INT32_MAX / 64 || p.k > INT32_MAX / 2)
    return Verdict::no("has an unusual size");
  return Verdict::yes();
}

Recipe few_rows_recipe(const Problem& problem, const Product& p) {
  KernelParameters k;
  const std::string type(device_type(p.type));
  const TailSource t = tail_source(problem, p.row_axes, p.column_axes, p.bias, k);
  k.pointer("const " + type, "a", p.a.data), k.pointer("const " + type, "b", p.b.data);
  k.wide("a_pitch", p.a.pitch), k.wide("b_pitch", p.b.pitch);
  k.integer("m", p.m), k.integer("n", p.n), k.integer("k", p.k);
  Recipe r;
  r.source = fmt::format(
      R"(#include "math.cuh"
#include "few_rows.cuh"
using namespace product;
{}
extern "C" __global__ void __launch_bounds__({}) kernel({}) {{
  const Tail tail = {};
  few_rows::run<{}, {}, {}, {}>(a, a_pitch, b, b_pitch, m, n, k, [&](float sum, int row, int column) {{
    const float v[1] = {{sum}};
    tail.run(v, row, column, 1);
  }});
}}
)",
      t.definition, kThreads, k.parameters(), t.initialiser, type, p.m > 2 ? 4 : p.m, pieces_per_lane(p),
      p.b.data.kind == Argument::Kind::kBlob);
  r.arguments = k.arguments();
  r.overlaps = true;
  r.block = {kThreads, 1, 1};
  r.grid = {static_cast<unsigned>((p.n + kColumns - 1) / kColumns), 1, 1};
  return r;
}

double few_rows_time(const Product& p) {
  const double rounds =
      static_cast<double>(p.k) / static_cast<double>(pieces_per_lane(p) * 32 * chunk_elements(p.type));
  return 1.5 + 0.6 * rounds + static_cast<double>(p.n * p.k * bits(p.type)) / 8 / 3e6;
}

}  // namespace hone::cuda
