// IInt8Calibrator and its kinds: ranges of values found by running the network on samples.
#pragma once

#include <cstddef>

#include "hone/macros.h"
#include "hone/versioned_interface.h"

namespace nvinfer1 {

/// How ranges follow from observed values.
enum class CalibrationAlgoType : int32_t {
  kLEGACY_CALIBRATION = 0,     ///< From a histogram with a quantile and a cut-off.
  kENTROPY_CALIBRATION = 1,    ///< The least loss of information.
  kENTROPY_CALIBRATION_2 = 2,  ///< The least loss of information, before fusion, per tensor.
  kMINMAX_CALIBRATION = 3,     ///< Smallest and largest value.
};

/// One more than the largest value of CalibrationAlgoType.
template <>
constexpr int32_t EnumMax<CalibrationAlgoType>() noexcept {
  return 4;
}

/// Supplies samples and keeps the result of calibration. Implemented by the program, by way of one of the derived
/// kinds.
class IInt8Calibrator : public IVersionedInterface {
 public:
  /// Batch size of the samples.
  virtual int32_t getBatchSize() const = 0;
  /// Puts the address (in device memory) of a batch of each input into `bindings`; false when there are no more.
  virtual bool getBatch(void* bindings[], char const* names[], int32_t nbBindings) = 0;
  /// A saved result, or null to calibrate; `length` receives its size in bytes.
  virtual void const* readCalibrationCache(std::size_t& length) = 0;
  /// Takes the result to be saved.
  virtual void writeCalibrationCache(void const* ptr, std::size_t length) = 0;
  /// The kind of calibration.
  virtual CalibrationAlgoType getAlgorithm() = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IInt8Calibrator", 1, 0}; }
  ~IInt8Calibrator() noexcept override = default;
};

/// Calibration of kind kENTROPY_CALIBRATION.
class IInt8EntropyCalibrator : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() override { return CalibrationAlgoType::kENTROPY_CALIBRATION; }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IInt8EntropyCalibrator", 1, 0}; }
  ~IInt8EntropyCalibrator() noexcept override = default;
};

/// Calibration of kind kENTROPY_CALIBRATION_2.
class IInt8EntropyCalibrator2 : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() override { return CalibrationAlgoType::kENTROPY_CALIBRATION_2; }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IInt8EntropyCalibrator2", 1, 0}; }
  ~IInt8EntropyCalibrator2() noexcept override = default;
};

/// Calibration of kind kMINMAX_CALIBRATION.
class IInt8MinMaxCalibrator : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() override { return CalibrationAlgoType::kMINMAX_CALIBRATION; }
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IInt8MinMaxCalibrator", 1, 0}; }
  ~IInt8MinMaxCalibrator() noexcept override = default;
};

/// Calibration of kind kLEGACY_CALIBRATION.
class IInt8LegacyCalibrator : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() override { return CalibrationAlgoType::kLEGACY_CALIBRATION; }
  /// The share of values, 0 to 1, that the range keeps.
  virtual double getQuantile() const = 0;
  /// The share of the quantile's value where the search for a range begins, 0 to 1.
  virtual double getRegressionCutoff() const = 0;
  /// A saved histogram, or null; `length` receives its size in bytes.
  virtual void const* readHistogramCache(std::size_t& length) = 0;
  /// Takes the histogram to be saved.
  virtual void writeHistogramCache(void const* ptr, std::size_t length) = 0;
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IInt8LegacyCalibrator", 1, 0}; }
  ~IInt8LegacyCalibrator() noexcept override = default;
};

namespace v_1_0 {
using IInt8EntropyCalibrator = nvinfer1::IInt8EntropyCalibrator;
using IInt8EntropyCalibrator2 = nvinfer1::IInt8EntropyCalibrator2;
using IInt8MinMaxCalibrator = nvinfer1::IInt8MinMaxCalibrator;
using IInt8LegacyCalibrator = nvinfer1::IInt8LegacyCalibrator;
}  // namespace v_1_0

}  // namespace nvinfer1
