// Products of a group of four warps on Hopper's tensor cores (wgmma, sm_90a only), with both operands in shared memory.
// The emulated form reads the same slabs element by element. Registers are those of the PTX manual's wgmma.m64nNk16.
#pragma once

#include "product_load.cuh"

namespace wgmma {

/// Slabs are rows of 128 bytes whose 16-byte chunks are exchanged by the row's lowest three bits (chunk_offset<8>): the
/// 128-byte swizzle. They start at multiples of 1024 bytes.
constexpr int kSlabAlignment = 1024;

#ifdef HONE_EMULATED

__device__ inline void fence_registers() {}
__device__ inline void fence_slabs() {}
__device__ inline void commit() {}
template <int Pending>
__device__ inline void wait() {}

template <mma::Kind K, int N>
__device__ inline void multiply_add(float (&d)[N / 2], const char* a, const char* b, int step, bool add) {
  for (int i = 0; i < N / 2 && !add; ++i) d[i] = 0;
  const int thread = static_cast<int>(threadIdx.x % 128), row = thread / 32 * 16 + thread % 32 / 4;
  const auto element = [&](const char* slab, int r, int k) {
    const auto* chunk =
        reinterpret_cast<const unsigned short*>(slab + product::chunk_offset<8>(r, (step * 16 + k) / 8));
    const unsigned short bits = chunk[k % 8];
    return K == mma::kF16 ? float_of_half(bits) : float_of_bits(static_cast<unsigned>(bits) << 16);
  };
  for (int k = 0; k < 16; ++k) {
    const float low = element(a, row, k), high = element(a, row + 8, k);
    for (int j = 0; j < N / 8; ++j)
      for (int e = 0; e < 2; ++e) {
        const float x = element(b, j * 8 + thread % 4 * 2 + e, k);
        d[j * 4 + e] += low * x, d[j * 4 + 2 + e] += high * x;
      }
  }
}

template <mma::Kind K>
__device__ inline void multiply_add_held(float (&d)[32], const unsigned (&a)[4], const char* b, int step) {
  const mma::Registers mine = {{a[0], a[1], a[2], a[3]}, {0, 0}};
  const auto warp = emulated_exchange(0xffffffffu, mine);
  const int lane = mma::lane();
  for (int k = 0; k < 16; ++k) {
    const mma::Registers owner = warp[lane / 4 * 4 + k % 8 / 2];
    const unsigned* held = owner.a + k / 8 * 2;
    const float low = mma::emulated_element<K>(held, k % 2), high = mma::emulated_element<K>(held + 1, k % 2);
    for (int j = 0; j < 8; ++j)
      for (int e = 0; e < 2; ++e) {
        const auto* chunk = reinterpret_cast<const unsigned short*>(b + product::chunk_offset<8>(step * 16 + k, j));
        const unsigned short bits = chunk[lane % 4 * 2 + e];
        const float x = K == mma::kF16 ? float_of_half(bits) : float_of_bits(static_cast<unsigned>(bits) << 16);
        d[j * 4 + e] += low * x, d[j * 4 + 2 + e] += high * x;
      }
  }
}

#else

/// Before the first product that follows ordinary accesses to the sums.
__device__ __forceinline__ void fence_registers() {
#if __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}
/// By every thread that wrote to slabs, before the barrier behind which they are multiplied.
__device__ __forceinline__ void fence_slabs() {
#if __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}
__device__ __forceinline__ void commit() {
#if __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}
/// Waits until at most `Pending` committed groups of the warp group run.
template <int Pending>
__device__ __forceinline__ void wait() {
#if __CUDA_ARCH_FEAT_SM90_ALL
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
#endif
}

/// Start address; 1024 bytes from one group of eight rows to the next; 128-byte swizzle. The distance along K takes no
/// part with this swizzle.
__device__ __forceinline__ unsigned long long descriptor(const char* slab, int step) {
  // The step stays within 128 bytes, so that it changes nothing but the address field's lowest bits.
  const unsigned address = ((mma::shared_address(slab) & 0x3ffffu) >> 4) + static_cast<unsigned>(step) * 2;
  return address | 1ull << 16 | (1024ull >> 4) << 32 | 1ull << 62;
}

#if __CUDA_ARCH_FEAT_SM90_ALL
template <mma::Kind K, int N>
struct Instruction;
template <mma::Kind K>
struct HeldInstruction;
#define HONE_D8(d, i)                                                                                         \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), \
      "+f"(d[i + 7])
#define HONE_D16(d, i) HONE_D8(d, i), HONE_D8(d, i + 8)
#define HONE_D32(d, i) HONE_D16(d, i), HONE_D16(d, i + 16)
#define HONE_D24(d, i) HONE_D16(d, i), HONE_D8(d, i + 16)
#define HONE_D40(d, i) HONE_D32(d, i), HONE_D8(d, i + 32)
#define HONE_D48(d, i) HONE_D32(d, i), HONE_D16(d, i + 32)
#define HONE_D56(d, i) HONE_D48(d, i), HONE_D8(d, i + 48)
#define HONE_D64(d, i) HONE_D32(d, i), HONE_D32(d, i + 32)
#define HONE_D96(d, i) HONE_D64(d, i), HONE_D32(d, i + 64)
#define HONE_D128(d, i) HONE_D64(d, i), HONE_D64(d, i + 64)
#define HONE_WGMMA(N, COUNT, REGISTERS, A, B, ADD)                                                            \
  template <>                                                                                                 \
  struct Instruction<mma::kF16, N> {                                                                          \
    static __device__ __forceinline__ void run(float (&d)[COUNT], unsigned long long a, unsigned long long b, \
                                               int add) {                                                     \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, " ADD ", 0; wgmma.mma_async.sync.aligned.m64n" #N          \
                   "k16.f32.f16.f16 {" REGISTERS "}, " A ", " B ", p, 1, 1, 0, 0; }"                          \
                   : HONE_D##COUNT(d, 0)                                                                      \
                   : "l"(a), "l"(b), "r"(add));                                                               \
    }                                                                                                         \
  };                                                                                                          \
  template <>                                                                                                 \
  struct Instruction<mma::kBF16, N> {                                                                         \
    static __device__ __forceinline__ void run(float (&d)[COUNT], unsigned long long a, unsigned long long b, \
                                               int add) {                                                     \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, " ADD ", 0; wgmma.mma_async.sync.aligned.m64n" #N          \
                   "k16.f32.bf16.bf16 {" REGISTERS "}, " A ", " B ", p, 1, 1, 0, 0; }"                        \
                   : HONE_D##COUNT(d, 0)                                                                      \
                   : "l"(a), "l"(b), "r"(add));                                                               \
    }                                                                                                         \
  };
#define HONE_R0 "%0,%1,%2,%3,%4,%5,%6,%7"
#define HONE_R1 "%8,%9,%10,%11,%12,%13,%14,%15"
#define HONE_R2 "%16,%17,%18,%19,%20,%21,%22,%23"
#define HONE_R3 "%24,%25,%26,%27,%28,%29,%30,%31"
#define HONE_R4 "%32,%33,%34,%35,%36,%37,%38,%39"
#define HONE_R5 "%40,%41,%42,%43,%44,%45,%46,%47"
#define HONE_R6 "%48,%49,%50,%51,%52,%53,%54,%55"
#define HONE_R7 "%56,%57,%58,%59,%60,%61,%62,%63"
#define HONE_R8 "%64,%65,%66,%67,%68,%69,%70,%71"
#define HONE_R9 "%72,%73,%74,%75,%76,%77,%78,%79"
#define HONE_R10 "%80,%81,%82,%83,%84,%85,%86,%87"
#define HONE_R11 "%88,%89,%90,%91,%92,%93,%94,%95"
#define HONE_R12 "%96,%97,%98,%99,%100,%101,%102,%103"
#define HONE_R13 "%104,%105,%106,%107,%108,%109,%110,%111"
#define HONE_R14 "%112,%113,%114,%115,%116,%117,%118,%119"
#define HONE_R15 "%120,%121,%122,%123,%124,%125,%126,%127"
#define HONE_R_1 HONE_R0
#define HONE_R_2 HONE_R_1 "," HONE_R1
#define HONE_R_3 HONE_R_2 "," HONE_R2
#define HONE_R_4 HONE_R_3 "," HONE_R3
#define HONE_R_5 HONE_R_4 "," HONE_R4
#define HONE_R_6 HONE_R_5 "," HONE_R5
#define HONE_R_7 HONE_R_6 "," HONE_R6
#define HONE_R_8 HONE_R_7 "," HONE_R7
#define HONE_R_9 HONE_R_8 "," HONE_R8
#define HONE_R_10 HONE_R_9 "," HONE_R9
#define HONE_R_11 HONE_R_10 "," HONE_R10
#define HONE_R_12 HONE_R_11 "," HONE_R11
#define HONE_R_13 HONE_R_12 "," HONE_R12
#define HONE_R_14 HONE_R_13 "," HONE_R13
#define HONE_R_15 HONE_R_14 "," HONE_R14
#define HONE_R_16 HONE_R_15 "," HONE_R15
HONE_WGMMA(32, 16, HONE_R_2, "%16", "%17", "%18")
HONE_WGMMA(48, 24, HONE_R_3, "%24", "%25", "%26")
HONE_WGMMA(64, 32, HONE_R_4, "%32", "%33", "%34")
HONE_WGMMA(80, 40, HONE_R_5, "%40", "%41", "%42")
HONE_WGMMA(96, 48, HONE_R_6, "%48", "%49", "%50")
HONE_WGMMA(112, 56, HONE_R_7, "%56", "%57", "%58")
HONE_WGMMA(128, 64, HONE_R_8, "%64", "%65", "%66")
HONE_WGMMA(192, 96, HONE_R_12, "%96", "%97", "%98")
HONE_WGMMA(256, 128, HONE_R_16, "%128", "%129", "%130")
#define HONE_WGMMA_HELD(KIND, TYPE)                                                                                   \
  template <>                                                                                                         \
  struct HeldInstruction<KIND> {                                                                                      \
    static __device__ __forceinline__ void run(float (&d)[32], const unsigned (&a)[4], unsigned long long b) {        \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %37, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32." TYPE "." TYPE \
                   " {" HONE_R_4 "}, {%32, %33, %34, %35}, %36, p, 1, 1, 1; }"                                        \
                   : HONE_D32(d, 0)                                                                                   \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1));                                     \
    }                                                                                                                 \
  };
HONE_WGMMA_HELD(mma::kF16, "f16")
HONE_WGMMA_HELD(mma::kBF16, "bf16")
#undef HONE_WGMMA_HELD
#undef HONE_WGMMA
#undef HONE_D128
#undef HONE_D96
#undef HONE_D64
#undef HONE_D32
#undef HONE_D16
#undef HONE_D8
#undef HONE_D24
#undef HONE_D40
#undef HONE_D48
#undef HONE_D56
#undef HONE_R_1
#undef HONE_R_2
#undef HONE_R_3
#undef HONE_R_4
#undef HONE_R_5
#undef HONE_R_6
#undef HONE_R_7
#undef HONE_R_8
#undef HONE_R_9
#undef HONE_R_10
#undef HONE_R_11
#undef HONE_R_12
#undef HONE_R_13
#undef HONE_R_14
#undef HONE_R_15
#undef HONE_R_16
#undef HONE_R0
#undef HONE_R1
#undef HONE_R2
#undef HONE_R3
#undef HONE_R4
#undef HONE_R5
#undef HONE_R6
#undef HONE_R7
#undef HONE_R8
#undef HONE_R9
#undef HONE_R10
#undef HONE_R11
#undef HONE_R12
#undef HONE_R13
#undef HONE_R14
#undef HONE_R15
#else
template <mma::Kind K, int N>
struct Instruction {
  static __device__ __forceinline__ void run(float (&)[N / 2], unsigned long long, unsigned long long, int) {
    __trap();
  }
};
template <mma::Kind K>
struct HeldInstruction {
  static __device__ __forceinline__ void run(float (&)[32], const unsigned (&)[4], unsigned long long) { __trap(); }
};
#endif

/// d += A B (d = A B where not `add`) for 64 rows of slab `a` and N rows of slab `b`, 16 elements along K from element
/// 16 `step` on. Runs on after it returns: see commit() and wait().
template <mma::Kind K, int N>
__device__ __forceinline__ void multiply_add(float (&d)[N / 2], const char* a, const char* b, int step, bool add) {
  Instruction<K, N>::run(d, descriptor(a, step), descriptor(b, step), add);
}
/// d += A B for 64 rows whose A is held in registers (fragments of mma.m16n8k16, 16 rows a warp), and a slab whose rows
/// lie across K: 64 columns of its rows 16 `step` ... 16 `step` + 15. A's registers are the products' until wait().
template <mma::Kind K>
__device__ __forceinline__ void multiply_add_held(float (&d)[32], const unsigned (&a)[4], const char* b, int step) {
  HeldInstruction<K>::run(d, a, descriptor(b + step * 16 * 128, 0));
}

#endif

}  // namespace wgmma
