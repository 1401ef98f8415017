// IParser: imports ONNX models into a network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "hone/builder_config.h"
#include "hone/logger.h"
#include "hone/macros.h"
#include "hone/network.h"
#include "hone/onnx/parser_error.h"

#define NV_ONNX_PARSER_MAJOR 0  ///< Major version of the importer.
#define NV_ONNX_PARSER_MINOR 1  ///< Minor version of the importer.
#define NV_ONNX_PARSER_PATCH 0  ///< Patch level of the importer.

/// The version of the importer as one integer.
static constexpr int32_t NV_ONNX_PARSER_VERSION =
    NV_ONNX_PARSER_MAJOR * 10000 + NV_ONNX_PARSER_MINOR * 100 + NV_ONNX_PARSER_PATCH;

/// Node indices of a part of a model, and whether that part can be imported.
using SubGraph_t = std::pair<std::vector<size_t>, bool>;
/// The parts of a model.
using SubGraphCollection_t = std::vector<SubGraph_t>;

namespace nvonnxparser {

/// Switches of the importer, as bit numbers.
enum class OnnxParserFlag : int32_t {
  kNATIVE_INSTANCENORM = 0,  ///< Import InstanceNormalization as a normalization layer; set at first.
  kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA = 1,  ///< For NVIDIA's DLA; without effect.
  kREPORT_CAPABILITY_DLA = 2,                         ///< For NVIDIA's DLA; without effect.
  kENABLE_PLUGIN_OVERRIDE = 3,                        ///< A plugin with the name of an operator is used in its place.
  kADJUST_FOR_DLA = 4,                                ///< For NVIDIA's DLA; without effect.
};

/// One more than the largest value of OnnxParserFlag.
template <>
constexpr int32_t EnumMax<OnnxParserFlag>() noexcept {
  return 5;
}

/// A set of OnnxParserFlag: bit i stands for the flag with value i.
using OnnxParserFlags = uint32_t;

/// Imports a model into a network. Made by createParser(); delete it after the network has been built, since
/// weights may stay in its memory. Paths tell where a model in memory comes from, so that its external data is
/// found.
class IParser {
 public:
  /// Imports a model from memory, which must stay until the build. False on errors: all of them are kept.
  virtual bool parse(void const* serialized_onnx_model, size_t serialized_onnx_model_size,
                     char const* model_path = nullptr) noexcept = 0;
  /// Imports a model from a file; messages up to ILogger::Severity `verbosity` are logged. False on errors.
  virtual bool parseFromFile(char const* onnxModelFile, int32_t verbosity) noexcept = 0;
  /// Tries the import without keeping it; true when the whole model can be imported. The sub-graph queries then
  /// speak of this model.
  virtual bool supportsModelV2(void const* serializedOnnxModel, size_t serializedOnnxModelSize,
                               char const* modelPath = nullptr) noexcept = 0;
  /// Number of sub-graphs that the last supportsModelV2() split the model into.
  virtual int64_t getNbSubgraphs() noexcept = 0;
  /// True when sub-graph `index` can be imported.
  virtual bool isSubgraphSupported(int64_t const index) noexcept = 0;
  /// Node indices of sub-graph `index` and their number; owned by the parser, valid until the next
  /// supportsModelV2(). Null when out of range.
  virtual int64_t* getSubgraphNodes(int64_t const index, int64_t& subgraphLength) noexcept = 0;
  /// True when the operator can be imported in some form.
  virtual bool supportsOperator(char const* op_name) const noexcept = 0;
  /// Number of errors kept.
  virtual int32_t getNbErrors() const noexcept = 0;
  /// Error `index`, or null when out of range.
  virtual IParserError const* getError(int32_t index) const noexcept = 0;
  /// Forgets all errors.
  virtual void clearErrors() noexcept = 0;
  /// Paths of plugin libraries that a version compatible plan must carry, and their number. Owned by the parser.
  virtual char const* const* getUsedVCPluginLibraries(int64_t& nbPluginLibs) const noexcept = 0;
  /// Replaces all flags.
  virtual void setFlags(OnnxParserFlags onnxParserFlags) noexcept = 0;
  /// All flags.
  virtual OnnxParserFlags getFlags() const noexcept = 0;
  /// Clears one flag.
  virtual void clearFlag(OnnxParserFlag onnxParserFlag) noexcept = 0;
  /// Sets one flag.
  virtual void setFlag(OnnxParserFlag onnxParserFlag) noexcept = 0;
  /// True when the flag is set.
  virtual bool getFlag(OnnxParserFlag onnxParserFlag) const noexcept = 0;
  /// Output `i` of the layer that node `name` became, or null.
  virtual nvinfer1::ITensor const* getLayerOutputTensor(char const* name, int64_t i) noexcept = 0;
  /// Reads a model without importing it, to be followed by loadInitializer() and parseModelProto(). False on an
  /// error.
  virtual bool loadModelProto(void const* serializedOnnxModel, size_t serializedOnnxModelSize,
                              char const* modelPath = nullptr) noexcept = 0;
  /// Replaces the data of an initializer of the loaded model; `size` in bytes must match. Not copied; must stay
  /// until the build. False on an error.
  virtual bool loadInitializer(char const* name, void const* data, size_t size) noexcept = 0;
  /// Imports the loaded model. False on errors.
  virtual bool parseModelProto() noexcept = 0;
  /// Tells the importer the configuration of the build, or null. True when accepted.
  virtual bool setBuilderConfig(nvinfer1::IBuilderConfig const* const builderConfig) noexcept = 0;
  virtual ~IParser() noexcept = default;

