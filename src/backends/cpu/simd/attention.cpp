// Attention head by head: K and V are packed into panels, then blocks of query rows run through both products with the
// scores in between staying in the caches.
#include "backends/cpu/simd/attention.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/simd/gemm_kernels.h"
#include "backends/cpu/simd/transpose.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr int64_t kScoreBytes = 48 * 1024;  // of one block of rows
constexpr int64_t kFewRows = 4;             // up to these, packing costs more than it gains

int64_t round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

// C[rows, cols rounded up] = A B, with B [k, cols] out of panels that hold panel_rows x panel_cols.
void multiply(const GemmKernels& g, const float* a, int64_t a_stride, int64_t rows, const float* panels, int64_t k,
              int64_t panel_rows, int64_t panel_cols, int64_t cols, float* c, int64_t ldc) {
  const int64_t width = 2 * g.lanes;
  for (int64_t j = 0; j < cols; j += width) {
    const bool half = panel_cols - j <= g.lanes;
    for (int64_t r = 0; r < rows; r += g.rows) {
      Tile t;
      t.a = a + r * a_stride, t.a_stride = a_stride;
      t.b = panels + j * panel_rows, t.k = k;
      t.c = c + r * ldc + j, t.ldc = ldc;
      g.tile[std::min<int64_t>(g.rows, rows - r) - 1][half ? 0 : 1](t);
    }
  }
}

}  // namespace

struct Attention::Head {
  const float *q, *k, *v;
  const std::byte* mask;
  float* out;
};

Attention::Attention(Isa isa, const AttentionShape& s) : isa_(isa), s_(s) {
  const GemmKernels& g = gemm_kernels(isa);
  width_ = 2 * g.lanes;
  key_pitch_ = round_up(s.keys, width_);
  value_pitch_ = round_up(s.value_channels, width_);
  query_pitch_ = round_up(s.channels, g.lanes);
  block_ = std::clamp<int64_t>(kScoreBytes / 4 / std::max<int64_t>(1, key_pitch_) / g.rows, 1, 8) * g.rows;
  // Blocks of equal size where the rows are few.
  const int64_t blocks = std::max<int64_t>(1, (s.rows + block_ - 1) / block_);
  block_ = std::min(block_, round_up((s.rows + blocks - 1) / blocks, g.rows));
  const int64_t floats =
      key_pitch_ * s.channels + value_pitch_ * s.keys + block_ * (key_pitch_ + value_pitch_ + query_pitch_ + 1);
  thread_bytes_ = static_cast<size_t>(round_up(floats * 4, 64) + 256);
}

int64_t Attention::visible_keys(int64_t row) const {
  return s_.causal ? std::clamp<int64_t>(row + s_.causal_offset + 1, 0, s_.keys) : s_.keys;
}

// Panels are `width_` columns wide; the last one is half as wide where that suffices.
void Attention::pack(const Head& h, int64_t keys, float* k_panels, float* v_panels) const {
  const int64_t lanes = width_ / 2;
  for (int64_t j = 0; j < keys; j += width_) {
    const int64_t n = std::min<int64_t>(width_, keys - j), width = s_.keys - j <= lanes ? lanes : width_;
    float* panel = k_panels + j * s_.channels;
    if (n < width) std::memset(panel, 0, static_cast<size_t>(width * s_.channels) * sizeof(float));
    transpose_words(reinterpret_cast<const uint32_t*>(h.k + j * s_.k.row), s_.k.row, reinterpret_cast<uint32_t*>(panel),
                    width, n, s_.channels);
  }
  for (int64_t j = 0; j < s_.value_channels; j += width_) {
    const int64_t width = s_.value_channels - j <= lanes ? lanes : width_;
    copy_padded_rows(h.v + j, s_.v.row, keys, std::min(width, s_.value_channels - j), v_panels + j * s_.keys, width);
  }
}

