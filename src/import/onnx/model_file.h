// An ONNX model in memory: parsed once, its weights viewed in place, external data files mapped on demand. Everything
// in it is untrusted; tensor() checks every size before it reads.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "ops/tensor.h"

namespace hone_onnx {
class ModelProto;
class TensorProto;
}  // namespace hone_onnx

namespace hone::onnx {

class ModelFile : public std::enable_shared_from_this<ModelFile> {
 public:
  /// Reads a file; throws ModelError where it cannot be read or is not an ONNX model.
  static std::shared_ptr<ModelFile> open(const std::filesystem::path& path);
  /// Parses a model in memory. External data is looked for in `folder`; empty: refused.
  static std::shared_ptr<ModelFile> parse(const void* data, size_t size, const std::filesystem::path& folder = {});
  /// Reads a file that holds one TensorProto (ONNX test data).
  static Tensor read_tensor_file(const std::filesystem::path& path, std::string* name = nullptr);

  const hone_onnx::ModelProto& model() const { return *model_; }
  /// The tensor's value; shares storage with the model or the mapped file where alignment allows. Throws ModelError
  /// for sizes that do not add up, Unsupported for element types that Hone lacks.
  Tensor tensor(const hone_onnx::TensorProto& t) const;
  /// Gives an initializer of the main graph other bytes (copied); throws ModelError for an unknown name or a size that
  /// its type and dims do not have. Only before the first use of the model.
  void replace_initializer(const std::string& name, const void* data, size_t size);

 private:
  struct Mapping;
  ModelFile() = default;
  std::shared_ptr<const Mapping> map_external(const std::string& location) const;
  Tensor external(const hone_onnx::TensorProto& t, DType type, const Dims& dims) const;

  std::shared_ptr<hone_onnx::ModelProto> model_;
  std::filesystem::path folder_;
  mutable std::map<std::string, std::shared_ptr<const Mapping>> mapped_;
};

/// Element type of a TensorProto::DataType number; throws Unsupported with the type's name for those Hone lacks and
/// ModelError for numbers that mean nothing.
DType dtype_of_onnx(int data_type);
/// Inverse.
int onnx_of_dtype(DType type);

}  // namespace hone::onnx
