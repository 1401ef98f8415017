// The protobuf classes of the ONNX format, package hone_onnx. Heavy: only files that read the model itself include it.
#pragma once

#include <hone_onnx.pb.h>

namespace hone::onnx {
namespace proto = ::hone_onnx;
}