void Attention::rows(const Head& h, int64_t row0, int64_t count, float* scratch) const {
  const GemmKernels& g = gemm_kernels(isa_);
  const float* k_panels = scratch;
  const float* v_panels = k_panels + key_pitch_ * s_.channels;
  float* scores = scratch + key_pitch_ * s_.channels + value_pitch_ * s_.keys;
  float* result = scores + block_ * key_pitch_;
  float* queries = result + block_ * value_pitch_;
  float* inverse = queries + block_ * query_pitch_;
  const int64_t keys = std::max<int64_t>(1, visible_keys(row0 + count - 1));
  const bool few = s_.rows <= kFewRows;
  const float* q = h.q + row0 * s_.q.row;
  if (few) {
    dot_rows(q, s_.q.row, h.k, s_.k.row, scores, key_pitch_, count, keys, s_.channels);
  } else {
    // Rows that lie a power of two apart would push one another out of the cache while all panels pass by.
    copy_padded_rows(q, s_.q.row, count, s_.channels, queries, query_pitch_);
    multiply(g, queries, query_pitch_, count, k_panels, s_.channels, s_.channels, s_.keys, keys, scores, key_pitch_);
  }
  ScoreBlock b;
  b.scores = scores, b.pitch = key_pitch_, b.rows = count, b.cols = keys;
  b.scale = s_.scale, b.softcap = s_.softcap;
  b.kind = s_.mask.kind, b.mask_row = s_.mask.row, b.mask_col = s_.mask.col;
  b.mask = b.kind == MaskKind::kNone ? nullptr : h.mask + row0 * s_.mask.row * (b.kind == MaskKind::kAdd ? 4 : 1);
  b.visible = s_.causal ? row0 + s_.causal_offset + 1 : keys;
  b.step = s_.causal ? 1 : 0;
  b.inverse = inverse;
  softmax_scores(b);
  if (few)
    combine_rows(scores, key_pitch_, h.v, s_.v.row, result, value_pitch_, count, keys, s_.value_channels);
  else
    multiply(g, scores, key_pitch_, count, v_panels, keys, s_.keys, s_.value_channels, s_.value_channels, result,
             value_pitch_);
  scale_rows(result, value_pitch_, inverse, h.out + row0 * s_.out.row, s_.out.row, count, s_.value_channels);
}

void Attention::run(const float* q, const float* k, const float* v, const void* mask, float* out, void* workspace,
                    int most_threads) const noexcept {
  const int64_t heads = s_.batch * s_.heads, blocks = (s_.rows + block_ - 1) / block_;
  // Threads share whole heads; where there are too few, also the rows of a head (K and V are then packed twice).
  const int64_t threads = std::min(num_threads(), most_threads);
  const int64_t parts = heads % threads == 0 || heads >= 4 * threads ? 1 : std::min(blocks, threads);
  const int64_t items = heads * parts;
  const auto work = [&](int thread, int count) {
    float* scratch =
        reinterpret_cast<float*>(static_cast<std::byte*>(workspace) + static_cast<size_t>(thread) * thread_bytes_);
    for (int64_t i = part_begin(items, thread, count), end = part_begin(items, thread + 1, count); i < end; ++i) {
      const int64_t head = i / parts, part = i % parts, n = head / s_.heads, m = head % s_.heads;
      const int64_t group = m / (s_.heads / s_.kv_heads);
      Head h;
      h.q = q + n * s_.q.batch + m * s_.q.head;
      h.k = k + n * s_.k.batch + group * s_.k.head;
      h.v = v + n * s_.v.batch + group * s_.v.head;
      h.out = out + n * s_.out.batch + m * s_.out.head;
      h.mask = static_cast<const std::byte*>(mask) +
               (n % s_.mask.items * s_.mask.batch + m * s_.mask.head) * (s_.mask.kind == MaskKind::kAdd ? 4 : 1);
      const int64_t b0 = part_begin(blocks, part, parts), b1 = part_begin(blocks, part + 1, parts);
      if (s_.rows > kFewRows && b0 < b1)
        pack(h, visible_keys(std::min(s_.rows, b1 * block_) - 1), scratch, scratch + key_pitch_ * s_.channels);
      for (int64_t b = b0; b < b1; ++b) rows(h, b * block_, std::min(block_, s_.rows - b * block_), scratch);
    }
  };
  parallel(work, std::min(items, threads));
}

}  // namespace hone::cpu
