// IStreamReader, IStreamReaderV2 and IStreamWriter: plans read from and written to wherever the program likes.
#pragma once

#include "hone/cuda_types.h"
#include "hone/enum_max.h"
#include "hone/macros.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// What an offset of IStreamReaderV2::seek() counts from.
enum class SeekPosition : int32_t {
  kSET = 0,  ///< The beginning.
  kCUR = 1,  ///< The present position.
  kEND = 2,  ///< The end.
};

/// Supplies a plan byte after byte. Implemented by the program.
class IStreamReader : public IVersionedInterface {
 public:
  /// Reads up to `nbBytes` into `destination`; returns how many were read, 0 or less at the end or on an error.
  virtual int64_t read(void* destination, int64_t nbBytes) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IStreamReader", 1, 0}; }
  IStreamReader() = default;
  ~IStreamReader() noexcept override = default;

 protected:
  IStreamReader(IStreamReader const&) = default;
  IStreamReader(IStreamReader&&) = default;
  IStreamReader& operator=(IStreamReader const&) & = default;
  IStreamReader& operator=(IStreamReader&&) & = default;
};

/// Supplies a plan with random access, into host or device memory. Implemented by the program.
class IStreamReaderV2 : public IVersionedInterface {
 public:
  /// Reads up to `nbBytes` into `destination` in stream order; returns how many, -1 on an error.
  virtual int64_t read(void* destination, int64_t nbBytes, cudaStream_t stream) noexcept = 0;
  /// Moves the position to `offset` bytes from `where`; false when that is not possible.
  virtual bool seek(int64_t offset, SeekPosition where) noexcept = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IStreamReaderV2", 1, 0}; }
  IStreamReaderV2() = default;
  ~IStreamReaderV2() noexcept override = default;

 protected:
  IStreamReaderV2(IStreamReaderV2 const&) = default;
  IStreamReaderV2(IStreamReaderV2&&) = default;
  IStreamReaderV2& operator=(IStreamReaderV2 const&) & = default;
  IStreamReaderV2& operator=(IStreamReaderV2&&) & = default;
};

/// Takes a plan in pieces. Implemented by the program.
class IStreamWriter : public IVersionedInterface {
 public:
  /// Writes `nbBytes` from `data`; returns how many were written. Fewer than asked for makes the caller fail.
  virtual int64_t write(void const* data, int64_t nbBytes) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IStreamWriter", 1, 0}; }
  IStreamWriter() = default;
  ~IStreamWriter() noexcept override = default;

 protected:
  IStreamWriter(IStreamWriter const&) = default;
  IStreamWriter(IStreamWriter&&) = default;
  IStreamWriter& operator=(IStreamWriter const&) & = default;
  IStreamWriter& operator=(IStreamWriter&&) & = default;
};

namespace v_1_0 {
using IStreamReader = nvinfer1::IStreamReader;
using IStreamReaderV2 = nvinfer1::IStreamReaderV2;
using IStreamWriter = nvinfer1::IStreamWriter;
}  // namespace v_1_0

}  // namespace nvinfer1
