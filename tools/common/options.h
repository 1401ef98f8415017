// What a tool was asked to do, as plain data: filled from a command line.
#pragma once

#include <NvInfer.h>

#include <map>
#include <string>
#include <vector>

#include "common/tensor_io.h"

namespace tools {

using ShapeMap = std::vector<std::pair<std::string, std::vector<int64_t>>>;  // "*" or "" as name: every input

struct IoFormat {
  nvinfer1::DataType type = nvinfer1::DataType::kFLOAT;
  bool has_type = false;
  nvinfer1::TensorFormats formats = 0;
};

struct Options {
  // model
  std::string onnx, save_engine, load_engine;
  // build
  ShapeMap min_shapes, opt_shapes, max_shapes, shapes;
  std::vector<IoFormat> input_formats, output_formats;
  bool fp16 = false, bf16 = false, int8 = false, fp8 = false, best = false, no_tf32 = false, strongly_typed = false;
  std::string precision_constraints = "none";
  std::vector<std::pair<std::string, std::string>> layer_precisions, layer_output_types;
  std::map<std::string, double> mem_pools;  // MiB
  int optimization_level = 3, avg_timing = 8, max_tactics = -1;
  std::string timing_cache_file, profiling_verbosity = "layer_names_only";
  bool no_builder_cache = false, error_on_timing_cache_miss = false;
  int max_aux_streams = -1;
  bool skip_inference = false, verbose = false;
  // inference
  std::vector<std::pair<std::string, std::string>> load_inputs;
  int iterations = 10, avg_runs = 10, streams = 1;
  double duration = 3, warm_up = 200, sleep_time = 0, idle_time = 0;
  bool threads = false, spin_wait = false, separate_profile_run = false, time_deserialize = false,
       no_data_transfers = false;
  std::vector<double> percentiles = {90, 95, 99};
  int use_profile = 0;
  bool announce_inputs = false;  // say where the values of each input come from
  PictureOptions picture;
  // reporting
  bool dump_profile = false, dump_layer_info = false, dump_output = false, dump_optimization_profile = false;
  std::string export_profile, export_layer_info, export_output, export_times;
  // system
  std::string device;  // "": the default, "cpu", or a GPU's number
  int cpu_threads = 0;
  bool help = false;
};

/// The parts of s between the separators, empty ones left out.
std::vector<std::string> split(const std::string& s, char by);
/// The text without the single quotes around it, which protect names on the command line.
std::string unquoted(const std::string& s);
/// "name:1x3x224x224,..." as given to --flag; throws UserError.
ShapeMap parse_shapes(const std::string& flag, const std::string& text);

}  // namespace tools
