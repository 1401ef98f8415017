// What an importer has to say about a model: one entry per thing that is wrong, with where it is and what to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hone::import {

enum class Cause {
  kModel,        // the model breaks a rule of its own format
  kUnsupported,  // the model is fine, Hone cannot do it
  kInternal,     // a bug in Hone
};

struct Diagnostic {
  Cause cause = Cause::kModel;
  std::string node;    // name of the node; empty: the model as a whole
  std::string type;    // operator
  std::string domain;  // of the operator; empty: the standard one
  int64_t opset = 0;   // version of that domain that the model imports
  std::string scope;   // path of functions and subgraphs around the node; empty: the main graph
  std::string reason;
  std::string remedy;  // what the user can do; may be empty
  int64_t index = -1;  // position of the (outermost) node in the main graph; -1: none
};

/// One readable paragraph: "node 'x' (Foo, opset 17, domain 'bar') in function 'f': reason. remedy".
std::string str(const Diagnostic& d);
/// All of them, numbered where there is more than one.
std::string str(const std::vector<Diagnostic>& all);

}  // namespace hone::import
