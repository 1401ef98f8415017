// IParserRefitter: engines cannot be refitted yet, so every attempt is refused with that reason.
#include "api/onnx_parser.h"
#include "hone/onnx/parser_refitter.h"

namespace hone::api {
namespace {

class ParserRefitter final : public nvonnxparser::IParserRefitter {
 public:
  explicit ParserRefitter(nv::ILogger* logger) : reporter_(logger), errors_(reporter_) {}
  bool refitFromBytes(void const*, size_t, char const*) noexcept override { return refuse(); }
  bool refitFromFile(char const*) noexcept override { return refuse(); }
  int32_t getNbErrors() const noexcept override { return errors_.size(); }
  nvonnxparser::IParserError const* getError(int32_t index) const noexcept override { return errors_.at(index); }
  void clearErrors() noexcept override { errors_.clear(); }
  bool loadModelProto(void const*, size_t, char const*) noexcept override { return refuse(); }
  bool loadInitializer(char const*, void const*, size_t) noexcept override { return refuse(); }
  bool refitModelProto() noexcept override { return refuse(); }

 private:
  bool refuse() noexcept {
    try {
      fail<Unsupported>("engines cannot be refitted yet; build again from the model with the new weights");
    } catch (...) {
      errors_.add_exception(nvonnxparser::ErrorCode::kREFIT_FAILED);
    }
    return false;
  }
  Reporter reporter_;
  ParserErrors errors_;
};

}  // namespace
}  // namespace hone::api

extern "C" void* createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger, int32_t /*version*/) noexcept {
  using namespace hone;
  auto* log = static_cast<nvinfer1::ILogger*>(logger);
  const api::Reporter reporter(log);
  return api::guarded(reporter, "createParserRefitter", static_cast<void*>(nullptr), [&]() -> void* {
    require<ModelError>(refitter != nullptr, "the refitter is null");
    return static_cast<nvonnxparser::IParserRefitter*>(new api::ParserRefitter(log));
  });
}
