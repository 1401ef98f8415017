// A read-only memory-mapped file.
#pragma once

#include <cstddef>
#include <filesystem>

namespace hone::onnx {

class MappedFile {
 public:
  /// Throws ModelError where the file cannot be opened or mapped.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace hone::onnx
