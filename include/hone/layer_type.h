// LayerType: the kinds of layer.
#pragma once

#include "hone/enum_max.h"

namespace nvinfer1 {

/// The kind of a layer, with the numbers of TensorRT 10.16 and 11. Names that only older releases have stand above
/// 119.
enum class LayerType : int32_t {
  kCONVOLUTION = 0,          ///< IConvolutionLayer.
  kCAST = 1,                 ///< ICastLayer.
  kACTIVATION = 2,           ///< IActivationLayer.
  kPOOLING = 3,              ///< IPoolingLayer.
  kLRN = 4,                  ///< ILRNLayer.
  kSCALE = 5,                ///< IScaleLayer.
  kSOFTMAX = 6,              ///< ISoftMaxLayer.
  kDECONVOLUTION = 7,        ///< IDeconvolutionLayer.
  kCONCATENATION = 8,        ///< IConcatenationLayer.
  kELEMENTWISE = 9,          ///< IElementWiseLayer.
  kPLUGIN = 10,              ///< Plugin layer of release 5.
  kUNARY = 11,               ///< IUnaryLayer.
  kPADDING = 12,             ///< IPaddingLayer.
  kSHUFFLE = 13,             ///< IShuffleLayer.
  kREDUCE = 14,              ///< IReduceLayer.
  kTOPK = 15,                ///< ITopKLayer.
  kGATHER = 16,              ///< IGatherLayer.
  kMATRIX_MULTIPLY = 17,     ///< IMatrixMultiplyLayer.
  kRAGGED_SOFTMAX = 18,      ///< IRaggedSoftMaxLayer.
  kCONSTANT = 19,            ///< IConstantLayer.
  kIDENTITY = 20,            ///< IIdentityLayer.
  kPLUGIN_V2 = 21,           ///< IPluginV2Layer.
  kSLICE = 22,               ///< ISliceLayer.
  kSHAPE = 23,               ///< IShapeLayer.
  kPARAMETRIC_RELU = 24,     ///< IParametricReLULayer.
  kRESIZE = 25,              ///< IResizeLayer.
  kTRIP_LIMIT = 26,          ///< ITripLimitLayer.
  kRECURRENCE = 27,          ///< IRecurrenceLayer.
  kITERATOR = 28,            ///< IIteratorLayer.
  kLOOP_OUTPUT = 29,         ///< ILoopOutputLayer.
  kSELECT = 30,              ///< ISelectLayer.
  kFILL = 31,                ///< IFillLayer.
  kQUANTIZE = 32,            ///< IQuantizeLayer.
  kDEQUANTIZE = 33,          ///< IDequantizeLayer.
  kCONDITION = 34,           ///< IConditionLayer.
  kCONDITIONAL_INPUT = 35,   ///< IIfConditionalInputLayer.
  kCONDITIONAL_OUTPUT = 36,  ///< IIfConditionalOutputLayer.
  kSCATTER = 37,             ///< IScatterLayer.
  kEINSUM = 38,              ///< IEinsumLayer.
  kASSERTION = 39,           ///< IAssertionLayer.
  kONE_HOT = 40,             ///< IOneHotLayer.
  kNON_ZERO = 41,            ///< INonZeroLayer.
  kGRID_SAMPLE = 42,         ///< IGridSampleLayer.
  kNMS = 43,                 ///< INMSLayer.
  kREVERSE_SEQUENCE = 44,    ///< IReverseSequenceLayer.
  kNORMALIZATION = 45,       ///< INormalizationLayer.
  kPLUGIN_V3 = 46,           ///< IPluginV3Layer.
  kSQUEEZE = 47,             ///< ISqueezeLayer.
  kUNSQUEEZE = 48,           ///< IUnsqueezeLayer.
  kCUMULATIVE = 49,          ///< ICumulativeLayer.
  kDYNAMIC_QUANTIZE = 50,    ///< IDynamicQuantizeLayer.
  kATTENTION_INPUT = 51,     ///< IAttentionInputLayer.
  kATTENTION_OUTPUT = 52,    ///< IAttentionOutputLayer.
  kROTARY_EMBEDDING = 53,    ///< IRotaryEmbeddingLayer.
  kKVCACHE_UPDATE = 54,      ///< IKVCacheUpdateLayer.
  kMOE = 55,                 ///< IMoELayer.
  kDIST_COLLECTIVE = 56,     ///< IDistCollectiveLayer.
  kNODE = 119,               ///< Hone extension: an operator without a class of its own, ILayer.
  kFULLY_CONNECTED = 120,    ///< Fully connected layer of the releases 5 to 8.
  kRNN = 121,                ///< RNN layer of the releases 5 to 7.
  kRNN_V2 = 122,             ///< RNN layer of the releases 5 to 8.
};

/// One more than the largest value of LayerType.
template <>
constexpr int32_t EnumMax<LayerType>() noexcept {
  return 123;
}

}  // namespace nvinfer1
