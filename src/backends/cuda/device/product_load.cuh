// How blocks of a matrix product fetch their operands: slabs of matrices with K or the other axis contiguous, windows
// of channels-last images, and windows of planar images. A slab is kept in shared memory as rows of 16-byte chunks
// whose order is permuted so that neither the copies nor the tensor cores' reads meet in one bank.
#pragma once

#include "half.cuh"
#include "mma.cuh"

namespace product {

/// Byte offset of a chunk in a slab whose rows have `CHUNKS` chunks. Chunks change places within groups of the largest
/// power of two that divides CHUNKS.
template <int CHUNKS>
__device__ __forceinline__ int chunk_offset(int row, int chunk) {
  constexpr int kGroup = CHUNKS & -CHUNKS;
  constexpr int kPeriod = kGroup >= 8 ? 1 : 8 / kGroup;
  constexpr int kMask = kGroup >= 8 ? 7 : kGroup - 1;
  return (row * CHUNKS + (chunk ^ ((row / kPeriod) & kMask))) * 16;
}

__device__ __forceinline__ bool aligned(const void* p, unsigned bytes) {
  return (reinterpret_cast<unsigned long long>(p) & (bytes - 1)) == 0;
}

/// An index taken apart into N factors, each with its own stride; factor 0 is the outermost.
template <int N>
struct Axes {
  int extent[N];
  long long stride[N];
  __device__ __forceinline__ long long offset(int index) const {
    long long at = 0;
#pragma unroll
    for (int f = N - 1; f > 0; --f) {
      const int rest = index / extent[f];
      at += (index - rest * extent[f]) * stride[f];
      index = rest;
    }
    return at + index * stride[0];
  }
};
template <>
struct Axes<0> {
  __device__ __forceinline__ long long offset(int) const { return 0; }
};

/// Copies the first `count` elements of a chunk and zeros the rest. `aligned16`: the source is 16-byte aligned. Rare,
/// and kept small: it stands in every loader.
template <class T>
__device__ __forceinline__ void copy_part(char* shared, const T* global, int count, bool aligned16) {
  if (aligned16) return mma::copy_async(shared, global, count * static_cast<int>(sizeof(T)));
#pragma unroll 1
  for (int i = 0; i < 16 / static_cast<int>(sizeof(T)); ++i) {
    if constexpr (sizeof(T) == 4) {
      mma::copy_async4(shared + i * 4, i < count ? global + i : global, i < count);
    } else {
      T v = T{};
      if (i < count) v = global[i];
      reinterpret_cast<T*>(shared)[i] = v;
    }
  }
}

/// How many elements of a chunk are there when `left` are left.
template <class T>
__device__ __forceinline__ int part_of_chunk(int left) {
  constexpr int kCount = 16 / sizeof(T);
  return left < 0 ? 0 : left > kCount ? kCount : left;
}

/// How the chunks of an operand can be copied: their sources may start at any element, or at multiples of 16 bytes, and
/// then all of them may be whole.
enum Road { kAnywhere, kAligned, kWhole };
template <class T>
__device__ __forceinline__ Road road_of(const T* data, long long steps, int left) {
  constexpr int kCount = 16 / sizeof(T);
  if (!aligned(data, 16) || steps % kCount != 0) return kAnywhere;
  return left % kCount == 0 ? kWhole : kAligned;
}

/// Byte offset of the chunk of pass `i`, which is STEP rows behind that of the pass before. Rows that are a multiple of
/// 8 apart have their chunks in the same order.
template <int CHUNKS, int STEP>
__device__ __forceinline__ int place_of_pass(int row, int chunk, int i) {
  return STEP % 8 == 0 ? chunk_offset<CHUNKS>(row, chunk) + i * STEP * CHUNKS * 16
                       : chunk_offset<CHUNKS>(row + i * STEP, chunk);
}

/// The copies of one thread in a slab of ROWS rows of CHUNKS chunks: chunk `chunk` of rows row, row + STEP ..., of
/// which the first `rows` from row `row` on are there. `from` is the first one's source, `step` the distance to the
/// next. Which road is taken is asked once a slab, so that the fast one is nothing but copies.
template <int ROWS, int CHUNKS, int STEP, class T>
__device__ __forceinline__ void copy_rows(char* slab, int row, int chunk, Road road, const T* from, long long step,
                                          int rows, int left) {
  constexpr int kPasses = (ROWS + STEP - 1) / STEP;
  if (road == kWhole) {
    if (left <= 0) rows = 0;
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      if (ROWS % STEP != 0 && row + i * STEP >= ROWS) break;
      mma::copy_async16(slab, place_of_pass<CHUNKS, STEP>(row, chunk, i), from + i * step, i * STEP < rows);
    }
  } else {
    const int count = part_of_chunk<T>(left);
#pragma unroll 1
    for (int i = 0; i < kPasses; ++i) {
      if (ROWS % STEP != 0 && row + i * STEP >= ROWS) break;
      const bool there = i * STEP < rows;
      copy_part<T>(slab + place_of_pass<CHUNKS, STEP>(row, chunk, i), there ? from + i * step : from, there ? count : 0,
                   road == kAligned);
    }
  }
}

