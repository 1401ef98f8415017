"""An ONNX model evaluated in float64, to tell which of two engines is nearer to what the model says. Every FP32 tensor of
the model becomes FP64 and the nodes run on NumPy: ONNX's own reference evaluation, with faster evaluations of the
operators that it runs element by element. Models that compute in half precision or in integers, or draw random numbers, are
refused; quantisation to integers and back is a rounding like any other."""
import itertools
import math

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
NARROW = (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
INTEGERS = {"DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearConv", "QLinearMatMul"}
RANDOM = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
# Attributes that name a type of the output.
TYPE_ATTRIBUTES = ("to", "dtype", "output_dtype", "stash_type")


class NoTruth(Exception):
    """The model cannot be evaluated in float64."""


def widened(tensor):
    if tensor.data_type in NARROW:
        raise NoTruth("the model holds half-precision values")
    if tensor.data_type != FLOAT:
        return tensor
    return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name)


def widen_type(proto):
    if proto.WhichOneof("value") == "tensor_type" and proto.tensor_type.elem_type == FLOAT:
        proto.tensor_type.elem_type = DOUBLE
    elif proto.WhichOneof("value") in ("sequence_type", "optional_type"):
        widen_type(getattr(proto, proto.WhichOneof("value")).elem_type)


def widen_node(node):
    if not node.domain and node.op_type in {operator.__name__ for operator in LEGACY}:
        node.domain = "legacy"
    if node.op_type == "GridSample":  # older versions call the modes otherwise
        for a in node.attribute:
            a.s = {b"bilinear": b"linear", b"bicubic": b"cubic"}.get(a.s, a.s)
    if node.op_type in INTEGERS:
        raise NoTruth(f"the model computes in integers ({node.op_type})")
    if node.op_type in RANDOM:
        raise NoTruth(f"the model draws random numbers ({node.op_type})")
    for a in node.attribute:
        if a.type == onnx.AttributeProto.TENSOR:
            a.t.CopyFrom(widened(a.t))
        elif a.type == onnx.AttributeProto.GRAPH:
            widen_graph(a.g)
        elif a.type == onnx.AttributeProto.TYPE_PROTO:
            widen_type(a.tp)
        elif a.name in TYPE_ATTRIBUTES and a.i == FLOAT:
            a.i = DOUBLE
        elif a.name in TYPE_ATTRIBUTES and a.i in NARROW:
            raise NoTruth("the model computes in half precision")
    if node.op_type == "Constant" and node.attribute[0].name in ("value_float", "value_floats"):
        a = node.attribute[0]
        value = np.array(a.f if a.name == "value_float" else list(a.floats), np.float32).astype(np.float64)
        node.attribute[0].CopyFrom(helper.make_attribute("value", numpy_helper.from_array(value)))
    if node.op_type == "ConstantOfShape" and not node.attribute:
        node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(np.zeros(1))))


def widen_graph(graph):
    for i, tensor in enumerate(graph.initializer):
        graph.initializer[i].CopyFrom(widened(tensor))
    for value in [*graph.input, *graph.output]:
        widen_type(value.type)
    del graph.value_info[:]
    for node in graph.node:
        widen_node(node)


def widened_model(path):
    model = onnx.load(path)
    model.opset_import.append(helper.make_opsetid("legacy", 1))
    widen_graph(model.graph)
    for function in model.functions:
        for node in function.node:
            widen_node(node)
        del function.value_info[:]
    return model


# --- operators that the reference evaluates element by element, or in another precision


def pads_of(mode, pads, size, kernel, stride, dilation):
    """(before, after) of each spatial axis."""
    rank = len(kernel)
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        result = []
        for n, k, s, d in zip(size, kernel, stride, dilation):
            total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
            small, large = total // 2, total - total // 2
            result.append((small, large) if mode == "SAME_UPPER" else (large, small))
        return result
    if mode == "VALID" or not pads:
        return [(0, 0)] * rank
    return list(zip(pads[:rank], pads[rank:]))


def patches(x, kernel, stride, dilation):
    """Views [n, c, out..., kernel...] of a padded tensor [n, c, spatial...]."""
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation)]
    strides = [t * s for t, s in zip(x.strides[2:], stride)], [t * d for t, d in zip(x.strides[2:], dilation)]
    return np.lib.stride_tricks.as_strided(x, (*x.shape[:2], *out, *kernel), (*x.strides[:2], *strides[0], *strides[1]), writeable=False)


