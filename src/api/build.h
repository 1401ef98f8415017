// From a network and a configuration of the public interface to a plan.
#pragma once

#include "api/builder_config.h"
#include "api/network.h"
#include "plan/plan.h"

namespace hone::api {

/// Throws Error with what the configuration asks for and this version or the network does not allow.
std::unique_ptr<plan::Plan> build_plan(Network& network, BuilderConfig& config, const Reporter& reporter,
                                       int max_threads);
/// The checks of a build without the build.
void check_build(Network& network, const BuilderConfig& config, const Reporter& reporter);

}  // namespace hone::api