/// A matrix in memory: rows along M (or N) with K contiguous, or rows along K with M (or N) contiguous.
template <class T>
struct Matrix {
  const T* data;
  long long pitch;
  int extent;  // along M or N, from the block's first row on
};

/// Slabs [ROWS][CHUNKS] of a matrix whose K axis is contiguous.
template <class T, int ROWS, int CHUNKS, int THREADS>
class LoadAlongK {
 public:
  static constexpr bool kAlongK = true;
  static constexpr int kBytes = ROWS * CHUNKS * 16;
  __device__ __forceinline__ void start(const Matrix<T>& m, int k, int k_end) {
    at_ = m.data + kRow() * m.pitch + k + kChunk() * kElements;
    step_ = kStep * m.pitch;
    rows_ = m.extent - kRow();
    left_ = k_end - k - kChunk() * kElements;
    road_ = road_of(m.data + k, m.pitch, k_end - k);
  }
  template <class W>
  __device__ __forceinline__ void fetch(char* slab, const W&) {
    copy_rows<ROWS, CHUNKS, kStep>(slab, kRow(), kChunk(), road_, at_, step_, rows_, left_);
    at_ += CHUNKS * kElements;
    left_ -= CHUNKS * kElements;
  }
  __device__ __forceinline__ void store(char*) {}

 private:
  static constexpr int kElements = 16 / sizeof(T);
  static constexpr int kStep = THREADS / CHUNKS;
  static constexpr int kPasses = (ROWS + kStep - 1) / kStep;
  static_assert(THREADS % CHUNKS == 0, "a pass takes whole rows");
  static __device__ __forceinline__ int kRow() { return threadIdx.x / CHUNKS; }
  static __device__ __forceinline__ int kChunk() { return threadIdx.x % CHUNKS; }
  const T* at_;
  long long step_;
  int rows_, left_;
  Road road_;
};

/// Slabs [K][WIDTH] of a matrix whose M or N axis is contiguous.
template <class T, int WIDTH, int DEPTH, int THREADS>
class LoadAcrossK {
 public:
  static constexpr bool kAlongK = false;
  static constexpr int kBytes = WIDTH * DEPTH * static_cast<int>(sizeof(T));
  __device__ __forceinline__ void start(const Matrix<T>& m, int k, int k_end) {
    at_ = m.data + (k + kRow()) * m.pitch + kChunk() * kElements;
    pitch_ = m.pitch;
    rows_ = k_end - k - kRow();
    left_ = m.extent - kChunk() * kElements;
    road_ = road_of(m.data, m.pitch, m.extent);
  }
  template <class W>
  __device__ __forceinline__ void fetch(char* slab, const W&) {
    copy_rows<DEPTH, kChunks, kStep>(slab, kRow(), kChunk(), road_, at_, kStep * pitch_, rows_, left_);
    at_ += DEPTH * pitch_;
    rows_ -= DEPTH;
  }
  __device__ __forceinline__ void store(char*) {}

 private:
  static constexpr int kElements = 16 / sizeof(T);
  static constexpr int kChunks = WIDTH / kElements;
  static constexpr int kStep = THREADS / kChunks;
  static constexpr int kPasses = (DEPTH + kStep - 1) / kStep;
  static_assert(THREADS % kChunks == 0, "a pass takes whole rows");
  static __device__ __forceinline__ int kRow() { return threadIdx.x / kChunks; }
  static __device__ __forceinline__ int kChunk() { return threadIdx.x % kChunks; }
  const T* at_;
  long long pitch_;
  int rows_, left_;
  Road road_;
};

/// Geometry of a convolution over three spatial axes, extents of 1 in front. Strides are in elements.
struct Windows {
  int in[3], out[3], kernel[3], stride[3], dilation[3], pad[3];
  int image, axis[3];  // from image to image and from pixel to pixel along each axis
  int channels, channel_step;
};

