// The parameters of a function as the machine passes them: how many, and the size of each.
#pragma once

#include <array>
#include <cstddef>

template <class F>
struct Signature;
template <class R, class... P>
struct Signature<R (*)(P...)> {
  static constexpr std::array<size_t, sizeof...(P) + 1> sizes{sizeof(R), sizeof(P)...};
};
