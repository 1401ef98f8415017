// From a network and a configuration of the public interface to a plan.
#pragma once

#include "api/builder_config.h"
#include "api/network.h"
#include "plan/plan.h"

namespace hone::api {

/// Throws Error with what the configuration asks for and this version or the network does not allow.
std::unique_ptr<plan::Plan> build_plan(Network& network, BuilderConfig& config, const Reporter& reporter,
                                       int max_threads);
/// The plan's portable network tuned for the device that the configuration means. Throws Error where the plan does not
/// hold it.
std::unique_ptr<plan::Plan> retune_plan(const plan::Plan& old, BuilderConfig& config, const Reporter& reporter,
                                        int max_threads);
/// The device of a plan; throws Unsupported with the reason where it cannot be used here.
const Backend& backend_of(const std::string& device);
/// The device that a configuration means: the GPU where there is one, unless the CPU was asked for, and for no layer
/// the GPU.
const Backend& chosen_backend(const BuilderConfig& config, const Reporter& reporter);
/// The checks of a build without the build.
void check_build(Network& network, const BuilderConfig& config, const Reporter& reporter);

}  // namespace hone::api
