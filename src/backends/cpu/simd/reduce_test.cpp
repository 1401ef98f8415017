// Reductions against plain double-precision loops over all subsets of axes.
#include "backends/cpu/simd/reduce.h"

#include "backends/cpu/simd/simd_testing.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

double finish(ReduceKind k, const std::vector<double>& v) {
  double sum = 0, product = 1, top = -INFINITY, low = INFINITY, l1 = 0, squares = 0, exps = 0;
  for (double x : v) {
    sum += x, product *= x, l1 += std::abs(x), squares += x * x, exps += std::exp(x);
    top = std::max(top, x), low = std::min(low, x);
  }
  switch (k) {
    case ReduceKind::kSum:
      return sum;
    case ReduceKind::kProd:
      return product;
    case ReduceKind::kMax:
      return top;
    case ReduceKind::kMin:
      return low;
    case ReduceKind::kAvg:
      return sum / static_cast<double>(v.size());
    case ReduceKind::kL1:
      return l1;
    case ReduceKind::kL2:
      return std::sqrt(squares);
    case ReduceKind::kLogSum:
      return std::log(sum);
    case ReduceKind::kLogSumExp:
      return std::log(exps);
    default:
      return squares;
  }
}

void check(ReduceKind kind, const std::vector<int64_t>& dims, unsigned mask) {
  SCOPED_TRACE(::testing::Message() << kReduceKindNames[static_cast<size_t>(kind)] << " rank " << dims.size()
                                    << " mask " << mask);
  std::vector<Reduction::Axis> axes(dims.size());
  int64_t step = 1, results = 1;
  for (size_t a = dims.size(); a-- > 0; step *= dims[a]) {
    axes[a] = {dims[a], step, (mask >> a & 1) != 0};
    if (!axes[a].reduced) results *= dims[a];
  }
  const auto x = testing::random_floats(static_cast<size_t>(step), 5, 0.5f, 1.5f);
  std::vector<std::vector<double>> behind(static_cast<size_t>(results));
  for (int64_t i = 0; i < step; ++i) {
    int64_t to = 0;
    for (size_t a = 0; a < dims.size(); ++a)
      if (!axes[a].reduced) to = to * dims[a] + i / axes[a].stride % dims[a];
    behind[static_cast<size_t>(to)].push_back(static_cast<double>(x[static_cast<size_t>(i)]));
  }
  std::vector<double> want;
  for (const auto& v : behind) want.push_back(finish(kind, v));
  std::vector<float> y(static_cast<size_t>(results));
  Reduction(kind, axes).run(x.data(), y.data());
  testing::expect_near_all(y, want, 1e-5, 2e-5);
}

TEST(Reduce, EveryKindOverEverySetOfAxes) {
  testing::for_each_target([] {
    for (int k = 0; k < 10; ++k)
      for (unsigned mask = 0; mask < 16; ++mask) check(static_cast<ReduceKind>(k), {3, 5, 4, 35}, mask);
  });
}

TEST(Reduce, GlobalPoolingAndLongSums) {
  testing::for_each_target([] {
    ThreadScope threads(2);
    check(ReduceKind::kAvg, {2, 49, 130}, 2);
    check(ReduceKind::kAvg, {2, 130, 3136}, 4);
    check(ReduceKind::kSum, {100000}, 1);
    check(ReduceKind::kMax, {100000, 3}, 1);
    check(ReduceKind::kMax, {}, 0);
  });
}

}  // namespace
}  // namespace hone::cpu
