// Everything that a program which builds engines needs: what NvInfer.h shows.
#pragma once

#include "hone/algorithm.h"
#include "hone/builder.h"
#include "hone/builder_config.h"
#include "hone/int8_calibrator.h"
#include "hone/layers.h"
#include "hone/network.h"
#include "hone/progress_monitor.h"
#include "hone/runtime_all.h"
#include "hone/timing_cache.h"
