// Reading ONNX models: the protobuf, tensors in it and beside it.
#include "import/onnx/model_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <climits>

#include "base/error.h"
#include "import/onnx/mapped_file.h"
#include "import/onnx/proto.h"
#include "import/onnx/tensor_data.h"

namespace hone::onnx {

struct ModelFile::Mapping : MappedFile {
  using MappedFile::MappedFile;
};

namespace {

/// Messages nest in subgraphs; deeper than this is an attack on the stack, not a model.
constexpr int kMaxNesting = 200;

void parse_message(google::protobuf::MessageLite& m, const void* data, size_t size, const char* what) {
  require<ModelError>(size > 0, "{} is empty", what);
  require<ModelError>(size <= INT_MAX,
                      "{} has {} bytes, more than a protobuf message can hold (2 GB); save it with "
                      "external data",
                      what, size);
  google::protobuf::io::ArrayInputStream stream(data, static_cast<int>(size));
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(INT_MAX);
  coded.SetRecursionLimit(kMaxNesting);
  const bool ok = m.ParsePartialFromCodedStream(&coded) && coded.ConsumedEntireMessage() && m.IsInitialized();
  require<ModelError>(ok, "{} is not a valid ONNX protobuf (damaged, truncated or another format)", what);
}

}  // namespace

std::shared_ptr<ModelFile> ModelFile::open(const std::filesystem::path& path) {
  return with_context(
      [&] {
        const MappedFile file(path);
        std::filesystem::path folder = path.parent_path();
        return parse(file.data(), file.size(), folder.empty() ? std::filesystem::path(".") : folder);
      },
      [&] { return "in file '" + path.string() + "'"; });
}

std::shared_ptr<ModelFile> ModelFile::parse(const void* data, size_t size, const std::filesystem::path& folder) {
  std::shared_ptr<ModelFile> f(new ModelFile);
  f->model_ = std::make_shared<proto::ModelProto>();
  f->folder_ = folder;
  parse_message(*f->model_, data, size, "the model");
  require<ModelError>(f->model_->has_graph(), "the model has no graph");
  return f;
}

void ModelFile::replace_initializer(const std::string& name, const void* data, size_t size) {
  for (proto::TensorProto& t : *model_->mutable_graph()->mutable_initializer()) {
    if (t.name() != name) continue;
    const Dims dims(t.dims().begin(), t.dims().end());
    const size_t want = storage_bytes(dtype_of_onnx(t.data_type()), volume(dims));
    require<ModelError>(data != nullptr && size == want, "initializer '{}' takes {} bytes, got {}", name, want, size);
    proto::TensorProto fresh;
    fresh.set_name(t.name());
    fresh.set_data_type(t.data_type());
    *fresh.mutable_dims() = t.dims();
    fresh.set_raw_data(data, size);
    t = std::move(fresh);
    return;
  }
  fail<ModelError>("the model has no initializer '{}'", name);
}

Tensor ModelFile::read_tensor_file(const std::filesystem::path& path, std::string* name) {
  const MappedFile file(path);
  auto t = std::make_shared<proto::TensorProto>();
  parse_message(*t, file.data(), file.size(), "the tensor file");
  if (name != nullptr) *name = t->name();
  const ModelFile none;
  return none.tensor(*t).clone();
}

std::shared_ptr<const ModelFile::Mapping> ModelFile::map_external(const std::string& location) const {
  const std::filesystem::path relative(location);
  require<ModelError>(!location.empty(), "external data without a location");
  bool inside = relative.is_relative();
  for (const auto& part : relative) inside = inside && part != "..";
  require<ModelError>(inside, "external data location '{}' leaves the model's folder; only paths inside it are read",
                      location);
  require<ModelError>(!folder_.empty(), "external data '{}' of a model in memory: no folder was given", location);
  auto& slot = mapped_[location];
  if (slot != nullptr) return slot;
  // A symbolic link inside the folder could still lead outside it.
  std::error_code error;
  const auto base = std::filesystem::canonical(folder_, error);
  const auto real = std::filesystem::weakly_canonical(folder_ / relative, error);
  const auto [end, _] = std::mismatch(base.begin(), base.end(), real.begin(), real.end());
  require<ModelError>(end == base.end(), "external data location '{}' leads out of the model's folder", location);
  return slot = std::make_shared<const Mapping>(folder_ / relative);
}

namespace {

uint64_t parse_number(const std::string& text, const char* what) {
  uint64_t v = 0;
  require<ModelError>(!text.empty() && text.size() <= 19, "external data: bad {} '{}'", what, text);
  for (const char c : text) {
    require<ModelError>(c >= '0' && c <= '9', "external data: bad {} '{}'", what, text);
    v = v * 10 + static_cast<uint64_t>(c - '0');
  }
  return v;
}

}  // namespace

Tensor ModelFile::external(const proto::TensorProto& t, DType type, const Dims& dims) const {
  std::string location;
  uint64_t offset = 0, length = 0;
  bool has_length = false;
  for (const auto& entry : t.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = parse_number(entry.value(), "offset");
    if (entry.key() == "length") length = parse_number(entry.value(), "length"), has_length = true;
  }
  const size_t need = storage_bytes(type, volume(dims));
  if (need == 0) return Tensor(type, dims);
  const auto file = map_external(location);
  require<ModelError>(!has_length || length == need, "external data '{}' gives {} bytes for a tensor of {} bytes",
                      location, length, need);
  require<ModelError>(offset <= file->size() && need <= file->size() - offset,
                      "external data '{}' ends at byte {}, the tensor needs bytes {} to {}", location, file->size(),
                      offset, offset + need);
  return view_or_copy(type, dims, file->data() + offset, need, file);
}

Tensor ModelFile::tensor(const proto::TensorProto& t) const {
  return with_context(
      [&] {
        const DType type = dtype_of_onnx(t.data_type());
        const Dims dims(t.dims().begin(), t.dims().end());
        require<ModelError>(!t.has_segment(), "segmented tensors are not part of any ONNX version");
        check_dims(dims);
        if (t.data_location() == proto::TensorProto::EXTERNAL) return external(t, type, dims);
        if (t.has_raw_data()) return view_or_copy(type, dims, t.raw_data().data(), t.raw_data().size(), model_);
        return typed_tensor(t, type, dims);
      },
      [&] { return fmt::format("in tensor '{}'", t.name()); });
}

}  // namespace hone::onnx
