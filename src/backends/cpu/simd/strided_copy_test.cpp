// Strided copies against element-by-element indexing.
#include "backends/cpu/simd/strided_copy.h"

#include <numeric>

#include "backends/cpu/simd/simd_testing.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

template <class T>
void check(const std::vector<StridedCopy::Axis>& axes, int64_t from_start, int64_t from_size, int64_t to_size) {
  std::vector<T> from(static_cast<size_t>(from_size)), to(static_cast<size_t>(to_size), T(7)), want = to;
  for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<T>(i * 31 + 5);
  int64_t total = 1;
  for (const auto& a : axes) total *= a.size;
  for (int64_t i = 0; i < total; ++i) {
    int64_t rest = i, x = from_start, y = 0;
    for (const auto& a : axes) x += rest % a.size * a.from, y += rest % a.size * a.to, rest /= a.size;
    want[static_cast<size_t>(y)] = from[static_cast<size_t>(x)];
  }
  for (int threads : {1, 2}) {
    ThreadScope scope(threads);
    std::fill(to.begin(), to.end(), T(7));
    StridedCopy(sizeof(T), axes).run(from.data() + from_start, to.data());
    ASSERT_TRUE(to == want);
  }
}

template <class T>
void check_permutations(const std::vector<int64_t>& dims) {
  std::vector<size_t> perm(dims.size());
  std::iota(perm.begin(), perm.end(), size_t{0});
  const int64_t n = std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>());
  do {
    std::vector<StridedCopy::Axis> axes(dims.size());
    int64_t step = 1;
    for (size_t a = dims.size(); a-- > 0; step *= dims[a]) axes[a].size = dims[a], axes[a].from = step;
    step = 1;
    for (size_t a = dims.size(); a-- > 0; step *= dims[perm[a]]) axes[perm[a]].to = step;
    check<T>(axes, 0, n, n);
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST(StridedCopy, Permutations) {
  testing::for_each_target([] {
    check_permutations<uint32_t>({3, 5, 2, 67});
    check_permutations<uint32_t>({70, 33, 3});
    check_permutations<uint8_t>({5, 20, 17});
    check_permutations<uint16_t>({5, 20, 17});
    check_permutations<uint64_t>({5, 20, 17});
    check_permutations<uint32_t>({1, 7, 1});
  });
}

TEST(StridedCopy, SlicesFillsAndReversals) {
  testing::for_each_target([] {
    check<uint32_t>({{5, 2 * 40, 33}, {33, 1, 1}}, 3, 500, 200);  // window with a row step
    check<uint32_t>({{5, 40, 33}, {33, -1, 1}}, 39, 300, 200);    // reversed rows
    check<uint32_t>({{6, 0, 10}, {10, 1, 1}}, 0, 10, 60);         // repeated rows
    check<uint16_t>({{6, 1, 10}, {10, 0, 1}}, 0, 10, 60);         // repeated elements
    check<uint32_t>({{4, 30, 100}, {30, 1, 1}}, 0, 120, 400);     // into a wider tensor
    check<uint64_t>({}, 0, 1, 1);
    check<uint32_t>({{0, 1, 1}, {5, 1, 1}}, 0, 5, 5);
  });
}

}  // namespace
}  // namespace hone::cpu
