// The tools' part in the verification of an engine: inputs from files, and the results as JSON.
#pragma once

#include <NvInfer.h>

#include <string>
#include <vector>

#include "common/options.h"

namespace tools {

class Verifier final : public nvinfer1::IVerifier {
 public:
  explicit Verifier(const Options& o) : o_(o) {}
  /// Asks for a verification where the options do.
  void attach(nvinfer1::IBuilderConfig& config);
  /// To be called after the build: writes the file that was asked for, and throws UserError where an input could not be
  /// read.
  void finish() const;

  bool provideInput(char const* name, nvinfer1::DataType type, nvinfer1::Dims const& dims, void* data,
                    uint64_t size) noexcept override;
  void reportLayer(nvinfer1::LayerVerification const& layer) noexcept override;

 private:
  const Options& o_;
  bool attached_ = false;
  std::string error_;                // the first
  std::vector<std::string> layers_;  // JSON objects
};

}  // namespace tools
