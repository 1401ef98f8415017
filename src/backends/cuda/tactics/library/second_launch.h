// The program of a heavy node's epilogue as an element-wise launch of its own, after a library has computed the
// product: for programs that the library cannot fuse.
#pragma once

#include <memory>

#include "backends/backend.h"

namespace hone::cuda {

class SecondLaunch {
 public:
  /// Most inputs that an epilogue may add.
  static constexpr size_t kMostExtras = 12;

  /// What the library writes: the node's output in the type of the product.
  static TensorDesc product(const Problem& p);
  /// True where the product may be written into the node's output, which the second launch then changes in place.
  static bool in_place(const Problem& p) { return product(p) == p.outputs[0]; }
  static Verdict check(const Problem& p);

  /// Compiles; throws where check() says no.
  explicit SecondLaunch(const Problem& p);
  size_t workspace() const { return kernel_->workspace(); }
  void run(const Launch& l, const void* product, void* workspace) const noexcept;
  void collect_code(std::vector<CodeImage>* images) const { kernel_->collect_code(images); }

 private:
  size_t base_inputs_, extras_;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace hone::cuda
