// Umbrella with TensorRT's name: the importer of ONNX models.
#pragma once

#include "NvInfer.h"
#include "hone/onnx/parser.h"
#include "hone/onnx/parser_error.h"
#include "hone/onnx/parser_refitter.h"
