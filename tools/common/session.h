// What the tools do: build an engine, run it, report.
#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>
#include <vector>

#include "common/logger.h"
#include "common/options.h"

namespace tools {

/// The plan for these options: bytes in memory. Throws UserError (details are in the log).
std::unique_ptr<nvinfer1::IHostMemory> build_plan(const Options& o, Logger& logger);

/// A plan for this machine from the one that the options load. Throws UserError.
std::unique_ptr<nvinfer1::IHostMemory> retune_plan(const Options& o, Logger& logger);

/// One measured run, in milliseconds from the start of measuring.
struct Trace {
  int stream = 0;
  double in_start = 0, in_end = 0, enqueue_start = 0, enqueue_end = 0, compute_start = 0, compute_end = 0,
         out_start = 0, out_end = 0;
  double compute() const { return compute_end - compute_start; }
  double latency() const { return (in_end - in_start) + compute() + (out_end - out_start); }
};

struct Tensor {
  std::string name;
  nvinfer1::DataType type;
  nvinfer1::Dims dims;
  std::vector<std::byte> data;
};

struct LayerTime {
  std::string name;
  std::vector<float> ms;
};

struct RunResult {
  std::vector<Trace> traces;
  int64_t warm_up_runs = 0;
  double wall_ms = 0;
  std::vector<Tensor> inputs, outputs;  // of the last run of the first context
  std::vector<LayerTime> profile;
  int64_t io_bytes = 0;        // of inputs and outputs of all contexts
  int64_t resident_bytes = 0;  // of the process after the runs
};

/// Memory of this process that is in use, without the code of libraries; 0 where the system does not tell.
int64_t resident_bytes();

/// Runs an engine as the options say. Throws UserError.
RunResult run_engine(nvinfer1::ICudaEngine& engine, const Options& o);

// Reports.
void report_performance(const RunResult& r, const Options& o, nvinfer1::ICudaEngine& engine);
void report_profile(const RunResult& r, const Options& o);
void report_outputs(const RunResult& r, const Options& o);
void report_layers(nvinfer1::ICudaEngine& engine, const Options& o);
/// Writes inputs and outputs to files of the working folder.
void dump_raw(const RunResult& r);
/// Compares with the outputs that the options name; throws UserError where one is too far away.
void compare_outputs(const RunResult& r, const Options& o);
void export_times(const RunResult& r, const std::string& path);

}  // namespace tools
