// The version of the interface, as macros.
#pragma once

#include "NvInferVersion.h"