/// Channels-last images as rows of windows: row m is an output pixel, K runs over kernel positions and within them over
/// channels, rounded up to whole chunks. TRANSPOSED: the windows of a transposed convolution, whose strides spread the
/// input and whose padding cuts the output.
template <class T, int ROWS, int CHUNKS, int THREADS, bool TRANSPOSED>
class LoadWindows {
 public:
  static constexpr bool kAlongK = true;
  static constexpr int kBytes = ROWS * CHUNKS * 16;
  /// `first`, `rows`: output pixels of the block.
  __device__ __forceinline__ void start(const T* data, const Windows& w, int first, int rows, int k) {
    data_ = data;
    const int padded = (w.channels + kElements - 1) / kElements * kElements;
    const int tap = k / padded;
    channel_ = k - tap * padded + kChunk() * kElements;
    tap_[2] = tap % w.kernel[2], tap_[1] = tap / w.kernel[2] % w.kernel[1], tap_[0] = tap / w.kernel[2] / w.kernel[1];
    wrap(w, padded);
    road_ = road_of(data, w.axis[0] | w.axis[1] | w.axis[2] | w.image, w.channels);
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      const int row = kRow() + i * kStep;
      int pixel = first + row;
      const int x = pixel % w.out[2];
      pixel /= w.out[2];
      const int y = pixel % w.out[1];
      pixel /= w.out[1];
      const int z = pixel % w.out[0];
      const int image = pixel / w.out[0];
      image_[i] = image * w.image;
      if constexpr (TRANSPOSED) {
        at_[i][0] = z + w.pad[0], at_[i][1] = y + w.pad[1], at_[i][2] = x + w.pad[2];
      } else {
        at_[i][0] = z * w.stride[0] - w.pad[0];
        at_[i][1] = y * w.stride[1] - w.pad[1];
        at_[i][2] = x * w.stride[2] - w.pad[2];
      }
      if (row >= rows) at_[i][2] = kOutside;
    }
  }
  __device__ __forceinline__ void fetch(char* slab, const Windows& w) {
    const int left = tap_[0] < w.kernel[0] ? w.channels - channel_ : 0;
    const int z = tap_[0] * w.dilation[0], y = tap_[1] * w.dilation[1], x = tap_[2] * w.dilation[2];
    // Offset of the chunk of pass i; negative where the window lies outside there.
    const auto offset = [&](int i) {
      int p[3];
      bool valid = true;
      if constexpr (TRANSPOSED) {
        p[0] = at_[i][0] - z, p[1] = at_[i][1] - y, p[2] = at_[i][2] - x;
#pragma unroll
        for (int a = 0; a < 3; ++a) {
          valid = valid && p[a] >= 0;
          const int q = p[a] / w.stride[a];
          valid = valid && q * w.stride[a] == p[a] && q < w.in[a];
          p[a] = q;
        }
      } else {
        p[0] = at_[i][0] + z, p[1] = at_[i][1] + y, p[2] = at_[i][2] + x;
#pragma unroll
        for (int a = 0; a < 3; ++a) valid = valid && static_cast<unsigned>(p[a]) < static_cast<unsigned>(w.in[a]);
      }
      return valid ? image_[i] + p[0] * w.axis[0] + p[1] * w.axis[1] + p[2] * w.axis[2] + channel_ : -1;
    };
    if (road_ == kWhole) {
#pragma unroll
      for (int i = 0; i < kPasses; ++i) {
        if (ROWS % kStep != 0 && kRow() + i * kStep >= ROWS) break;
        const int at = offset(i);
        mma::copy_async16(slab, place(i), data_ + at, at >= 0 && left > 0);
      }
    } else {
      const int count = part_of_chunk<T>(left);
#pragma unroll
      for (int i = 0; i < kPasses; ++i) {
        if (ROWS % kStep != 0 && kRow() + i * kStep >= ROWS) break;
        const int at = offset(i);
        copy_part<T>(slab + place(i), at >= 0 ? data_ + at : data_, at >= 0 ? count : 0, road_ == kAligned);
      }
    }
    channel_ += CHUNKS * kElements;
    wrap(w, (w.channels + kElements - 1) / kElements * kElements);
  }
  __device__ __forceinline__ void store(char*) {}

 private:
  static constexpr int kElements = 16 / sizeof(T);
  static constexpr int kStep = THREADS / CHUNKS;
  static constexpr int kPasses = (ROWS + kStep - 1) / kStep;
  static constexpr int kOutside = -(1 << 29);
  static __device__ __forceinline__ int kRow() { return threadIdx.x / CHUNKS; }
  static __device__ __forceinline__ int kChunk() { return threadIdx.x % CHUNKS; }
  static __device__ __forceinline__ int place(int i) { return place_of_pass<CHUNKS, kStep>(kRow(), kChunk(), i); }
  __device__ __forceinline__ void wrap(const Windows& w, int padded) {
    while (channel_ >= padded && tap_[0] < w.kernel[0]) {
      channel_ -= padded;
      if (++tap_[2] < w.kernel[2]) continue;
      tap_[2] = 0;
      if (++tap_[1] < w.kernel[1]) continue;
      tap_[1] = 0, ++tap_[0];
    }
  }
  const T* data_;
  int image_[kPasses], at_[kPasses][3], tap_[3], channel_;
  Road road_;
};

