// IVersionedInterface: base of the interfaces that programs implement; it lets the library ask which edition of an
// interface an object implements.
#pragma once

#include <cstdint>

#include "hone/enum_max.h"

namespace nvinfer1 {

/// Name of an interface, such as "ILogger".
using InterfaceKind = char const*;

/// Name and edition of an interface.
class InterfaceInfo {
 public:
  InterfaceKind kind;  ///< Name of the interface.
  int32_t major;       ///< Changes when programs must change.
  int32_t minor;       ///< Changes when something is added.
};

/// The language an implementation is written in.
enum class APILanguage : int32_t {
  kCPP = 0,     ///< C++.
  kPYTHON = 1,  ///< Python.
};

/// One more than the largest value of APILanguage.
template <>
constexpr int32_t EnumMax<APILanguage>() noexcept {
  return 2;
}

/// Base of the interfaces that programs implement.
class IVersionedInterface {
 public:
  /// The language the implementation is written in.
  virtual APILanguage getAPILanguage() const noexcept { return APILanguage::kCPP; }
  /// Name and edition of the interface that the object implements.
  virtual InterfaceInfo getInterfaceInfo() const noexcept = 0;
  virtual ~IVersionedInterface() noexcept = default;

 protected:
  IVersionedInterface() = default;
  IVersionedInterface(IVersionedInterface const&) = default;
  IVersionedInterface(IVersionedInterface&&) = default;
  IVersionedInterface& operator=(IVersionedInterface const&) & = default;
  IVersionedInterface& operator=(IVersionedInterface&&) & = default;
};

}  // namespace nvinfer1
