// Command line of trtexec: TensorRT's flags.
#pragma once

#include <string>

#include "common/options.h"

namespace trtexec {

/// Parses; throws tools::UserError with the message for the user. With --help, fills `help_text` and sets
/// Options::help.
tools::Options parse_options(int argc, char** argv, std::string* help_text);

/// Switches off, with a warning, what contradicts other flags (precisions of a strongly typed network).
void settle(tools::Options& o);

}  // namespace trtexec
