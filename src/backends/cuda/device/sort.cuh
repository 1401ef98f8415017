// Sorting by merges in which every element finds its own place; `before(a, b)` is a strict order of distinct elements.
#pragma once

/// `in` holds n elements in sorted runs of `width`: where element i is once neighbouring runs are merged.
template <class T, class Before>
__device__ __forceinline__ int merged_place(const T* in, int n, int width, int i, const Before& before) {
  const int first = i / (2 * width) * (2 * width), middle = min(first + width, n), end = min(middle + width, n);
  const bool left = i < middle;
  const T mine = in[i];
  int low = left ? middle : first, high = left ? end : middle;  // in the other run
  while (low < high) {
    const int half = low + (high - low) / 2;
    if (before(in[half], mine))
      low = half + 1;
    else
      high = half;
  }
  return i + low - middle;
}

/// Sorts n elements of shared memory, a thread for each, with `b` to work in; all threads of the block call it. Returns
/// where the result is, `a` or `b`.
template <class T, class Before>
__device__ __forceinline__ T* sort_block(T* a, T* b, int n, const Before& before) {
  const int i = static_cast<int>(threadIdx.x);
  for (int width = 1; width < n; width *= 2) {
    if (i < n) b[merged_place(a, n, width, i, before)] = a[i];
    __syncthreads();
    T* const sorted = b;
    b = a, a = sorted;
  }
  return a;
}
