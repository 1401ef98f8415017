// IParserRefitter: weights of an ONNX model for an engine built from it.
#pragma once

#include "hone/onnx/parser.h"
#include "hone/refitter.h"

namespace nvonnxparser {

/// Gives the weights of a model to a refitter. Made by createParserRefitter(); delete it after the refit.
class IParserRefitter {
 public:
  /// Hands over the weights of a model in memory; IRefitter::refitCudaEngine() then applies them. False on errors.
  virtual bool refitFromBytes(void const* serializedOnnxModel, size_t serializedOnnxModelSize,
                              char const* modelPath = nullptr) noexcept = 0;
  /// Hands over the weights of a model file. False on errors.
  virtual bool refitFromFile(char const* onnxModelFile) noexcept = 0;
  /// Number of errors kept.
  virtual int32_t getNbErrors() const noexcept = 0;
  /// Error `index`, or null when out of range.
  virtual IParserError const* getError(int32_t index) const noexcept = 0;
  /// Forgets all errors.
  virtual void clearErrors() noexcept = 0;
  /// Reads a model without handing its weights over. False on an error.
  virtual bool loadModelProto(void const* serializedOnnxModel, size_t serializedOnnxModelSize,
                              char const* modelPath = nullptr) noexcept = 0;
  /// Replaces the data of an initializer of the loaded model; `size` in bytes must match. Not copied. False on an
  /// error.
  virtual bool loadInitializer(char const* name, void const* data, size_t size) noexcept = 0;
  /// Hands over the weights of the loaded model. False on errors.
  virtual bool refitModelProto() noexcept = 0;
  virtual ~IParserRefitter() noexcept = default;
};

}  // namespace nvonnxparser

/// Makes a parser refitter; use nvonnxparser::createParserRefitter(). Null on an error.
extern "C" TENSORRTAPI void* createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger,
                                                                 int32_t version) noexcept;

namespace nvonnxparser {

/// Makes a parser refitter that hands weights to `refitter`; both arguments must outlive it. The caller deletes it.
/// Null on an error.
inline IParserRefitter* createParserRefitter(nvinfer1::IRefitter& refitter, nvinfer1::ILogger& logger) noexcept {
  return static_cast<IParserRefitter*>(createNvOnnxParserRefitter_INTERNAL(&refitter, &logger, NV_ONNX_PARSER_VERSION));
}

}  // namespace nvonnxparser
