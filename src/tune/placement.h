// Host and device: which nodes run on the host although the device has its own memory, and the copies in between.
#pragma once

#include "tune/tuner.h"

namespace hone::tune {

/// The side on which node n wants input i: true for the host. Control flow takes its condition and trip count there.
bool wants_on_host(const ir::Node& n, size_t i, const Choice& c);

/// Small integer work on values that are on the host already stays there: copying it would cost more than doing it.
bool belongs_to_host(const ir::Node& n, const Bindings& b);

/// Sides of graph inputs.
void place_inputs(ir::Graph& g, GraphRole role);

/// Inserts a Transfer wherever a value is on the other side than its user (or the graph's user) wants it.
void insert_transfers(ir::Graph& g, GraphRole role, Result& r);

}  // namespace hone::tune