/// Windows of planar images as slabs [K][WIDTH] with pixels contiguous: K runs over channels and within them over
/// kernel positions. Elements pass through registers: fetch() reads them, store() writes them into the slab. KERNEL*:
/// extents of the kernel. A thread keeps one pixel, so that positions in the kernel are the same for a whole warp.
template <class T, int WIDTH, int DEPTH, int THREADS, int KERNEL0, int KERNEL1, int KERNEL2>
class LoadPlanes {
 public:
  static constexpr bool kAlongK = false;
  static constexpr int kBytes = WIDTH * DEPTH * static_cast<int>(sizeof(T));
  __device__ __forceinline__ void start(const T* data, const Windows& w, int first, int pixels, int k, int k_end) {
    int pixel = first + kColumn();
    const int x = pixel % w.out[2];
    pixel /= w.out[2];
    const int y = pixel % w.out[1];
    pixel /= w.out[1];
    const int z = pixel % w.out[0];
    at_[0] = z * w.stride[0] - w.pad[0], at_[1] = y * w.stride[1] - w.pad[1], at_[2] = x * w.stride[2] - w.pad[2];
    data_ = data + static_cast<long long>(pixel / w.out[0]) * w.image;
    offset_ = at_[0] * w.axis[0] + at_[1] * w.axis[1] + at_[2] * w.axis[2];
    if (kColumn() >= pixels) at_[2] = -(1 << 29);
    if constexpr (kMasks) {
      mask_[0] = mask<KERNEL0>(at_[0], w.dilation[0], w.in[0]);
      mask_[1] = mask<KERNEL1>(at_[1], w.dilation[1], w.in[1]);
      mask_[2] = mask<KERNEL2>(at_[2], w.dilation[2], w.in[2]);
      if (KERNEL0 == 1 && mask_[0] == 0) mask_[1] = 0;
    }
    k_ = k, k_end_ = k_end;
  }
  __device__ __forceinline__ void fetch(char*, const Windows& w) {
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      const int k = k_ + kRow() + i * kStep;
      const int channel = k / (KERNEL0 * KERNEL1 * KERNEL2), tap = k - channel * (KERNEL0 * KERNEL1 * KERNEL2);
      const int t[3] = {tap / (KERNEL1 * KERNEL2), tap / KERNEL2 % KERNEL1, tap % KERNEL2};
      bool valid = k < k_end_;
      int offset = channel * w.channel_step;
#pragma unroll
      for (int a = 0; a < 3; ++a) {
        if (a == 0 && KERNEL0 == 1 && kMasks) continue;  // part of the mask along axis 1
        const int step = t[a] * w.dilation[a];
        offset += step * w.axis[a];
        valid = valid && (kMasks ? (mask_[a] >> t[a] & 1u) != 0
                                 : static_cast<unsigned>(at_[a] + step) < static_cast<unsigned>(w.in[a]));
      }
      held_[i] = T{};
      if (valid) held_[i] = data_[offset_ + offset];
    }
    k_ += DEPTH;
  }
  __device__ __forceinline__ void store(char* slab) {
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      const int row = kRow() + i * kStep;
      if (DEPTH % kStep != 0 && row >= DEPTH) break;
      T* chunk = reinterpret_cast<T*>(slab + chunk_offset<kChunks>(row, kColumn() / kElements));
      chunk[kColumn() % kElements] = held_[i];
    }
  }

 private:
  static constexpr int kElements = 16 / sizeof(T);
  static constexpr int kChunks = WIDTH / kElements;
  static constexpr int kStep = THREADS / WIDTH;
  static constexpr int kPasses = (DEPTH + kStep - 1) / kStep;
  static constexpr bool kMasks = KERNEL0 <= 32 && KERNEL1 <= 32 && KERNEL2 <= 32;
  static_assert(THREADS % WIDTH == 0, "a pass takes whole rows");
  static __device__ __forceinline__ int kRow() { return kStep == 1 ? 0 : threadIdx.x / WIDTH; }
  static __device__ __forceinline__ int kColumn() { return threadIdx.x % WIDTH; }
  /// Bit t: position t of the kernel meets the image.
  template <int KERNEL>
  static __device__ __forceinline__ unsigned mask(int at, int dilation, int extent) {
    unsigned m = 0;
#pragma unroll
    for (int t = 0; t < KERNEL && t < 32; ++t)
      if (static_cast<unsigned>(at + t * dilation) < static_cast<unsigned>(extent)) m |= 1u << t;
    return m;
  }
  const T* data_;
  T held_[kPasses];
  unsigned mask_[3];
  int at_[3], offset_, k_, k_end_;
};

}  // namespace product
