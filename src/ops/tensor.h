// A host tensor: type, concrete dims and shared, possibly foreign (mapped) storage. Used for weights, constants and the
// reference evaluation. Copies share storage; storage is immutable once shared by convention.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "ops/dim.h"
#include "ops/type.h"

namespace hone {

class Tensor {
 public:
  Tensor() = default;
  /// Uninitialised storage, 64-byte aligned; throws ModelError where the size overflows or memory is out.
  Tensor(DType type, Dims dims);
  /// A view of foreign memory that `owner` keeps alive (null: the caller does).
  static Tensor view(DType type, Dims dims, const void* data, std::shared_ptr<const void> owner = nullptr);
  static Tensor zeros(DType type, Dims dims);
  template <class T>
  static Tensor scalar(T v) {
    Tensor t(dtype_of<T>, {});
    *t.data<T>() = v;
    return t;
  }
  template <class T>
  static Tensor from(const std::vector<T>& v) {
    Tensor t(dtype_of<T>, {static_cast<int64_t>(v.size())});
    for (size_t i = 0; i < v.size(); ++i) t.data<T>()[i] = v[i];
    return t;
  }

  DType type() const { return type_; }
  const Dims& dims() const { return dims_; }
  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t count() const { return count_; }
  size_t bytes() const { return storage_bytes(type_, count_); }
  bool defined() const { return data_ != nullptr; }

  const void* raw() const { return data_.get(); }
  void* raw() { return data_.get(); }
  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_.get());
  }
  template <class T>
  T* data() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <class T>
  std::span<const T> span() const {
    check_type(dtype_of<T>);
    return {data<T>(), static_cast<size_t>(count_)};
  }
  template <class T>
  std::span<T> span() {
    check_type(dtype_of<T>);
    return {data<T>(), static_cast<size_t>(count_)};
  }

  /// The same storage under other dims of the same volume.
  Tensor reshaped(Dims dims) const;
  /// Converted copy (round to nearest even; towards integers truncation with saturation; non-zero to bool); shares
  /// storage if the type is the same. Packed types convert from and to any other.
  Tensor to(DType type) const;
  /// A deep copy.
  Tensor clone() const;
  /// Elements of any type as int64 / double.
  std::vector<int64_t> as_ints() const;
  std::vector<double> as_doubles() const;
  /// Same type, dims and bytes.
  bool identical(const Tensor& other) const;

 private:
  void check_type(DType t) const;
  DType type_ = DType::kF32;
  Dims dims_;
  int64_t count_ = 0;
  std::shared_ptr<std::byte> data_;
};

}  // namespace hone
