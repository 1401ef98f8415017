// One convolution or matrix product through oneDNN, in the formats that it prefers: the peer of cpu_kernels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace hone::bench {

enum class PeerActivation { kNone, kRelu6, kSilu, kGelu };

struct PeerLayer {
  int64_t size, in, out, kernel, stride;  // as in cpu_kernels
  bool residual;
  PeerActivation activation;
};

class OneDnnPeer {
 public:
  explicit OneDnnPeer(const PeerLayer& l);
  ~OneDnnPeer();
  void run();
  double flops() const;
  std::string implementation() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hone::bench
