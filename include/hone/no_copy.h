// INoCopy: base of the objects that the library makes and hands out by pointer.
#pragma once

namespace nvinfer1 {

/// An object that is used by pointer or reference only and can be neither copied nor moved.
class INoCopy {
 public:
  virtual ~INoCopy() noexcept = default;

 protected:
  INoCopy() = default;
  INoCopy(INoCopy const&) = delete;
  INoCopy(INoCopy&&) = delete;
  INoCopy& operator=(INoCopy const&) = delete;
  INoCopy& operator=(INoCopy&&) = delete;
};

}  // namespace nvinfer1
