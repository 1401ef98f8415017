// IOnnxConfig: a record of settings that older sample programs pass around. The importer does not read it.
#pragma once

#include "hone/macros.h"
#include "hone/types.h"

namespace nvonnxparser {

/// Settings for importing a model. Made by createONNXConfig(); delete it when done. Texts are copied.
class IOnnxConfig {
 public:
  using Verbosity = int32_t;  ///< How many messages are wanted; more with a larger number.

  virtual ~IOnnxConfig() noexcept = default;
  /// Sets the type in which the model is meant to run; kFLOAT at first.
  virtual void setModelDtype(nvinfer1::DataType modelDtype) noexcept = 0;
  /// Returns that type.
  virtual nvinfer1::DataType getModelDtype() const noexcept = 0;
  /// Returns the name of the model file; empty at first.
  virtual char const* getModelFileName() const noexcept = 0;
  /// Sets the name of the model file.
  virtual void setModelFileName(char const* onnxFilename) noexcept = 0;
  /// Returns how many messages are wanted.
  virtual Verbosity getVerbosityLevel() const noexcept = 0;
  /// Asks for one level more.
  virtual void addVerbosity() noexcept = 0;
  /// Asks for one level less.
  virtual void reduceVerbosity() noexcept = 0;
  /// Sets how many messages are wanted.
  virtual void setVerbosityLevel(Verbosity level) noexcept = 0;
  /// Returns the name of a file for the model as text, without weights.
  virtual char const* getTextFileName() const noexcept = 0;
  /// Sets the name of a file for the model as text, without weights.
  virtual void setTextFileName(char const* textFileName) noexcept = 0;
  /// Returns the name of a file for the model as text, with weights.
  virtual char const* getFullTextFileName() const noexcept = 0;
  /// Sets the name of a file for the model as text, with weights.
  virtual void setFullTextFileName(char const* fullTextFileName) noexcept = 0;
  /// Returns whether layers are to be printed; false at first.
  virtual bool getPrintLayerInfo() const noexcept = 0;
  /// Sets whether layers are to be printed.
  virtual void setPrintLayerInfo(bool printLayerInfo) noexcept = 0;
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

/// Makes a record of settings; the caller deletes it. Null when there is no memory.
TENSORRTAPI IOnnxConfig* createONNXConfig();

}  // namespace nvonnxparser
