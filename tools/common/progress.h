// Build progress on the terminal: stage, percent, time left; plain lines where the output is no terminal.
#pragma once

#include <NvInfer.h>

#include <chrono>
#include <map>
#include <string>

namespace tools {

class ProgressBar : public nvinfer1::IProgressMonitor {
 public:
  void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept override;
  bool stepComplete(char const* phaseName, int32_t step) noexcept override;
  void phaseFinish(char const* phaseName) noexcept override;

 private:
  struct Phase {
    int32_t steps = 0, last_percent = -1;
    std::chrono::steady_clock::time_point start;
  };
  std::map<std::string, Phase> phases_;
};

}  // namespace tools
