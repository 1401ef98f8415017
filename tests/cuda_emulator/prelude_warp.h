// Barriers, votes and shuffles.
#pragma once

inline void __syncthreads() { hone_emulated_barrier(0, 0); }
inline void __syncwarp(unsigned mask = 0xffffffffu) { hone_emulated_exchange(mask, nullptr, 0); }
inline unsigned __activemask() { return hone_emulated_services->live_lanes(); }

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  const EmulatedWarp<int> all = emulated_exchange(mask, predicate);
  unsigned r = 0;
  for (int i = 0; i < 32; ++i)
    if ((mask >> i & 1u) != 0 && all[i] != 0) r |= 1u << i;
  return r;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

// The value of lane `source` where that is `valid` (in this lane's segment), else this lane's own.
template <class T>
inline T emulated_shuffle(unsigned mask, T v, int source, bool valid) {
  const EmulatedWarp<T> all = emulated_exchange(mask, v);
  if (!valid) return v;
  if ((mask >> source & 1u) == 0) hone_emulated_services->fail("a shuffle reads a lane that is not in its mask");
  return all[source];
}
template <class T>
inline T __shfl_sync(unsigned mask, T v, int source, int width = 32) {
  return emulated_shuffle(mask, v, (emulated_lane() & ~(width - 1)) | (source & (width - 1)), true);
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T v, unsigned delta, int width = 32) {
  const int source = emulated_lane() - static_cast<int>(delta);
  return emulated_shuffle(mask, v, source, source >= (emulated_lane() & ~(width - 1)));
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T v, unsigned delta, int width = 32) {
  const int source = emulated_lane() + static_cast<int>(delta);
  return emulated_shuffle(mask, v, source, source <= (emulated_lane() | (width - 1)));
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T v, int lanes, int width = 32) {
  const int source = emulated_lane() ^ lanes;
  return emulated_shuffle(mask, v, source & 31, source <= (emulated_lane() | (width - 1)));
}

template <class T>
inline unsigned __match_any_sync(unsigned mask, T v) {
  const EmulatedWarp<T> all = emulated_exchange(mask, v);
  unsigned r = 0;
  for (int i = 0; i < 32; ++i)
    if ((mask >> i & 1u) != 0 && all[i] == v) r |= 1u << i;
  return r;
}

#define HONE_WARP_REDUCE(Name, expression)                  \
  template <class T>                                        \
  inline T Name(unsigned mask, T v) {                       \
    const EmulatedWarp<T> all = emulated_exchange(mask, v); \
    for (int i = 0; i < 32; ++i)                            \
      if ((mask >> i & 1u) != 0 && i != emulated_lane()) {  \
        const T other = all[i];                             \
        v = expression;                                     \
      }                                                     \
    return v;                                               \
  }
HONE_WARP_REDUCE(__reduce_add_sync, v + other)
HONE_WARP_REDUCE(__reduce_min_sync, other < v ? other : v)
HONE_WARP_REDUCE(__reduce_max_sync, v < other ? other : v)
HONE_WARP_REDUCE(__reduce_and_sync, v& other)
HONE_WARP_REDUCE(__reduce_or_sync, v | other)
HONE_WARP_REDUCE(__reduce_xor_sync, v ^ other)
#undef HONE_WARP_REDUCE

// Votes over the whole block.
static int hone_emulated_vote[3];
inline int emulated_block_vote(int predicate, int which) {
  __syncthreads();
  hone_emulated_vote[0] = 0, hone_emulated_vote[1] = 0, hone_emulated_vote[2] = 1;
  __syncthreads();
  if (predicate) ++hone_emulated_vote[0], hone_emulated_vote[1] = 1;
  if (!predicate) hone_emulated_vote[2] = 0;
  __syncthreads();
  const int r = hone_emulated_vote[which];
  __syncthreads();
  return r;
}
inline int __syncthreads_count(int predicate) { return emulated_block_vote(predicate, 0); }
inline int __syncthreads_or(int predicate) { return emulated_block_vote(predicate, 1); }
inline int __syncthreads_and(int predicate) { return emulated_block_vote(predicate, 2); }
