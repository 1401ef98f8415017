// Simplifies the axes once, then moves runs, fills or transposed tiles.
#include "backends/cpu/simd/strided_copy.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "backends/cpu/simd/transpose.h"
#include "base/parallel.h"

namespace hone::cpu {
namespace {

constexpr int64_t kTile = 64;  // side of a transposed tile

// Axes sorted by destination stride, outermost first, with those merged that continue each other.
std::vector<StridedCopy::Axis> simplify(std::vector<StridedCopy::Axis> axes) {
  std::erase_if(axes, [](const auto& a) { return a.size == 1; });
  std::stable_sort(axes.begin(), axes.end(),
                   [](const auto& x, const auto& y) { return std::abs(x.to) > std::abs(y.to); });
  std::vector<StridedCopy::Axis> out;
  for (const auto& a : axes) {
    if (!out.empty() && out.back().to == a.to * a.size && out.back().from == a.from * a.size)
      out.back() = {out.back().size * a.size, a.from, a.to};
    else
      out.push_back(a);
  }
  return out;
}

// Cuts an axis into an outer part of whole tiles, where it divides; returns the tile axis.
template <class T>
void transpose_any(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows, int64_t cols) {
  for (int64_t i0 = 0; i0 < rows; i0 += 16)
    for (int64_t j = 0; j < cols; ++j)
      for (int64_t i = i0; i < std::min(rows, i0 + 16); ++i) to[j * to_pitch + i] = from[i * from_pitch + j];
}

template <class T>
void copy_elements(const std::byte* from, std::byte* to, const StridedCopy::Axis& b) {
  const T* x = reinterpret_cast<const T*>(from);
  T* y = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < b.size; ++i) y[i * b.to] = x[i * b.from];
}

template <class F>
void with_element(int64_t bytes, F f) {
  switch (bytes) {
    case 1:
      return f(uint8_t());
    case 2:
      return f(uint16_t());
    case 4:
      return f(uint32_t());
    default:
      return f(uint64_t());
  }
}

}  // namespace

StridedCopy::StridedCopy(int64_t element, std::vector<Axis> axes) : element_(element) {
  axes = simplify(std::move(axes));
  if (!axes.empty()) {
    b_ = axes.back();
    axes.pop_back();
  } else {
    b_ = {1, 1, 1};
  }
  if (b_.to == 1 && b_.from == 1) {
    kind_ = Inner::kRun;
  } else if (b_.to == 1 && b_.from == 0) {
    kind_ = Inner::kFill;
  } else {
    kind_ = Inner::kElements;
    const auto unit = std::find_if(axes.begin(), axes.end(), [](const Axis& a) { return a.from == 1; });
    if (b_.to == 1 && b_.from > 1 && unit != axes.end()) {
      kind_ = Inner::kTranspose;
      a_ = *unit;
      axes.erase(unit);
    }
  }
  outer_ = std::move(axes);
  for (const Axis& a : outer_) items_ *= a.size;
}

// One innermost block: for transposes a tile of rows along b (source) and columns along a.
void StridedCopy::item(const std::byte* from, std::byte* to) const {
  switch (kind_) {
    case Inner::kRun:
      std::memcpy(to, from, static_cast<size_t>(b_.size * element_));
      break;
    case Inner::kFill:
      with_element(element_, [&](auto t) {
        using T = decltype(t);
        std::fill_n(reinterpret_cast<T*>(to), b_.size, *reinterpret_cast<const T*>(from));
      });
      break;
    default:
      with_element(element_, [&](auto t) { copy_elements<decltype(t)>(from, to, b_); });
  }
}

void StridedCopy::run(const void* from, void* to) const noexcept {
  const bool tiled = kind_ == Inner::kTranspose;
  const int64_t a_tiles = tiled ? (a_.size + kTile - 1) / kTile : 1,
                b_tiles = tiled ? (b_.size + kTile - 1) / kTile : 1;
  const int64_t each = tiled ? kTile * kTile : b_.size, total = items_ * a_tiles * b_tiles;
  parallel_for(total, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, each * element_)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   int64_t rest = i;
                   const int64_t a0 = rest % a_tiles * kTile;
                   rest /= a_tiles;
                   const int64_t b0 = rest % b_tiles * kTile;
                   rest /= b_tiles;
                   int64_t x = tiled ? a0 * a_.from + b0 * b_.from : 0, y = tiled ? a0 * a_.to + b0 * b_.to : 0;
                   for (size_t k = outer_.size(); k-- > 0; rest /= outer_[k].size) {
                     const int64_t at = rest % outer_[k].size;
                     x += at * outer_[k].from;
                     y += at * outer_[k].to;
                   }
                   const auto* source = static_cast<const std::byte*>(from) + x * element_;
                   auto* target = static_cast<std::byte*>(to) + y * element_;
                   if (!tiled) {
                     item(source, target);
                     continue;
                   }
                   const int64_t rows = std::min(kTile, b_.size - b0), cols = std::min(kTile, a_.size - a0);
                   with_element(element_, [&](auto t) {
                     using T = decltype(t);
                     const auto* s = reinterpret_cast<const T*>(source);
                     auto* d = reinterpret_cast<T*>(target);
                     if constexpr (sizeof(T) == 4)
                       transpose_words(s, b_.from, d, a_.to, rows, cols);
                     else
                       transpose_any(s, b_.from, d, a_.to, rows, cols);
                   });
                 }
               });
}

}  // namespace hone::cpu
