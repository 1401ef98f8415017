// PluginField and PluginFieldCollection: named parameters of a plugin.
#pragma once

#include "hone/macros.h"
#include "hone/types.h"

namespace nvinfer1 {

/// Type of the values of a plugin parameter.
enum class PluginFieldType : int32_t {
  kFLOAT16 = 0,  ///< 16-bit floating point.
  kFLOAT32 = 1,  ///< 32-bit floating point.
  kFLOAT64 = 2,  ///< 64-bit floating point.
  kINT8 = 3,     ///< Signed 8-bit integer.
  kINT16 = 4,    ///< Signed 16-bit integer.
  kINT32 = 5,    ///< Signed 32-bit integer.
  kCHAR = 6,     ///< Character; the parameter is a text.
  kDIMS = 7,     ///< Dims.
  kUNKNOWN = 8,  ///< Anything else; the plugin knows.
  kBF16 = 9,     ///< 16-bit floating point with the exponent range of 32-bit.
  kINT64 = 10,   ///< Signed 64-bit integer.
  kFP8 = 11,     ///< 8-bit floating point.
  kINT4 = 12,    ///< Signed 4-bit integer.
  kFP4 = 13,     ///< 4-bit floating point.
};

/// One named parameter. Name and values are not owned.
class PluginField {
 public:
  AsciiChar const* name;  ///< Name of the parameter.
  void const* data;       ///< `length` values of type `type`; may be null in a list of names.
  PluginFieldType type;   ///< Type of the values.
  int32_t length;         ///< Number of values.

  PluginField(AsciiChar const* const name_ = nullptr, void const* const data_ = nullptr,
              PluginFieldType const type_ = PluginFieldType::kUNKNOWN, int32_t const length_ = 0) noexcept
      : name(name_), data(data_), type(type_), length(length_) {}
};

/// A list of parameters. Not owned.
struct PluginFieldCollection {
  int32_t nbFields;           ///< Number of parameters.
  PluginField const* fields;  ///< The parameters.
};

}  // namespace nvinfer1
