// Memory planning of views: which values live inside another value's storage, so that reshapes, slices and
// concatenations cost nothing.
#pragma once

#include <map>

#include "tune/tuner.h"

namespace hone::compile {

struct Alias {
  ir::Value* of = nullptr;
  Dim offset = 0;  // elements from the start of `of`
  Dim pitch = 0;   // elements between rows (linear: of the last axis) or pixels (channels-last); 0: dense
};
using Aliases = std::map<const ir::Value*, Alias>;

/// Decides the views and turns the choice of every node that needs no work any more to kView.
Aliases plan_views(ir::Graph& g, std::map<const ir::Node*, tune::Choice>& choices, const tune::Options& options);

}  // namespace hone::compile
