// Dims2, DimsHW, Dims3 and Dims4: shapes of fixed rank with convenient constructors.
#pragma once

#include "hone/dims.h"

namespace nvinfer1 {

/// A shape of rank 2.
class Dims2 : public Dims {
 public:
  /// Rank 2, all zero.
  Dims2() : Dims2(0, 0) {}
  /// Rank 2 with these extents.
  Dims2(int64_t d0, int64_t d1) : Dims{2, {d0, d1}} {}
};

/// Height and width of a picture or window.
class DimsHW : public Dims2 {
 public:
  /// 0 by 0.
  DimsHW() = default;
  /// `height` rows by `width` columns.
  DimsHW(int64_t height, int64_t width) : Dims2(height, width) {}
  /// Height, writable.
  int64_t& h() { return d[0]; }
  /// Height.
  int64_t h() const { return d[0]; }
  /// Width, writable.
  int64_t& w() { return d[1]; }
  /// Width.
  int64_t w() const { return d[1]; }
};

/// A shape of rank 3.
class Dims3 : public Dims2 {
 public:
  /// Rank 3, all zero.
  Dims3() : Dims3(0, 0, 0) {}
  /// Rank 3 with these extents.
  Dims3(int64_t d0, int64_t d1, int64_t d2) : Dims2(d0, d1) {
    nbDims = 3;
    d[2] = d2;
  }
};

/// A shape of rank 4.
class Dims4 : public Dims3 {
 public:
  /// Rank 4, all zero.
  Dims4() : Dims4(0, 0, 0, 0) {}
  /// Rank 4 with these extents.
  Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3) : Dims3(d0, d1, d2) {
    nbDims = 4;
    d[3] = d3;
  }
};

}  // namespace nvinfer1
