// Reading tensors of every storage, and refusing those that lie about themselves.
#include "import/onnx/model_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "import/onnx/import_testing.h"

namespace hone::onnx {
namespace {

using namespace testing;
namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("hone_model_file_test_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Tensor read(const proto::TensorProto& t, const fs::path& folder = {}) {
  auto m = model();
  *m.mutable_graph()->add_initializer() = t;
  const std::string s = m.SerializeAsString();
  const auto file = ModelFile::parse(s.data(), s.size(), folder);
  return file->tensor(file->model().graph().initializer(0));
}

proto::TensorProto tensor(int type, const Dims& dims) {
  proto::TensorProto t;
  t.set_name("t");
  t.set_data_type(type);
  for (const int64_t d : dims) t.add_dims(d);
  return t;
}

TEST(ModelFile, NarrowTypesInTypedFields) {
  auto half = tensor(10, {2});
  half.add_int32_data(0x3c00);  // 1.0
  half.add_int32_data(0xc000);  // -2.0
  EXPECT_EQ(read(half).as_doubles(), (std::vector<double>{1, -2}));
  auto bf = tensor(16, {1});
  bf.add_int32_data(0x4040);  // 3.0
  EXPECT_EQ(read(bf).as_doubles(), (std::vector<double>{3}));
  auto fp8 = tensor(17, {1});
  fp8.add_int32_data(0x38);  // 1.0
  EXPECT_EQ(read(fp8).as_doubles(), (std::vector<double>{1}));
  auto i4 = tensor(22, {3});
  i4.add_int32_data(0xf2);  // 2, -1
  i4.add_int32_data(0x08);  // -8
  EXPECT_EQ(read(i4).as_ints(), (std::vector<int64_t>{2, -1, -8}));
  auto b = tensor(9, {2});
  b.add_int32_data(0);
  b.add_int32_data(5);
  EXPECT_EQ(read(b).as_ints(), (std::vector<int64_t>{0, 1}));
  auto u32 = tensor(12, {1});
  u32.add_uint64_data(4000000000u);
  EXPECT_EQ(read(u32).as_ints(), (std::vector<int64_t>{4000000000}));
}

TEST(ModelFile, RawBytesAndEmptyTensors) {
  auto raw = tensor(6, {2});
  const int32_t v[] = {7, -7};
  raw.set_raw_data(v, sizeof v);
  EXPECT_EQ(read(raw).as_ints(), (std::vector<int64_t>{7, -7}));
  EXPECT_EQ(read(tensor(1, {0, 3})).dims(), (Dims{0, 3}));
  auto empty = tensor(1, {0});
  empty.set_raw_data("");
  EXPECT_EQ(read(empty).count(), 0);
}

TEST(ModelFile, SizesThatDoNotAddUp) {
  auto raw = tensor(1, {3});
  raw.set_raw_data("12345678");
  EXPECT_THROW(read(raw), ModelError);
  auto few = tensor(1, {3});
  few.add_float_data(1);
  EXPECT_THROW(read(few), ModelError);
  auto other_field = tensor(1, {1});
  other_field.add_int64_data(1);
  EXPECT_THROW(read(other_field), ModelError);
  EXPECT_THROW(read(tensor(1, {int64_t{1} << 40, int64_t{1} << 40})), ModelError);
  EXPECT_THROW(read(tensor(1, {int64_t{1} << 45})), ModelError);
  EXPECT_THROW(read(tensor(1, {-1})), ModelError);
  EXPECT_THROW(read(tensor(99, {})), ModelError);
  EXPECT_THROW(read(tensor(8, {0})), Unsupported);
}

proto::TensorProto external(const std::string& location, const std::string& offset, const std::string& length) {
  auto t = tensor(1, {2});
  t.set_data_location(proto::TensorProto::EXTERNAL);
  for (const auto& [k, v] :
       std::map<std::string, std::string>{{"location", location}, {"offset", offset}, {"length", length}}) {
    if (v.empty()) continue;
    auto* e = t.add_external_data();
    e->set_key(k);
    e->set_value(v);
  }
  return t;
}

TEST(ModelFile, ExternalData) {
  const Folder folder;
  const float v[] = {1, 2, 3};
  std::ofstream(folder.path() / "w.bin", std::ios::binary).write(reinterpret_cast<const char*>(v), sizeof v);
  EXPECT_EQ(floats(read(external("w.bin", "4", "8"), folder.path())), (std::vector<float>{2, 3}));
  EXPECT_EQ(floats(read(external("./w.bin", "", ""), folder.path())), (std::vector<float>{1, 2}));
  for (const auto& [offset, length] :
       {std::pair{"8", "8"}, {"4", "4"}, {"-4", ""}, {"99999999999999999999", ""}, {"1e3", ""}})
    EXPECT_THROW(read(external("w.bin", offset, length), folder.path()), ModelError) << offset;
  EXPECT_THROW(read(external("missing.bin", "", ""), folder.path()), ModelError);
  EXPECT_THROW(read(external("w.bin", "", "")), ModelError);  // in memory, without a folder
}

TEST(ModelFile, ExternalDataStaysInsideTheFolder) {
  const Folder folder;
  fs::create_directories(folder.path() / "model");
  std::ofstream(folder.path() / "secret.bin") << "12345678";
  const fs::path inside = folder.path() / "model";
  EXPECT_THROW(read(external("../secret.bin", "", ""), inside), ModelError);
  EXPECT_THROW(read(external((folder.path() / "secret.bin").string(), "", ""), inside), ModelError);
  fs::create_symlink(folder.path() / "secret.bin", inside / "link.bin");
  EXPECT_THROW(read(external("link.bin", "", ""), inside), ModelError);
}

}  // namespace
}  // namespace hone::onnx
