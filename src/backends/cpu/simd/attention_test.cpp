// Attention against plain double-precision loops: sizes, strides, masks, causality, grouped queries.
#include "backends/cpu/simd/attention.h"

#include "backends/cpu/simd/simd_testing.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

using testing::random_floats;

AttentionShape shape(int64_t batch, int64_t heads, int64_t rows, int64_t keys, int64_t channels, int64_t value_channels,
                     int64_t kv_heads) {
  AttentionShape s;
  s.batch = batch, s.heads = heads, s.kv_heads = kv_heads, s.rows = rows, s.keys = keys;
  s.channels = channels, s.value_channels = value_channels, s.scale = 0.3f;
  // [batch, row, head, channel], as a projection leaves it; the output as [batch, head, row, channel].
  s.q = {rows * heads * channels, channels, heads * channels};
  s.k = {keys * kv_heads * channels, channels, kv_heads * channels};
  s.v = {keys * kv_heads * value_channels, value_channels, kv_heads * value_channels};
  s.out = {heads * rows * value_channels, rows * value_channels, value_channels};
  return s;
}

void check(const AttentionShape& s, int threads = 1) {
  SCOPED_TRACE(::testing::Message() << s.batch << "x" << s.heads << " rows " << s.rows << " keys " << s.keys << " d "
                                    << s.channels << "/" << s.value_channels << " mask "
                                    << static_cast<int>(s.mask.kind) << " causal " << s.causal << " threads "
                                    << threads);
  const auto q = random_floats(static_cast<size_t>(s.batch * s.q.batch), 1),
             k = random_floats(static_cast<size_t>(s.batch * s.k.batch), 2),
             v = random_floats(static_cast<size_t>(s.batch * s.v.batch), 3);
  const auto add = random_floats(static_cast<size_t>(s.batch * s.heads * s.rows * s.keys), 4, -3, 3);
  std::vector<uint8_t> keep(add.size());
  for (size_t i = 0; i < keep.size(); ++i) keep[i] = i % 7 == 0 || add[i] > -1;
  std::vector<float> out(static_cast<size_t>(s.batch * s.out.batch));
  std::vector<double> want(out.size());
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t h = 0; h < s.heads; ++h)
      for (int64_t r = 0; r < s.rows; ++r) {
        const int64_t g = h / (s.heads / s.kv_heads);
        std::vector<double> p(static_cast<size_t>(s.keys));
        double top = -INFINITY, sum = 0;
        for (int64_t j = 0; j < s.keys; ++j) {
          double dot = 0;
          for (int64_t c = 0; c < s.channels; ++c)
            dot += static_cast<double>(q[static_cast<size_t>(n * s.q.batch + h * s.q.head + r * s.q.row + c)]) *
                   static_cast<double>(k[static_cast<size_t>(n * s.k.batch + g * s.k.head + j * s.k.row + c)]);
          dot *= static_cast<double>(s.scale);
          if (s.softcap != 0) dot = static_cast<double>(s.softcap) * std::tanh(dot / static_cast<double>(s.softcap));
          const auto at = static_cast<size_t>(n * s.mask.batch + h * s.mask.head + r * s.mask.row + j * s.mask.col);
          if (s.mask.kind == MaskKind::kAdd) dot += static_cast<double>(add[at]);
          if (s.mask.kind == MaskKind::kKeep && !keep[at]) dot = -INFINITY;
          if (s.causal && j > r + s.causal_offset) dot = -INFINITY;
          p[static_cast<size_t>(j)] = dot;
          top = std::max(top, dot);
        }
        for (double& x : p) x = std::exp(x - top), sum += x;
        for (int64_t c = 0; c < s.value_channels; ++c) {
          double y = 0;
          for (int64_t j = 0; j < s.keys; ++j)
            y += p[static_cast<size_t>(j)] / sum *
                 static_cast<double>(v[static_cast<size_t>(n * s.v.batch + g * s.v.head + j * s.v.row + c)]);
          want[static_cast<size_t>(n * s.out.batch + h * s.out.head + r * s.out.row + c)] = y;
        }
      }
  ThreadScope scope(threads);
  const Attention a(isa(), s);
  std::vector<float> workspace(a.workspace(threads) / 4 + 16);
  const void* mask = s.mask.kind == MaskKind::kAdd ? static_cast<const void*>(add.data()) : keep.data();
  a.run(q.data(), k.data(), v.data(), mask, out.data(), workspace.data(), threads);
  testing::expect_near_all(out, want, 2e-6, 1e-5);
}

TEST(Attention, Sizes) {
  testing::for_each_target([] {
    check(shape(2, 3, 49, 49, 32, 32, 3));
    check(shape(1, 2, 197, 197, 64, 64, 2), 2);
    check(shape(1, 1, 130, 130, 64, 64, 1), 2);
    check(shape(1, 3, 5, 7, 1, 3, 3), 2);
    check(shape(2, 2, 17, 100, 40, 72, 1));
    check(shape(1, 2, 1, 33, 64, 64, 2));
    check(shape(1, 2, 3, 300, 48, 17, 2));
    check(shape(1, 1, 33, 1500, 8, 8, 1));
  });
}

TEST(Attention, MasksAndCaps) {
  testing::for_each_target([] {
    for (MaskKind kind : {MaskKind::kAdd, MaskKind::kKeep})
      for (int64_t rows : {2, 21}) {
        AttentionShape s = shape(2, 3, rows, 29, 16, 16, 3);
        s.mask = {kind, 3 * rows * 29, rows * 29, 29, 1};
        check(s);
        s.mask = {kind, 29, 0, 0, 1};
        s.softcap = 2;
        check(s, 2);
        s.scale = -0.5f;
        check(s, 2);
      }
    AttentionShape s = shape(1, 2, 20, 20, 16, 16, 2);
    s.mask = {MaskKind::kAdd, 0, 20, 1, 0};
    check(s);
  });
}

TEST(Attention, Causal) {
  testing::for_each_target([] {
    for (int64_t rows : {3, 40, 200}) {
      AttentionShape s = shape(1, 2, rows, 200, 32, 32, 2);
      s.causal = true;
      check(s);
      s.causal_offset = 200 - rows;
      check(s, 2);
    }
  });
}

}  // namespace
}  // namespace hone::cpu