  /// Deprecated: use parse().
  TRT_DEPRECATED bool parseWithWeightDescriptors(void const* serialized_onnx_model,
                                                 size_t serialized_onnx_model_size) noexcept {
    return parse(serialized_onnx_model, serialized_onnx_model_size);
  }
  /// Deprecated: use supportsModelV2(). Appends each sub-graph's nodes, with true when it can be imported.
  TRT_DEPRECATED bool supportsModel(void const* serialized_onnx_model, size_t serialized_onnx_model_size,
                                    SubGraphCollection_t& sub_graph_collection, char const* model_path = nullptr) {
    bool const supported = supportsModelV2(serialized_onnx_model, serialized_onnx_model_size, model_path);
    for (int64_t i = 0; i < getNbSubgraphs(); ++i) {
      int64_t length = 0;
      int64_t const* nodes = getSubgraphNodes(i, length);
      SubGraph_t graph{{}, isSubgraphSupported(i)};
      for (int64_t j = 0; nodes != nullptr && j < length; ++j) graph.first.push_back(static_cast<size_t>(nodes[j]));
      sub_graph_collection.push_back(std::move(graph));
    }
    return supported;
  }
  /// Deprecated: delete the object instead.
  TRT_DEPRECATED void destroy() noexcept { delete this; }
};

}  // namespace nvonnxparser

/// Makes a parser; use nvonnxparser::createParser(). Null on an error.
extern "C" TENSORRTAPI void* createNvOnnxParser_INTERNAL(void* network, void* logger, int32_t version) noexcept;
/// The version of the importer as one integer, as NV_ONNX_PARSER_VERSION.
extern "C" TENSORRTAPI int32_t getNvOnnxParserVersion() noexcept;

namespace nvonnxparser {

/// Makes a parser that adds to `network` and reports to `logger`; both must outlive it. The caller deletes it. Null on
/// an error.
inline IParser* createParser(nvinfer1::INetworkDefinition& network, nvinfer1::ILogger& logger) noexcept {
  return static_cast<IParser*>(createNvOnnxParser_INTERNAL(&network, &logger, NV_ONNX_PARSER_VERSION));
}

}  // namespace nvonnxparser