class Conv(OpRun):
    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=None, kernel_shape=None, pads=None, strides=None):
        rank = x.ndim - 2
        kernel, stride, dilation = w.shape[2:], strides or [1] * rank, dilations or [1] * rank
        pads = pads_of(auto_pad, pads, x.shape[2:], kernel, stride, dilation)
        x = np.pad(x, [(0, 0), (0, 0), *pads])
        seen = patches(x, kernel, stride, dilation)
        group = group or 1
        m, c = w.shape[0] // group, w.shape[1]
        y = np.empty((x.shape[0], w.shape[0], *seen.shape[2 : 2 + rank]))
        axes = [1, *range(2 + rank, 2 + 2 * rank)]
        rows = max(1, (1 << 23) // max(1, c * math.prod(kernel) * math.prod(seen.shape[3 : 2 + rank])))  # 64 MiB of patches
        for g, first in itertools.product(range(group), range(0, seen.shape[2], rows)):
            part = seen[:, g * c : (g + 1) * c, first : first + rows]
            product = np.tensordot(w[g * m : (g + 1) * m], part, (range(1, w.ndim), axes))
            y[:, g * m : (g + 1) * m, first : first + rows] = np.moveaxis(product, 0, 1)
        return (y if b is None else y + b.reshape(1, -1, *[1] * rank),)


class ConvTranspose(OpRun):
    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=None, kernel_shape=None, output_padding=None, output_shape=None, pads=None, strides=None):
        rank = x.ndim - 2
        kernel, stride, dilation = w.shape[2:], strides or [1] * rank, dilations or [1] * rank
        group, extra = group or 1, output_padding or [0] * rank
        full = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(x.shape[2:], stride, kernel, dilation)]
        if output_shape:
            # A larger output than the input reaches is zero at its end.
            extra = [max(e, o - f) for f, e, o in zip(full, extra, output_shape[-rank:])]
            total = [f + e - o for f, e, o in zip(full, extra, output_shape[-rank:])]
            halves = [(t - t // 2, t // 2) if auto_pad != "SAME_UPPER" else (t // 2, t - t // 2) for t in total]
            pads = [h[0] for h in halves] + [h[1] for h in halves]
        elif auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            total = [max(0, f + e - n * s) for f, e, n, s in zip(full, extra, x.shape[2:], stride)]
            halves = [(t // 2, t - t // 2) if auto_pad == "SAME_UPPER" else (t - t // 2, t // 2) for t in total]
            pads = [h[0] for h in halves] + [h[1] for h in halves]
        pads = pads or [0] * 2 * rank
        m, c = w.shape[1], x.shape[1] // group
        y = np.zeros((x.shape[0], group * m, *[f + e for f, e in zip(full, extra)]))
        for g in range(group):
            for at in np.ndindex(*kernel):
                part = np.einsum("nc...,cm->nm...", x[:, g * c : (g + 1) * c], w[(slice(g * c, (g + 1) * c), slice(None), *at)], optimize=True)
                where = tuple(slice(a * d, a * d + (n - 1) * s + 1, s) for a, d, n, s in zip(at, dilation, x.shape[2:], stride))
                y[(slice(None), slice(g * m, (g + 1) * m), *where)] += part
        y = y[(slice(None), slice(None), *[slice(p, n - q) for p, q, n in zip(pads[:rank], pads[rank:], y.shape[2:])])]
        return (y if b is None else y + b.reshape(1, -1, *[1] * rank),)


def pooled_pads(mode, pads, ceil_mode, size, kernel, stride, dilation):
    """The pads of a pooling, and how far past them its last window reaches with rounding up."""
    pads = pads_of(mode, pads, size, kernel, stride, dilation)
    beyond = []
    for n, (p, q), k, s, d in zip(size, pads, kernel, stride, dilation):
        span, window = n + p + q, (k - 1) * d + 1
        count = -(-(span - window) // s) + 1 if ceil_mode else (span - window) // s + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        beyond.append(max(0, (count - 1) * s + window - span))
    return pads, beyond


class MaxPool(OpRun):
    def _run(self, x, auto_pad=None, ceil_mode=None, dilations=None, kernel_shape=None, pads=None, storage_order=None, strides=None):
        if len(self.onnx_node.output) > 1:
            raise NoTruth("MaxPool with indices")
        rank = x.ndim - 2
        stride, dilation = strides or [1] * rank, dilations or [1] * rank
        pads, beyond = pooled_pads(auto_pad, pads, ceil_mode, x.shape[2:], kernel_shape, stride, dilation)
        low = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
        x = np.pad(x, [(0, 0), (0, 0), *[(p, q + b) for (p, q), b in zip(pads, beyond)]], constant_values=low)
        return (patches(x, kernel_shape, stride, dilation).max(axis=tuple(range(-rank, 0))),)


class AveragePool(OpRun):
    def _run(self, x, auto_pad=None, ceil_mode=None, count_include_pad=None, dilations=None, kernel_shape=None, pads=None, strides=None):
        rank = x.ndim - 2
        stride, dilation = strides or [1] * rank, dilations or [1] * rank
        pads, beyond = pooled_pads(auto_pad, pads, ceil_mode, x.shape[2:], kernel_shape, stride, dilation)
        counted = np.ones((1, 1, *x.shape[2:]))
        counted = np.pad(counted, [(0, 0), (0, 0), *pads], constant_values=1 if count_include_pad else 0)
        counted = np.pad(counted, [(0, 0), (0, 0), *[(0, b) for b in beyond]])
        x = np.pad(x, [(0, 0), (0, 0), *[(p, q + b) for (p, q), b in zip(pads, beyond)]])
        axes = tuple(range(-rank, 0))
        return (patches(x, kernel_shape, stride, dilation).sum(axis=axes) / patches(counted, kernel_shape, stride, dilation).sum(axis=axes),)


class GlobalMaxPool(OpRun):
    def _run(self, x):
        return (x.max(tuple(range(2, x.ndim)), keepdims=True),)


class GlobalAveragePool(OpRun):
    def _run(self, x):
        return (x.mean(tuple(range(2, x.ndim)), keepdims=True),)


def coordinates(mode, n, size, scale, low, high):
    """Where each of `size` output positions of an axis lies on the input axis of length n."""
    i = np.arange(size, dtype=np.float64)
    if mode == "align_corners":
        return np.zeros(size) if size == 1 else i * (n - 1) / (size - 1)
    if mode == "asymmetric":
        return i / scale
    if mode == "pytorch_half_pixel" and size == 1:
        return np.zeros(1)
    if mode == "tf_crop_and_resize":
        return low * (n - 1) + i * (high - low) * (n - 1) / (size - 1) if size > 1 else np.full(1, 0.5 * (low + high) * (n - 1))
    if mode == "half_pixel_symmetric":
        ratio = size / (scale * n)
        return n / 2 * (1 - ratio) + (i + 0.5) / scale - 0.5
    return (i + 0.5) / scale - 0.5


def rounded(x, mode):
    if mode == "floor":
        return np.floor(x)
    if mode == "ceil":
        return np.ceil(x)
    return np.ceil(x - 0.5) if mode == "round_prefer_floor" else np.floor(x + 0.5)


def tap_matrix(x, n, mode, nearest, cubic, exclude):
    """Weights [size, n] that take an axis of length n to the positions x."""
    rows, result = np.arange(len(x)), np.zeros((len(x), n))
    if mode == "nearest":
        result[rows, np.clip(rounded(x, nearest), 0, n - 1).astype(int)] = 1
        return result
    base = np.floor(x)
    t = x - base
    if mode == "linear":
        taps = [(0, 1 - t), (1, t)]
    else:
        near = lambda d: ((cubic + 2) * d - (cubic + 3)) * d * d + 1
        far = lambda d: ((cubic * d - 5 * cubic) * d + 8 * cubic) * d - 4 * cubic
        taps = [(-1, far(t + 1)), (0, near(t)), (1, near(1 - t)), (2, far(2 - t))]
    for offset, weight in taps:
        at = base + offset
        weight = np.where((at < 0) | (at >= n), 0, weight) if exclude else weight
        np.add.at(result, (rows, np.clip(at, 0, n - 1).astype(int)), weight)
    return result / result.sum(1, keepdims=True) if exclude else result


class Resize(OpRun):
    def _run(self, x, roi=None, scales=None, sizes=None, antialias=None, axes=None, coordinate_transformation_mode=None, cubic_coeff_a=None, exclude_outside=None, extrapolation_value=None, keep_aspect_ratio_policy=None, mode=None, nearest_mode=None):
        if antialias or keep_aspect_ratio_policy not in (None, b"stretch", "stretch"):
            raise NoTruth("Resize with antialias or kept aspect ratio")
        axes = [a % x.ndim for a in axes] if axes else list(range(x.ndim))
        transform = coordinate_transformation_mode or "half_pixel"
        given = sizes is not None and sizes.size
        for k, axis in enumerate(axes):
            n = x.shape[axis]
            # Scales are FP32 in the model; with sizes they are the exact quotient.
            size = int(sizes[k]) if given else int(np.floor(n * np.float64(scales[k]) + 1e-9))
            scale = size / n if given else float(scales[k])
            if size == n and scale == 1 and transform != "tf_crop_and_resize":
                continue
            ends = (float(roi[k]), float(roi[k + len(axes)])) if roi is not None and roi.size else (0.0, 1.0)
            at = coordinates(transform, n, size, scale, *ends)
            taps = tap_matrix(at, n, mode or "nearest", nearest_mode or "round_prefer_floor", cubic_coeff_a if cubic_coeff_a is not None else -0.75, exclude_outside)
            if transform == "tf_crop_and_resize":
                raise NoTruth("Resize with regions")
            x = np.moveaxis(np.tensordot(taps, x, (1, axis)), 0, axis)
        return (x,)


class Upsample(OpRun):
    def _run(self, x, scales=None, mode=None):
        for axis, scale in enumerate(scales):
            n, size = x.shape[axis], int(np.floor(x.shape[axis] * np.float64(scale) + 1e-9))
            if size != n:
                x = np.moveaxis(np.tensordot(tap_matrix(np.arange(size) / scale, n, mode or "nearest", "floor", 0, 0), x, (1, axis)), 0, axis)
        return (x,)


def reflected(x, low, high):
    span = max(high - low, 1e-300)
    far = np.abs(x - low) % (2 * span)
    return low + np.where(far > span, 2 * span - far, far)


def sample_taps(x, n, mode, padding, low, high):
    """[(index, weight)] of an axis of length n at the positions x; a weight is 0 where the tap reads padding zeros."""
    x = np.rint(x) if mode == "nearest" else x
    outside = (x < low) | (x > high)
    if padding != "zeros":
        x = np.where(outside, np.clip(x, 0, n - 1) if padding == "border" else reflected(x, low, high), x)
    base = np.floor(x)
    t = x - base
    if mode == "nearest":
        taps = [(x, np.ones_like(x))]
    elif mode == "linear":
        taps = [(base, 1 - t), (base + 1, t)]
    else:
        near = lambda d: (1.25 * d - 2.25) * d * d + 1
        far = lambda d: ((-0.75 * d + 3.75) * d - 6) * d + 3
        taps = [(base - 1, far(t + 1)), (base, near(t)), (base + 1, near(1 - t)), (base + 2, far(2 - t))]
    result = []
    for at, weight in taps:
        if padding == "zeros":
            weight = np.where((at < 0) | (at > n - 1), 0, weight)
        elif padding == "reflection":
            at = np.trunc(np.where((at < low) | (at > high), reflected(at, low, high), at))
        result.append((np.clip(at, 0, n - 1).astype(int), weight))
    return result


class GridSample(OpRun):
    def _run(self, x, grid, align_corners=None, mode=None, padding_mode=None):
        mode, padding = mode or "linear", padding_mode or "zeros"
        size, axes = x.shape[2:], []
        for k, n in enumerate(size):
            g = grid[..., len(size) - 1 - k].astype(np.float64)
            at = (g + 1) / 2 * (n - 1) if align_corners else ((g + 1) * n - 1) / 2
            axes.append(sample_taps(at, n, mode, padding, *((0, n - 1) if align_corners else (-0.5, n - 0.5))))
        y = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
        batch = np.arange(x.shape[0]).reshape(-1, *[1] * len(size))
        for taps in itertools.product(*axes):
            weight = np.prod([w for _, w in taps], axis=0)
            y += np.moveaxis(x[(batch, slice(None), *[i for i, _ in taps])], -1, 1) * weight[:, None]
        return (y,)


class InstanceNormalization(OpRun):
    def _run(self, x, scale, bias, epsilon=None):
        axes, per_channel = tuple(range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
        y = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)
        return (y * scale.reshape(per_channel) + bias.reshape(per_channel),)


class GatherElements(OpRun):
    def _run(self, data, indices, axis=None):
        axis = (axis or 0) % data.ndim
        data = data[tuple(slice(None) if a == axis else slice(n) for a, n in enumerate(indices.shape))]
        return (np.take_along_axis(data, indices % data.shape[axis], axis),)


def along(values, x, axis):
    """One value, or one for each index of an axis, in a shape that spreads over x."""
    values = np.asarray(values)
    if values.size == 1:
        return values.reshape(())
    if values.ndim != 1:
        raise NoTruth("quantised in blocks")
    return values.reshape([-1 if a == (1 if axis is None else axis) % x.ndim else 1 for a in range(x.ndim)])


class QuantizeLinear(OpRun):
    def _run(self, x, scale, zero=None, axis=None, block_size=None, output_dtype=None, precision=None, saturate=None):
        kind = np.dtype(np.uint8) if zero is None else zero.dtype
        if kind not in (np.dtype(np.int8), np.dtype(np.uint8)):
            raise NoTruth(f"quantised to {kind}")
        y = np.rint(x / along(scale, x, axis)) + (0 if zero is None else along(zero, x, axis).astype(np.float64))
        return (np.clip(y, np.iinfo(kind).min, np.iinfo(kind).max).astype(kind),)


class DequantizeLinear(OpRun):
    def _run(self, x, scale, zero=None, axis=None, block_size=None, output_dtype=None):
        shifted = x.astype(np.float64) - (0 if zero is None else along(zero, x, axis).astype(np.float64))
        return (shifted * along(scale, x, axis),)


def erf(x):
    return np.frompyfunc(math.erf, 1, 1)(x).astype(np.float64)


class Erf(OpRun):
    def _run(self, x):
        return (erf(x),)


class Gelu(OpRun):
    def _run(self, x, approximate=None):
        if approximate == "tanh":
            return (0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),)
        return (0.5 * x * (1 + erf(x / np.sqrt(2))),)


class Sigmoid(OpRun):
    def _run(self, x):
        e = np.exp(-np.abs(x))
        return (np.where(x >= 0, 1, e) / (1 + e),)


class LayerNormalization(OpRun):
    def _run(self, x, scale, bias=None, axis=None, epsilon=None, stash_type=None):
        axes = tuple(range(axis % x.ndim, x.ndim))
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        y = (x - mean) / np.sqrt(variance + epsilon) * scale
        results = (y if bias is None else y + bias, mean, 1 / np.sqrt(variance + epsilon))
        return results[: len(self.onnx_node.output)]


# Operators that ONNX once had as experiments and old files still hold.


class ImageScaler(OpRun):
    def _run(self, x, bias=None, scale=None):
        return (x * (1.0 if scale is None else scale) + np.array(bias, np.float64).reshape(1, -1, *[1] * (x.ndim - 2)),)


class Affine(OpRun):
    def _run(self, x, alpha=None, beta=None):
        return (x * (1.0 if alpha is None else alpha) + (beta or 0.0),)


class Crop(OpRun):
    def _run(self, x, border=None, scale=None):
        left, top, right, bottom = border
        height, width = scale or (x.shape[2] - top - bottom, x.shape[3] - left - right)
        return (x[:, :, top : top + height, left : left + width],)


LEGACY = [ImageScaler, Affine, Crop]
for operator in LEGACY:
    operator.op_domain = "legacy"

OPERATORS = [Conv, ConvTranspose, MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool, Resize, Upsample, GridSample, InstanceNormalization, Erf, Gelu, Sigmoid, LayerNormalization, GatherElements, QuantizeLinear, DequantizeLinear]


for operator in OPERATORS:
    operator.op_domain = ""


def evaluate(path, inputs):
    """The model's outputs {name: array} on `inputs` {name: array}, in float64."""
    try:
        model = widened_model(path)
        engine = ReferenceEvaluator(model, new_ops=OPERATORS + LEGACY)
        fed = {name: value.astype(np.float64) if value.dtype == np.float32 else value for name, value in inputs.items()}
        return dict(zip(engine.output_names, engine.run(None, fed)))
    except NoTruth:
        raise
    except Exception as error:
        raise NoTruth(f"{type(error).__name__}: {str(error)[:200]}") from error
