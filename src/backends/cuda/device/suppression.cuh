// Greedy non-maximum suppression of one line of boxes by a block: tiles of candidates, best first, are compared with
// all boxes kept so far, then with one another.
#pragma once

/// Corners, the lower first.
struct alignas(16) Box {
  float x0, y0, x1, y1;
};

// As std::min and std::max do it for numbers that are none.
__device__ __forceinline__ float lower(float a, float b) { return b < a ? b : a; }
__device__ __forceinline__ float upper(float a, float b) { return a < b ? b : a; }

__device__ __forceinline__ Box box_of_corners(float a, float b, float c, float d) {
  return {lower(a, c), lower(b, d), upper(a, c), upper(b, d)};
}
__device__ __forceinline__ Box box_of_center(float x, float y, float width, float height) {
  const float w = width / 2, h = height / 2;
  return {x - w, y - h, x + w, y + h};
}

/// Whether the intersection is more than this part of the union. Rounded after every operation, as the reference is.
__device__ __forceinline__ bool overlap(const Box& a, const Box& b, float threshold) {
  const float w = lower(a.x1, b.x1) - upper(a.x0, b.x0), h = lower(a.y1, b.y1) - upper(a.y0, b.y0);
  if (!(w > 0) || !(h > 0)) return false;
  const float both = __fmul_rn(w, h);
  const float area_a = __fmul_rn(a.x1 - a.x0, a.y1 - a.y0), area_b = __fmul_rn(b.x1 - b.x0, b.y1 - b.y0);
  const float either = __fsub_rn(__fadd_rn(area_a, area_b), both);
  return area_a > 0 && area_b > 0 && either > 0 && __fdiv_rn(both, either) > threshold;
}

/// A candidate's number and score as one key: the larger, the earlier; equal scores by number. 0 in the upper half: not
/// a candidate.
__device__ __forceinline__ unsigned long long candidate_key(float score, bool passes, unsigned number) {
  const unsigned u = bits_of(score + 0.0f), order = u >> 31 ? ~u : u | 1u << 31;
  return static_cast<unsigned long long>(passes ? order : 0u) << 32 | ~number;
}

constexpr int kSuppressionTile = 256, kSuppressionThreads = 1024;

/// Keeps at most `wanted` of the n candidates whose sorted keys are given; returns how many. All threads of a block of
/// kSuppressionThreads call it; `kept` and `kept_boxes` are the line's alone. load(number) gives a box.
template <class Load>
__device__ __forceinline__ int suppress(const unsigned long long* keys, int n, int wanted, float threshold, int* kept,
                                        Box* kept_boxes, const Load& load) {
  constexpr int kTile = kSuppressionTile, kParts = kSuppressionThreads / kTile, kWords = kTile / 32;
  __shared__ Box tile[kTile];
  __shared__ int numbers[kTile];
  __shared__ unsigned covered[kWords];        // by boxes of earlier tiles, or no candidate
  __shared__ unsigned covers[kTile][kWords];  // which later ones of the tile
  __shared__ int found;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32;
  const int mine = thread % kTile, part = thread / kTile;  // the parts of a block share the work on a candidate
  int count = 0;
  for (int first = 0; first < n && count < wanted; first += kTile) {
    const unsigned long long key = first + mine < n ? keys[first + mine] : 0ull;
    const bool candidate = key >> 32 != 0;
    const int number = static_cast<int>(~static_cast<unsigned>(key));
    if (part == 0 && candidate) tile[mine] = load(number), numbers[mine] = number;
    if (thread < kWords) covered[thread] = 0;
    if (!__syncthreads_or(candidate)) break;

    bool free = candidate;
    for (int k = part; free && k < count; k += kParts) free = !overlap(tile[mine], kept_boxes[k], threshold);
    if (!free) atomicOr(&covered[mine / 32], 1u << lane);
    __syncthreads();

    const auto alive = [&](int i) { return (covered[i / 32] >> i % 32 & 1u) == 0; };
    for (int word = part; word < kWords; word += kParts) {
      unsigned bits = 0;
      for (int b = 0; b < 32 && alive(mine); ++b) {
        const int other = word * 32 + b;
        if (other > mine && alive(other) && overlap(tile[other], tile[mine], threshold)) bits |= 1u << b;
      }
      covers[mine][word] = bits;
    }
    __syncthreads();

    if (thread < 32) {  // the first warp takes the best that is left, one after another
      unsigned left = lane < kWords ? ~covered[lane] : 0u;
      int total = count;
      while (total < wanted) {
        const unsigned words = __ballot_sync(0xffffffffu, left != 0);
        if (words == 0) break;
        const int word = __ffs(static_cast<int>(words)) - 1;
        const int best = word * 32 + __ffs(static_cast<int>(__shfl_sync(0xffffffffu, left, word))) - 1;
        if (lane == word) left &= left - 1;
        if (lane < kWords) left &= ~covers[best][lane];
        if (lane == 0) kept_boxes[total] = tile[best], kept[total] = numbers[best];
        ++total;
      }
      if (lane == 0) found = total;
    }
    __syncthreads();
    count = found;
  }
  return count;
}
