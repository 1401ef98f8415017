// softmax(scale * Q K^T + mask) V for many heads in FP32. Every operand may be strided, so that the transposes around
// it vanish; scores never leave the second-level cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/isa.h"

namespace hone::cpu {

/// Strides in elements; the last axis (head channels) has stride 1.
struct AttentionView {
  int64_t batch = 0, head = 0, row = 0;
};

enum class MaskKind : uint8_t { kNone, kAdd, kKeep };  // floats that are added; bytes: 0 means masked out
struct AttentionMask {
  MaskKind kind = MaskKind::kNone;
  int64_t batch = 0, head = 0, row = 0, col = 0;  // strides in elements; 0 repeats; col is 0 or 1
  int64_t items = INT64_MAX;                      // of the batch, behind which the mask begins again
};

struct AttentionShape {
  int64_t batch = 1, heads = 1, kv_heads = 1, rows = 1, keys = 1, channels = 1, value_channels = 1;
  float scale = 1, softcap = 0;  // softcap 0: none
  bool causal = false;           // key <= row + causal_offset
  int64_t causal_offset = 0;
  AttentionView q, k, v, out;
  AttentionMask mask;
};

class Attention {
 public:
  Attention(Isa isa, const AttentionShape& s);
  /// Bytes for `threads` threads; 64-byte aligned.
  size_t workspace(int threads) const { return thread_bytes_ * static_cast<size_t>(threads); }
  /// The workspace is for `threads` threads; no more are used. Neither throws nor allocates. mask may be null where the
  /// shape has none.
  void run(const float* q, const float* k, const float* v, const void* mask, float* out, void* workspace,
           int threads) const noexcept;

 private:
  struct Head;  // pointers of one batch item and head
  void pack(const Head& h, int64_t keys, float* k_panels, float* v_panels) const;
  void rows(const Head& h, int64_t row0, int64_t count, float* scratch) const;
  int64_t visible_keys(int64_t last_row) const;

  Isa isa_;
  AttentionShape s_;
  int width_;          // columns of a panel
  int64_t block_ = 1;  // rows of Q at a time
  int64_t key_pitch_, value_pitch_, query_pitch_;
  size_t thread_bytes_;
};

/// The middle of attention on a block of scores: scaling, cap, mask, exponentials (which replace the scores) and the
/// reciprocals of their sums. `visible` keys count in row 0 and `step` more in each further row, up to cols; the others
/// become 0.
struct ScoreBlock {
  float* scores = nullptr;
  int64_t pitch = 0, rows = 0, cols = 0;
  float scale = 1, softcap = 0;
  MaskKind kind = MaskKind::kNone;
  const std::byte* mask = nullptr;  // of row 0
  int64_t mask_row = 0, mask_col = 0;
  int64_t visible = 0, step = 0;
  float* inverse = nullptr;  // [rows]
};
void softmax_scores(const ScoreBlock& b);
/// y[r, c] = x[r, c] * factors[r].
void scale_rows(const float* x, int64_t x_pitch, const float* factors, float* y, int64_t y_pitch, int64_t rows,
                int64_t cols);
/// Copies `cols` floats of each row to rows of `width` floats, a multiple of the vector, with zeros behind them.
void copy_padded_rows(const float* x, int64_t x_pitch, int64_t rows, int64_t cols, float* y, int64_t width);
/// scores[r, j] = q[r] . k[j], and y[r] = sum over j of p[r, j] v[j]: for few rows, without packing.
void dot_rows(const float* q, int64_t q_row, const float* k, int64_t k_row, float* scores, int64_t pitch, int64_t rows,
              int64_t keys, int64_t channels);
void combine_rows(const float* p, int64_t pitch, const float* v, int64_t v_row, float* y, int64_t y_pitch, int64_t rows,
                  int64_t keys, int64_t channels);

}  // namespace hone::cpu
