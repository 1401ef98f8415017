// Results are kept as text while the build goes on and written when it is over.
#include "common/verifier.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "common/json.h"

namespace tools {

using nvinfer1::VerifyAction;

void Verifier::attach(nvinfer1::IBuilderConfig& config) {
  if (!o_.verify) return;
  const VerifyAction action = o_.verify_action == "raise"    ? VerifyAction::kRAISE
                              : o_.verify_action == "refuse" ? VerifyAction::kREFUSE
                                                             : VerifyAction::kREPORT;
  if (!config.setVerification(action, o_.verify_tolerance))
    throw UserError("the verification is not possible; the reason is logged above");
  config.setVerifier(this);
  attached_ = true;
}

bool Verifier::provideInput(char const* name, nvinfer1::DataType type, nvinfer1::Dims const& dims, void* data,
                            uint64_t size) noexcept {
  for (const auto& [n, file] : o_.load_inputs) {
    if (n != name) continue;
    try {
      const std::vector<std::byte> values = load_tensor(file, type, dims, o_.picture);
      if (values.size() != size) return false;
      std::memcpy(data, values.data(), size);
      return true;
    } catch (const std::exception& e) {
      if (error_.empty()) error_ = e.what();
    }
  }
  return false;
}

void Verifier::reportLayer(nvinfer1::LayerVerification const& l) noexcept {
  auto number = [](double x) { return std::isfinite(x) ? fmt::format("{:.6e}", x) : std::string("Infinity"); };
  try {
    const bool compared = *l.note == '\0';
    layers_.push_back(fmt::format(
        "{{ \"build\" : {}, \"layer\" : {}, \"operation\" : {}, \"tactic\" : {}, \"device\" : {}, \"precision\" : {}, "
        "\"compared\" : {}, \"passed\" : {}, \"note\" : {}, \"relativeError\" : {}, \"tolerance\" : {}, "
        "\"maxAbsError\" : {}, \"elements\" : {}, \"nan\" : {}, \"inf\" : {} }}",
        l.build, json_text(l.layer), json_text(l.operation), json_text(l.tactic), json_text(l.device),
        json_text(l.precision), compared, l.passed, json_text(l.note), number(l.relativeError), number(l.tolerance),
        number(l.maxAbsError), l.elements, l.nans, l.infinities));
  } catch (const std::exception& e) {
    error_ = e.what();
  }
}

void Verifier::finish() const {
  if (!attached_) return;
  if (!error_.empty()) throw UserError(error_);
  if (o_.export_verify.empty()) return;
  std::ofstream f(o_.export_verify);
  f << "[\n";
  for (size_t i = 0; i < layers_.size(); ++i) f << (i == 0 ? "  " : ", ") << layers_[i] << "\n";
  f << "]\n";
  if (!f.flush()) throw UserError(fmt::format("cannot write '{}'", o_.export_verify));
}

}  // namespace tools
