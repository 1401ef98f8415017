// EnumMax<E>(): one more than the largest value of an enumeration, for loops and table sizes.
#pragma once

#include <cstdint>

namespace nvinfer1 {

/// One more than the largest value of E. Numbers below it may be unused where an older release's name was given up.
template <typename E>
constexpr int32_t EnumMax() noexcept;

using char_t = char;     ///< The character type of names.
using AsciiChar = char;  ///< The character type of names that must be ASCII.

}  // namespace nvinfer1
