// The interfaces that programs implement, written as programs for releases 7, 8.6, 10.16 and 11.1 write them. What is
// tested is that the classes compile, are not abstract, and are called.
#include <gtest/gtest.h>

#include <string>

#include "NvInfer.h"

namespace era7 {  // callbacks without noexcept, enqueue with void**
struct Logger : nvinfer1::ILogger {
  void log(Severity, const char* msg) override { text = msg; }
  std::string text;
};
struct Profiler : nvinfer1::IProfiler {
  void reportLayerTime(const char*, float ms) override { total += ms; }
  float total = 0;
};
struct Plugin : nvinfer1::IPluginV2 {
  const char* getPluginType() const override { return "P"; }
  const char* getPluginVersion() const override { return "1"; }
  int getNbOutputs() const override { return 1; }
  nvinfer1::Dims getOutputDimensions(int, const nvinfer1::Dims* inputs, int) override { return inputs[0]; }
  bool supportsFormat(nvinfer1::DataType, nvinfer1::PluginFormat) const override { return true; }
  void configureWithFormat(const nvinfer1::Dims*, int, const nvinfer1::Dims*, int, nvinfer1::DataType,
                           nvinfer1::PluginFormat, int) override {}
  int initialize() override { return 0; }
  void terminate() override {}
  size_t getWorkspaceSize(int) const override { return 0; }
  int enqueue(int batchSize, const void* const*, void**, void*, cudaStream_t) override { return batchSize; }
  size_t getSerializationSize() const override { return 0; }
  void serialize(void*) const override {}
  void destroy() override {}
  IPluginV2* clone() const override { return nullptr; }
  void setPluginNamespace(const char*) override {}
  const char* getPluginNamespace() const override { return ""; }
};
}  // namespace era7

namespace era8 {  // noexcept, no versioned interfaces
struct Logger : nvinfer1::ILogger {
  void log(Severity, nvinfer1::AsciiChar const* msg) noexcept override { text = msg; }
  std::string text;
};
struct Allocator : nvinfer1::IGpuAllocator {
  void* allocate(uint64_t const, uint64_t const, nvinfer1::AllocatorFlags const) noexcept override { return this; }
  void free(void* const) noexcept override {}
};
struct Output : nvinfer1::IOutputAllocator {
  int32_t getInterfaceVersion() const noexcept override { return 1; }
  void* reallocateOutput(char const*, void*, uint64_t, uint64_t) noexcept override { return this; }
  void notifyShape(char const*, nvinfer1::Dims const&) noexcept override {}
};
struct Recorder : nvinfer1::IErrorRecorder {
  int32_t getNbErrors() const noexcept override { return 0; }
  nvinfer1::ErrorCode getErrorCode(int32_t) const noexcept override { return nvinfer1::ErrorCode::kSUCCESS; }
  ErrorDesc getErrorDesc(int32_t) const noexcept override { return ""; }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override {}
  bool reportError(nvinfer1::ErrorCode, ErrorDesc) noexcept override { return true; }
  RefCount incRefCount() noexcept override { return 1; }
  RefCount decRefCount() noexcept override { return 0; }
};
struct Calibrator : nvinfer1::IInt8EntropyCalibrator2 {
  int32_t getBatchSize() const noexcept override { return 1; }
  bool getBatch(void*[], char const*[], int32_t) noexcept override { return false; }
  void const* readCalibrationCache(std::size_t&) noexcept override { return nullptr; }
  void writeCalibrationCache(void const*, std::size_t) noexcept override {}
};
struct Selector : nvinfer1::IAlgorithmSelector {
  int32_t selectAlgorithms(nvinfer1::IAlgorithmContext const&, nvinfer1::IAlgorithm const* const*, int32_t nb,
                           int32_t*) noexcept override {
    return nb;
  }
  void reportAlgorithms(nvinfer1::IAlgorithmContext const* const*, nvinfer1::IAlgorithm const* const*,
                        int32_t) noexcept override {}
};
}  // namespace era8

