// Chooses a tactic and memory formats for every node of a graph by timing the candidates on the device.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tune/measure.h"
#include "tune/problem.h"
#include "tune/sources.h"

namespace hone::tune {

/// What a graph is to the one around it: it decides which of its inputs and outputs the host must see.
enum class GraphRole { kTop, kBranch, kLoopBody };

struct Options {
  const Backend* backend = nullptr;
  GraphRole role = GraphRole::kTop;
  ProblemOptions problem;
  /// 0: first tactic that fits, no timing; 1: the two that are tried first; 2 and more: all, each timed for longer the
  /// higher the level, so that the choice depends less on chance.
  int level = 3;
  int max_tactics = -1;  // time no more than so many per node and format; -1: no limit
  int least_iterations = 1;
  uint32_t sources = kAllSources;  // of tactics, see tune/sources.h
  TimingCache* cache = nullptr;
  /// Symbol values at which candidates are timed, and further ones at which the chosen tactic must work too.
  Bindings tune_at;
  std::vector<Bindings> also_at;
  std::function<bool(int done, int total, const std::string& node)> progress;  // false: stop
  std::function<void(const std::string&)> note;                                // rejections and decisions, in detail
};

/// How a node runs.
struct Choice {
  enum class Kind { kReference, kView, kTactic } kind = Kind::kReference;
  const Tactic* tactic = nullptr;
  float us = 0;
  std::vector<std::string> rejected;  // "tactic: reason"
  /// All tactics for the same formats with their times, the chosen one included; what the level leaves untimed has the
  /// time of the best.
  std::vector<std::pair<const Tactic*, float>> timed;
  /// Runs on the host although the device has its own memory, and why.
  bool on_host = false;
  std::string host_reason;
};

struct Result {
  std::map<const ir::Node*, Choice> choices;
  int timed = 0, cached = 0;
  bool cancelled = false;
};

/// Sets Value::format and Value::host, inserts Reformat and Transfer nodes and returns a choice for every node (not for
/// those of bodies). Throws Unsupported where a node has neither a tactic nor a reference evaluation.
Result tune(ir::Graph& g, const Options& options);

}  // namespace hone::tune
