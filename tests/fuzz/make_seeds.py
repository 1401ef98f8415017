#!/usr/bin/env python3
"""Writes the small ONNX files of tests/fuzz/seeds: between them they hold convolution, shape arithmetic, control flow,
quantisation, data-dependent shapes and every kind of attribute. Needs onnx and numpy."""
import os

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")
F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
rng = np.random.default_rng(0)


def weight(name, *shape):
    return numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)


def ints(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def info(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def write(name, nodes, inputs, outputs, constants=(), opset=17):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), os.path.join(HERE, name + ".onnx"))


N = helper.make_node
write("convolution", [
    N("Conv", ["x", "w", "b"], ["a"], "conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
    N("BatchNormalization", ["a", "s", "t", "m", "v"], ["n"], "norm", epsilon=1e-3),
    N("Relu", ["n"], ["r"], "relu"), N("MaxPool", ["r"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
    N("GlobalAveragePool", ["p"], ["g"], "mean"), N("Flatten", ["g"], ["f"], "flat"), N("Gemm", ["f", "k"], ["d"], "dense", transB=1),
    N("Softmax", ["d"], ["y"], "soft", axis=1)],
    [info("x", F, [1, 3, 9, 9])], [info("y", F, [1, 5])],
    [weight("w", 4, 3, 3, 3), weight("b", 4), weight("s", 4), weight("t", 4), weight("m", 4), numpy_helper.from_array(np.ones(4, np.float32), "v"), weight("k", 5, 4)])
write("shapes", [
    N("Shape", ["x"], ["s"]), N("Gather", ["s", "zero"], ["n"], axis=0), N("Unsqueeze", ["n", "axis"], ["u"]),
    N("Concat", ["u", "rest"], ["to"], axis=0), N("Reshape", ["x", "to"], ["r"]), N("Transpose", ["r"], ["t"], perm=[0, 2, 1]),
    N("MatMul", ["r", "t"], ["y"])],
    [info("x", F, ["batch", 12])], [info("y", F, ["batch", 3, 3])],
    [numpy_helper.from_array(np.array(0, np.int64), "zero"), ints("axis", 0), ints("rest", 3, 4)])
body = helper.make_graph(
    [N("Identity", ["go"], ["on"]), N("Add", ["h", "h"], ["h2"]), N("Identity", ["h2"], ["each"])], "body",
    [info("i", I, []), info("go", B, []), info("h", F, [2])], [info("on", B, []), info("h2", F, [2]), info("each", F, [2])])
write("loop", [N("Loop", ["trips", "true", "x"], ["last", "all"], "loop", body=body)],
      [info("x", F, [2])], [info("last", F, [2]), info("all", F, [3, 2])],
      [numpy_helper.from_array(np.array(3, np.int64), "trips"), numpy_helper.from_array(np.array(True), "true")])
yes = helper.make_graph([N("Exp", ["x"], ["a"])], "yes", [], [info("a", F, [4])])
no = helper.make_graph([N("Neg", ["x"], ["b"])], "no", [], [info("b", F, [4])])
write("branch", [N("ReduceSum", ["x"], ["s"], keepdims=0), N("Greater", ["s", "limit"], ["c"]), N("If", ["c"], ["y"], then_branch=yes, else_branch=no)],
      [info("x", F, [4])], [info("y", F, [4])], [numpy_helper.from_array(np.array(1, np.float32), "limit")])
write("quantised", [
    N("QuantizeLinear", ["x", "xs", "xz"], ["q"]), N("DequantizeLinear", ["q", "xs", "xz"], ["d"]),
    N("DequantizeLinear", ["wq", "ws", "wz"], ["w"], axis=0), N("Conv", ["d", "w"], ["y"], group=2)],
    [info("x", F, [1, 4, 5, 5])], [info("y", F, [1, 4, 4, 4])],
    [numpy_helper.from_array(np.array(0.1, np.float32), "xs"), numpy_helper.from_array(np.array(3, np.int8), "xz"),
     numpy_helper.from_array(rng.integers(-9, 9, (4, 2, 2, 2)).astype(np.int8), "wq"), numpy_helper.from_array(np.full(4, 0.2, np.float32), "ws"),
     numpy_helper.from_array(np.zeros(4, np.int8), "wz")])
write("moves", [
    N("Slice", ["x", "from", "to", "axes", "steps"], ["s"]), N("Pad", ["s", "pads"], ["p"], mode="reflect"),
    N("Resize", ["p", "", "scales"], ["r"], mode="linear", coordinate_transformation_mode="align_corners"),
    N("Split", ["r"], ["a", "b"], axis=1), N("Concat", ["b", "a"], ["c"], axis=2), N("TopK", ["c", "k"], ["y", "i"], axis=3)],
    [info("x", F, [1, 4, 6, 6])], [info("y", F, None), info("i", I, None)],
    [ints("from", 5, 0), ints("to", -7, 5), ints("axes", 2, 3), ints("steps", -1, 1), ints("pads", 0, 0, 1, 1, 0, 0, 1, 1),
     numpy_helper.from_array(np.array([1, 1, 2, 1.5], np.float32), "scales"), ints("k", 2)])
write("data_dependent", [N("NonZero", ["x"], ["z"]), N("Transpose", ["z"], ["t"]), N("GatherND", ["x", "t"], ["y"])],
      [info("x", F, [3, 4])], [info("y", F, None)])
