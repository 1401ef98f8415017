#!/usr/bin/env python3
"""Real networks through trtexec against ONNX Runtime on the same inputs.

--set onnx: the trained networks of shared/models/onnx. --set exports: the weight-free PyTorch exports of
shared/models/exports, with drawn weights, at every shape of their manifest. Models that are known to differ stand in
known.tsv with the reason. The test fails on a crash, on a model that differs without standing there, and when more
than one in ten differ."""
import argparse
import fnmatch
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import reference

reference.environment("numpy", "onnx", "onnxruntime")
import numpy as np
import onnxruntime

DTYPES = {"float": "f4", "double": "f8", "float16": "f2", "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1", "uint8": "u1", "bool": "?"}
START = time.time()
# Run first when time is short: together they hold most patterns.
FIRST = ["squeezenet1_1.ts17.b1", "mobilenet_v2.ts17.b1", "efficientnet_b0.ts17.b1", "resnet18.ts17.dyn", "bert_base.ts17.b1", "swin_t.dynamo18.b1"]

LAST = ["segmentation/brain3d_256.onnx"]  # minutes in any engine


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", default=os.path.join(reference.ROOT, "build/release/bin/trtexec"))
    p.add_argument("--set", choices=["onnx", "exports"], required=True)
    p.add_argument("--only", default="", help="part of the model's name")
    p.add_argument("--seconds", type=float, default=1e9, help="start no new model after so long; what is left is counted")
    p.add_argument("--tolerance", type=float, default=1e-5, help="largest relative L2 distance of an output in float32")
    p.add_argument("--share", type=float, default=0.9, help="share of the models that must agree")
    p.add_argument("--flags", default="", help="more options for trtexec")
    p.add_argument("--verbose", action="store_true", help="a line for models that agree, too")
    return p.parse_args()


def known():
    with open(os.path.join(HERE, "known.tsv")) as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return {pattern: reason for pattern, reason in rows}


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def drawn(tensor, rng):
    """An input for a tensor that nothing is known about: batch 1, other unknown extents 64."""
    shape = [n if isinstance(n, int) and n > 0 else 1 if i == 0 else 64 for i, n in enumerate(tensor.shape)]
    dtype = np.dtype(DTYPES[tensor.type[len("tensor(") : -1]])
    return (rng.standard_normal(shape) if dtype.kind == "f" else rng.integers(0, 2, shape)).astype(dtype)


def listed(spec, index, rng):
    """An input as an entry of the exports' manifest describes it."""
    shape, values, dtype = spec["shapes"][index], spec["values"], np.dtype(spec["dtype"])
    if values == "N(0,1)":
        return rng.standard_normal(shape).astype(dtype)
    if values == "ones":
        return np.ones(shape, dtype)
    if values == "bool":
        return (rng.random(shape) < 0.5).astype(dtype)
    low, high = (float(v) for v in values.split(".."))
    if dtype.kind in "iu":
        return rng.integers(int(low), int(high), shape, endpoint=True).astype(dtype)
    return rng.uniform(low, high, shape).astype(dtype)


def late(args):
    return time.time() - START > args.seconds


def onnx_models(args):
    """(name, path, dynamic, [inputs]) of each trained network that ONNX Runtime loads; no path once time is out."""
    folder = reference.shared("models", "onnx")
    paths = sorted((p for p in glob.glob(folder + "/**/*.onnx", recursive=True) if "/op_cases/" not in p), key=lambda p: (os.path.relpath(p, folder) in LAST, os.path.getsize(p)))
    for path in paths:
        name = os.path.relpath(path, folder)
        if args.only not in name:
            continue
        if late(args):
            yield name, None, False, []
            continue
        try:
            inputs = session(path).get_inputs()
            rng = np.random.default_rng(7)
            fed = {i.name: drawn(i, rng) for i in inputs}
        except Exception as error:
            print(f"{name}: left out, ONNX Runtime does not load it: {str(error)[:100]}")
            continue
        yield name, path, any(not isinstance(n, int) for i in inputs for n in i.shape), [fed]


