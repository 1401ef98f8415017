// CUDA C++ for a host compiler: what stands before the text of every emulated kernel. Keywords vanish, shared memory is
// static (one block runs at a time), threads that wait for one another call the emulator.
#pragma once

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <type_traits>
#include <utility>

#include "interface.h"

#define __CUDACC_RTC__ 1
#define __global__ __attribute__((used))
#define __device__
#define __host__
#define __constant__ static
#define __shared__ static
#define __grid_constant__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define alignas(n) __attribute__((aligned(n)))
#define HONE_EMULATED_EXPORT extern "C" __attribute__((visibility("default")))

static const EmulatedServices* hone_emulated_services;
static EmulatedPosition hone_emulated_position;
static unsigned char hone_emulated_shared[232448] __attribute__((aligned(1024)));

// These two exist in the compiled kernel only where its code waits; the emulator looks for them and runs all other
// kernels as a plain loop over threads.
HONE_EMULATED_EXPORT inline __attribute__((noinline)) void hone_emulated_barrier(int id, int threads) {
  hone_emulated_services->barrier(id, threads);
}
HONE_EMULATED_EXPORT inline __attribute__((noinline)) const char* hone_emulated_exchange(unsigned mask,
                                                                                         const void* mine,
                                                                                         unsigned bytes) {
  return hone_emulated_services->exchange(mask, mine, bytes);
}

// All lanes' values after a warp-wide exchange, for the emulated forms of warp-wide instructions.
template <class T>
struct EmulatedWarp {
  const char* slots;
  T operator[](int lane) const {
    T v;
    memcpy(&v, slots + lane * kEmulatedSlot, sizeof(T));
    return v;
  }
};
template <class T>
inline EmulatedWarp<T> emulated_exchange(unsigned mask, const T& mine) {
  static_assert(sizeof(T) <= kEmulatedSlot, "more than a lane can exchange at once");
  return {hone_emulated_exchange(mask, &mine, sizeof(T))};
}
inline int emulated_lane() {
  const EmulatedPosition& p = hone_emulated_position;
  return static_cast<int>((p.thread.x + p.block_dim.x * (p.thread.y + p.block_dim.y * p.thread.z)) % 32);
}

#include "prelude_math.h"
#include "prelude_vectors.h"
#include "prelude_warp.h"

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
#define threadIdx hone_emulated_position.thread
#define blockIdx hone_emulated_position.block
#define blockDim hone_emulated_position.block_dim
#define gridDim hone_emulated_position.grid_dim
static constexpr int warpSize = 32;

// How a kernel is called with an array of pointers to its arguments.
template <class... A>
struct EmulatedCall {
  static constexpr unsigned count = sizeof...(A);
  static constexpr unsigned sizes[sizeof...(A) + 1] = {sizeof(A)..., 0};
  template <size_t... I>
  static void call(void (*f)(A...), void** p, std::index_sequence<I...>) {
    f(*static_cast<std::remove_cv_t<A>*>(p[I])...);
  }
};
template <class... A>
EmulatedCall<A...> emulated_call_of(void (*)(A...));
template <class... A>
void emulated_call(void (*f)(A...), void** p) {
  EmulatedCall<A...>::call(f, p, std::index_sequence_for<A...>());
}
