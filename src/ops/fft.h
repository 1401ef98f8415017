// A discrete Fourier transform of any length for reference evaluations: split by prime factors, in double.
#pragma once

#include <cmath>
#include <complex>
#include <vector>

namespace hone {

namespace detail {
/// out[k] = sum_j in[j * step] * w^(j*k) for n points; w_table holds the `n_all` roots of the whole transform.
inline void dft_part(const std::complex<double>* in, int64_t step, std::complex<double>* out, int64_t n,
                     const std::vector<std::complex<double>>& roots) {
  if (n == 1) {
    out[0] = in[0];
    return;
  }
  int64_t p = 2;
  while (n % p != 0) p = p * p > n ? n : p + 1;
  const int64_t m = n / p, all = static_cast<int64_t>(roots.size());
  for (int64_t r = 0; r < p; ++r) dft_part(in + r * step, step * p, out + r * m, m, roots);
  std::vector<std::complex<double>> part(static_cast<size_t>(p));
  for (int64_t k = 0; k < m; ++k) {
    for (int64_t r = 0; r < p; ++r) part[static_cast<size_t>(r)] = out[r * m + k];
    for (int64_t q = 0; q < p; ++q) {
      std::complex<double> sum = part[0];
      for (int64_t r = 1; r < p; ++r)
        sum += part[static_cast<size_t>(r)] * roots[static_cast<size_t>(r * (q * m + k) % n * (all / n))];
      out[q * m + k] = sum;
    }
  }
}
}  // namespace detail

/// The transform of `in` (sign of the exponent -1, or +1 for `inverse`; not normalised).
inline std::vector<std::complex<double>> dft(const std::vector<std::complex<double>>& in, bool inverse) {
  const auto n = static_cast<int64_t>(in.size());
  if (n == 0) return {};
  std::vector<std::complex<double>> roots(in.size()), out(in.size());
  for (int64_t i = 0; i < n; ++i) {
    const double angle = (inverse ? 2 : -2) * 3.14159265358979323846 * static_cast<double>(i) / static_cast<double>(n);
    roots[static_cast<size_t>(i)] = {std::cos(angle), std::sin(angle)};
  }
  detail::dft_part(in.data(), 1, out.data(), n, roots);
  return out;
}

}  // namespace hone