def export_models(args):
    folder = reference.shared("models", "exports")
    with open(os.path.join(folder, "manifest.json")) as f:
        manifest = json.load(f)

    def rank(name):
        first = [i for i, prefix in enumerate(FIRST) if name.startswith(prefix)]
        return (first[0] if first else len(FIRST), sum(manifest[name].get("ort_ms", [0])))

    for name in sorted(manifest, key=rank):
        if args.only not in name:
            continue
        if late(args):
            yield name, None, False, []
            continue
        specs = manifest[name]["inputs"]
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(work, "model.onnx")
            subprocess.run([sys.executable, os.path.join(folder, "fill.py"), os.path.join(folder, name), path], check=True, capture_output=True)
            count = len(specs[0]["shapes"]) if specs else 1
            rngs = [np.random.default_rng(k) for k in range(count)]
            yield name, path, ".dyn." in name, [{s["name"]: listed(s, k, rngs[k]) for s in specs} for k in range(count)]


def tolerance(args, wanted):
    """Half precision outputs are compared at half precision."""
    return max(args.tolerance, 2e-3 if any(isinstance(w, np.ndarray) and w.dtype == np.float16 for w in wanted.values()) else 0)


def compare(args, path, dynamic, feeds):
    """The verdict on one model over all its inputs: (state, crashed, text), state None where the reference has no answer."""
    text, crashed, good = [], False, True
    oracle = session(path)
    for fed in feeds:
        try:
            wanted = dict(zip([o.name for o in oracle.get_outputs()], oracle.run(None, fed)))
        except Exception as error:
            return None, False, f"ONNX Runtime does not run it: {str(error)[:100]}"
        if not all(np.isfinite(w).all() for w in wanted.values() if isinstance(w, np.ndarray) and w.dtype.kind == "f"):
            return None, False, "ONNX Runtime's outputs are not finite on drawn inputs"
        outcome = reference.run(args.trtexec, path, fed, shapes=dynamic, flags=args.flags.split(), seconds=300)
        far = reference.worst(outcome.outputs, wanted)
        crashed |= outcome.crashed
        good &= far <= tolerance(args, wanted)
        text.append(f"distance {far:.1e}" if outcome.outputs is not None else f"exit {outcome.status}: {outcome.reason()}")
    return good, crashed, "; ".join(text)


def main():
    args = arguments()
    if not os.access(args.trtexec, os.X_OK):
        sys.exit(f"no program at {args.trtexec}")
    table = known()
    counts = {"agree": 0, "differ": 0, "known": 0, "unasked": 0, "later": 0, "crash": 0}
    models = onnx_models(args) if args.set == "onnx" else export_models(args)
    for name, path, dynamic, feeds in models:
        if path is None:
            counts["later"] += 1
            continue
        began = time.time()
        good, crashed, text = compare(args, path, dynamic, feeds)
        reason = next((r for pattern, r in table.items() if fnmatch.fnmatch(name, pattern)), None)
        state = "unasked" if good is None else "agree" if good else "known" if reason else "differ"
        counts[state] += 1
        counts["crash"] += crashed
        if state != "agree" or args.verbose or reason:
            print(f"{name}: {'CRASH ' if crashed else ''}{state}, {text}, {time.time() - began:.0f} s" + (f" (known.tsv: {reason})" if reason else ""), flush=True)
    asked = counts["agree"] + counts["differ"] + counts["known"]
    print(f"{counts['agree']} of {asked} models agree, {counts['known']} differ as known, {counts['differ']} differ, {counts['crash']} crash; "
          f"{counts['unasked']} have no reference" + (f"; {counts['later']} were left when time was out" if counts["later"] else "") + f"; {time.time() - START:.0f} s")
    sys.exit(not asked or counts["crash"] > 0 or counts["differ"] > 0 or counts["agree"] < args.share * asked)


if __name__ == "__main__":
    main()
