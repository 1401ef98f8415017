// ONNX model to graph. Reports everything that is wrong with a model at once, and answers, without weights being
// touched, which of its nodes Hone can run.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "import/diagnostics.h"
#include "import/onnx/model_file.h"
#include "ir/graph.h"

namespace hone::onnx {

/// Newest operator set version whose operators were looked at when the table was written.
inline constexpr int64_t kNewestOpset = 28;
/// Oldest version that is supported for operators that have not changed since.
inline constexpr int64_t kOldestOpset = 7;

struct ImportResult {
  /// The model as a graph; null where `errors` is not empty, or where the caller gave a graph to fill.
  std::unique_ptr<ir::Graph> graph;
  std::vector<import::Diagnostic> errors, warnings;
  /// For each node of the main graph, in the order of the file: nothing in or below it was refused. A node whose
  /// inputs come from a refused node counts by its operator and domain alone.
  std::vector<bool> supported;
  /// Values that a main graph's node gave, by node name and output number; null for outputs that are not tensors.
  std::map<std::string, std::vector<ir::Value*>> node_outputs;
  std::string producer;
  bool ok() const { return errors.empty(); }
};

/// Imports a parsed model. Never throws for what is wrong with the model: see `errors`. With `into`, an existing graph
/// receives the nodes (it is left in an unusable state on errors).
ImportResult import_model(const std::shared_ptr<ModelFile>& file, ir::Graph* into = nullptr);
/// The same from a file or from memory; what keeps the file from being read is one of the errors.
ImportResult import_file(const std::filesystem::path& path, ir::Graph* into = nullptr);
ImportResult import_memory(const void* data, size_t size, const std::filesystem::path& folder = {},
                           ir::Graph* into = nullptr);

/// One row of the operator table.
struct OperatorRow {
  const char* name;
  const char* domain;
  const char* since;  // versions of the operator's definition that are understood, separated by blanks
  const char* types;
  const char* notes;  // restrictions; empty: none
};
std::span<const OperatorRow> operator_table();

}  // namespace hone::onnx
