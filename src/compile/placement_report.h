// What runs where, as a table for the log of a build.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"
#include "tune/problem.h"

namespace hone::compile {

/// Lines of a table: layers and their measured time by device, and the copies between device and host with their sizes
/// at these symbol values. `placed` of the layers on the host were put there by the user.
std::vector<std::string> placement_table(const plan::Plan& p, const tune::Bindings& at, int placed);

}  // namespace hone::compile