namespace era10 {
struct Allocator : nvinfer1::v_1_0::IGpuAllocator {
  void* allocate(uint64_t const, uint64_t const, nvinfer1::AllocatorFlags const) noexcept override { return this; }
  bool deallocate(void* const) noexcept override { return true; }
};
struct Output : nvinfer1::IOutputAllocator {
  void* reallocateOutputAsync(char const*, void*, uint64_t, uint64_t, cudaStream_t) override { return this; }
  void notifyShape(char const*, nvinfer1::Dims const&) noexcept override {}
};
struct Monitor : nvinfer1::IProgressMonitor {
  void phaseStart(char const*, char const*, int32_t) noexcept override {}
  bool stepComplete(char const*, int32_t) noexcept override { return true; }
  void phaseFinish(char const*) noexcept override {}
};
struct Reader : nvinfer1::IStreamReader {
  int64_t read(void*, int64_t nb) override { return nb; }
};
struct ReaderV2 : nvinfer1::IStreamReaderV2 {
  int64_t read(void*, int64_t nb, cudaStream_t) noexcept override { return nb; }
  bool seek(int64_t, nvinfer1::SeekPosition) noexcept override { return true; }
};
struct Writer : nvinfer1::IStreamWriter {
  int64_t write(void const*, int64_t nb) override { return nb; }
};
struct Listener : nvinfer1::IDebugListener {
  bool processDebugTensor(void const*, nvinfer1::TensorLocation, nvinfer1::DataType, nvinfer1::Dims const&, char const*,
                          cudaStream_t) override {
    return true;
  }
};
}  // namespace era10

namespace era11 {  // loggers, profilers and writers tell their interface
struct Logger : nvinfer1::v_1_0::ILogger {
  nvinfer1::InterfaceInfo getInterfaceInfo() const noexcept override { return {"ILogger", 1, 0}; }
  void log(Severity, nvinfer1::AsciiChar const* msg) noexcept override { text = msg; }
  std::string text;
};
struct Writer : nvinfer1::IStreamWriter {
  nvinfer1::InterfaceInfo getInterfaceInfo() const noexcept override { return {"IStreamWriter", 1, 0}; }
  int64_t write(void const*, int64_t nb) override { return nb; }
};
}  // namespace era11

namespace {

template <class T>
std::string logged() {
  T logger;
  nvinfer1::ILogger& base = logger;
  base.log(nvinfer1::ILogger::Severity::kINFO, "hello");
  return logger.text;
}

TEST(Eras, LoggersAreCalled) {
  EXPECT_EQ(logged<era7::Logger>(), "hello");
  EXPECT_EQ(logged<era8::Logger>(), "hello");
  EXPECT_EQ(logged<era11::Logger>(), "hello");
}

TEST(Eras, InterfacesTellTheirName) {
  EXPECT_STREQ(era10::Reader().getInterfaceInfo().kind, "IStreamReader");
  EXPECT_STREQ(era8::Allocator().getInterfaceInfo().kind, "IGpuAllocator");
  EXPECT_EQ(era8::Recorder().getAPILanguage(), nvinfer1::APILanguage::kCPP);
  EXPECT_EQ(era8::Calibrator().getAlgorithm(), nvinfer1::CalibrationAlgoType::kENTROPY_CALIBRATION_2);
}

TEST(Eras, StreamsAreCalled) {
  era11::Writer writer;
  EXPECT_EQ(static_cast<nvinfer1::IStreamWriter&>(writer).write(nullptr, 3), 3);
  era10::Writer old_writer;
  EXPECT_EQ(static_cast<nvinfer1::IStreamWriter&>(old_writer).write(nullptr, 4), 4);
  era10::ReaderV2 reader;
  EXPECT_EQ(static_cast<nvinfer1::IStreamReaderV2&>(reader).read(nullptr, 5, nullptr), 5);
  era10::Monitor monitor;
  EXPECT_TRUE(static_cast<nvinfer1::IProgressMonitor&>(monitor).stepComplete("p", 0));
  era10::Listener listener;
  EXPECT_TRUE(listener.processDebugTensor(nullptr, nvinfer1::TensorLocation::kHOST, nvinfer1::DataType::kFLOAT,
                                          nvinfer1::Dims{}, "t", nullptr));
  era8::Output output8;
  EXPECT_EQ(output8.reallocateOutputAsync("y", nullptr, 1, 1, nullptr), &output8);
  era10::Output output10;
  EXPECT_EQ(output10.reallocateOutput("y", nullptr, 1, 1), &output10);
  era10::Allocator allocator;
  EXPECT_TRUE(allocator.deallocateAsync(nullptr, nullptr));
  era7::Profiler profiler;
  profiler.reportLayerTime("l", 2.5F);
  EXPECT_EQ(profiler.total, 2.5F);
  era8::Selector selector;
  EXPECT_NE(&static_cast<nvinfer1::IAlgorithmSelector&>(selector), nullptr);
}

TEST(Eras, PluginsOfRelease7AreCalledThroughTheNewerSpelling) {
  era7::Plugin plugin;
  nvinfer1::IPluginV2& base = plugin;
  void* const* outputs = nullptr;
  EXPECT_EQ(base.enqueue(3, nullptr, outputs, nullptr, nullptr), 3);
}

}  // namespace
