// ILoop and its layers: a part of the network that runs again and again.
#pragma once

#include "hone/layer.h"

namespace nvinfer1 {

/// What leaves a loop through an output layer.
enum class LoopOutput : int32_t {
  kLAST_VALUE = 0,   ///< The value of the last iteration.
  kCONCATENATE = 1,  ///< The values of all iterations, joined in order.
  kREVERSE = 2,      ///< The values of all iterations, joined in reverse order.
};

/// One more than the largest value of LoopOutput.
template <>
constexpr int32_t EnumMax<LoopOutput>() noexcept {
  return 3;
}

/// How a loop ends.
enum class TripLimit : int32_t {
  kCOUNT = 0,  ///< After a number of iterations.
  kWHILE = 1,  ///< When a condition, computed in the loop, is false.
};

/// One more than the largest value of TripLimit.
template <>
constexpr int32_t EnumMax<TripLimit>() noexcept {
  return 2;
}

class ILoop;
class ILoopBoundaryLayer;

/// A layer on the edge of a loop.
class ILoopBoundaryLayer : public ILayer {
 public:
  /// The loop it belongs to.
  virtual ILoop* getLoop() const noexcept = 0;
};

/// A value carried from one iteration to the next. Input 0 is the first value (from outside), input 1, to be set,
/// the next one (from inside).
class IRecurrenceLayer : public ILoopBoundaryLayer {
 public:
};

/// A value that leaves the loop. Input 0 is computed inside; input 1, needed unless kLAST_VALUE, is the length of
/// the joined dimension (0-D, from outside).
class ILoopOutputLayer : public ILoopBoundaryLayer {
 public:
  /// What leaves.
  virtual LoopOutput getLoopOutput() const noexcept = 0;
  /// Sets the dimension along which values are joined.
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// The dimension along which values are joined.
  virtual int32_t getAxis() const noexcept = 0;
};

/// The end of a loop: input 0 is the count (0-D integer, from outside) or the condition (0-D boolean, from inside).
class ITripLimitLayer : public ILoopBoundaryLayer {
 public:
  /// How the loop ends.
  virtual TripLimit getTripLimit() const noexcept = 0;
};

/// Gives slice i of a tensor from outside in iteration i.
class IIteratorLayer : public ILoopBoundaryLayer {
 public:
  /// Sets the dimension that is sliced.
  virtual void setAxis(int32_t axis) noexcept = 0;
  /// Returns the dimension that is sliced.
  virtual int32_t getAxis() const noexcept = 0;
  /// Sets whether slices come last first.
  virtual void setReverse(bool reverse) noexcept = 0;
  /// Returns whether slices come last first.
  virtual bool getReverse() const noexcept = 0;
};

/// A loop of the network. A layer is inside when it depends on a recurrence or iterator and reaches the outside
/// through a loop output only. Owned by the network.
class ILoop : public INoCopy {
 public:
  /// Adds a carried value; null on an error.
  virtual IRecurrenceLayer* addRecurrence(ITensor& initialValue) noexcept = 0;
  /// Adds an end; a loop needs one and has at most one of each kind. Null on an error.
  virtual ITripLimitLayer* addTripLimit(ITensor& tensor, TripLimit limit) noexcept = 0;
  /// Adds an iterator over a tensor from outside; null on an error.
  virtual IIteratorLayer* addIterator(ITensor& tensor, int32_t axis = 0, bool reverse = false) noexcept = 0;
  /// Adds an output of a tensor from inside; null on an error.
  virtual ILoopOutputLayer* addLoopOutput(ITensor& tensor, LoopOutput outputKind, int32_t axis = 0) noexcept = 0;
  /// Sets the name of the loop. Copied.
  virtual void setName(char const* name) noexcept = 0;
  /// Returns the name of the loop.
  virtual char const* getName() const noexcept = 0;
};

}  // namespace nvinfer1
