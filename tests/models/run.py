#!/usr/bin/env python3
"""Real networks through trtexec against ONNX Runtime on the same inputs.

--set onnx: the trained networks of shared/models/onnx. --set exports: the weight-free PyTorch exports of
shared/models/exports, with drawn weights, at every shape of their manifest. Where an output differs, the model is also
evaluated in float64, and the output is right if it is as near to that as the tolerance or ONNX Runtime's own output.
Other models that are known to differ stand in known.tsv with the reason. The test fails on a crash, on a model that
differs without standing there, and when more than one in ten differ."""
import argparse
import contextlib
import fnmatch
import glob
import io
import json
import os
import runpy
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import reference

reference.environment("numpy", "onnx", "onnxruntime")
import numpy as np
import onnxruntime
import truth

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
    p.add_argument("--first", action="store_true", help="only the exports that hold most patterns")
    p.add_argument("--part", default="1/1", help="K/N: each Nth model, from the Kth on")
    p.add_argument("--seconds", type=float, default=1e9, help="start no new model after so long; what is left is counted")
    p.add_argument("--tolerance", type=float, default=1e-5, help="largest relative L2 distance of an output in float32")
    p.add_argument("--share", type=float, default=0.9, help="share of the models that must agree")
    p.add_argument("--flags", default="", help="more options for trtexec")
    p.add_argument("--verbose", action="store_true", help="a line for models that agree, too")
    args = p.parse_args()
    args.part = [int(n) for n in args.part.split("/")]
    return args


def selected(args, names):
    """The models that the options ask for, in order."""
    first, step = args.part
    return [name for name in names if args.only in name][first - 1 :: step]


def known():
    with open(os.path.join(HERE, "known.tsv")) as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return {pattern: reason for pattern, reason in rows}


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
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
    for name in selected(args, [os.path.relpath(path, folder) for path in paths]):
        path = os.path.join(folder, name)
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


def fill(folder, skeleton, path):
    """Writes the weight-free model with drawn weights; in this process, whose modules are loaded already."""
    program = os.path.join(folder, "fill.py")
    kept, sys.argv = sys.argv, [program, skeleton, path]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"{program} could not fill {skeleton}: {end.code}") from end
    finally:
        sys.argv = kept


def export_models(args):
    folder = reference.shared("models", "exports")
    with open(os.path.join(folder, "manifest.json")) as f:
        manifest = json.load(f)

    def rank(name):
        first = [i for i, prefix in enumerate(FIRST) if name.startswith(prefix)]
        return (first[0] if first else len(FIRST), sum(manifest[name].get("ort_ms", [0])))

    names = [name for name in manifest if not args.first or rank(name)[0] < len(FIRST)]
    for name in selected(args, sorted(names, key=rank)):
        if late(args):
            yield name, None, False, []
            continue
        specs = manifest[name]["inputs"]
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(work, "model.onnx")
            fill(folder, os.path.join(folder, name), path)
            count = len(specs[0]["shapes"]) if specs else 1
            rngs = [np.random.default_rng(k) for k in range(count)]
            yield name, path, ".dyn." in name, [{s["name"]: listed(s, k, rngs[k]) for s in specs} for k in range(count)]


def tolerance(args, wanted):
    """Half precision outputs are compared at half precision."""
    return max(args.tolerance, 2e-3 if any(isinstance(w, np.ndarray) and w.dtype == np.float16 for w in wanted.values()) else 0)


def unjustified(args, path, fed, outputs, wanted):
    """Compares both engines' outputs with a float64 evaluation: (whether Hone's are wrong, what was found)."""
    if args.tolerance < tolerance(args, wanted):
        return True, ""
    try:
        exact = truth.evaluate(path, fed)
    except truth.NoTruth as error:
        return True, f" (no float64 evaluation: {error})"
    apart, ours, theirs = reference.distances(outputs, wanted), reference.distances(outputs, exact), reference.distances(wanted, exact)
    doubtful = [name for name, far in apart.items() if far > args.tolerance]
    wrong = any(ours[name] > max(args.tolerance, theirs[name]) for name in doubtful)
    return wrong, f" (from float64: {max(ours[n] for n in doubtful):.1e}, ONNX Runtime {max(theirs[n] for n in doubtful):.1e})"


def compare(args, path, dynamic, feeds):
    """The verdict on one model over all its inputs: (state, crashed, text), state None where the reference has no answer."""
    text, crashed, state = [], False, "agree"
    oracle = session(path)
    for fed in feeds:
        try:
            wanted = dict(zip([o.name for o in oracle.get_outputs()], oracle.run(None, fed)))
        except Exception as error:
            return "unasked", False, f"ONNX Runtime does not run it: {str(error)[:100]}"
        if not all(np.isfinite(w).all() for w in wanted.values() if isinstance(w, np.ndarray) and w.dtype.kind == "f"):
            return "unasked", False, "ONNX Runtime's outputs are not finite on drawn inputs"
        outcome = reference.run(args.trtexec, path, fed, shapes=dynamic, flags=args.flags.split(), seconds=300)
        crashed |= outcome.crashed
        if outcome.outputs is None:
            state = "differ"
            text.append(f"exit {outcome.status}: {outcome.reason()}")
            continue
        far, found = reference.worst(outcome.outputs, wanted), ""
        if far > tolerance(args, wanted):
            wrong, found = unjustified(args, path, fed, outcome.outputs, wanted)
            state = "differ" if wrong or state == "differ" else "nearer"
        text.append(f"distance {far:.1e}{found}")
    return state, crashed, "; ".join(text)


def main():
    args = arguments()
    if not os.access(args.trtexec, os.X_OK):
        sys.exit(f"no program at {args.trtexec}")
    table = known()
    counts = {"agree": 0, "nearer": 0, "differ": 0, "known": 0, "unasked": 0, "later": 0, "crash": 0}
    models = onnx_models(args) if args.set == "onnx" else export_models(args)
    for name, path, dynamic, feeds in models:
        if path is None:
            counts["later"] += 1
            continue
        began = time.time()
        state, crashed, text = compare(args, path, dynamic, feeds)
        reason = next((r for pattern, r in table.items() if fnmatch.fnmatch(name, pattern)), None)
        state = "known" if state == "differ" and reason else state
        counts[state] += 1
        counts["crash"] += crashed
        if state != "agree" or args.verbose or reason:
            print(f"{name}: {'CRASH ' if crashed else ''}{state}, {text}, {time.time() - began:.0f} s" + (f" (known.tsv: {reason})" if reason else ""), flush=True)
    good = counts["agree"] + counts["nearer"]
    asked = good + counts["differ"] + counts["known"]
    print(f"{good} of {asked} models agree ({counts['nearer']} of them with float64 rather than with ONNX Runtime), {counts['known']} differ as known, {counts['differ']} differ, {counts['crash']} crash; "
          f"{counts['unasked']} have no reference" + (f"; {counts['later']} were left when time was out" if counts["later"] else "") + f"; {time.time() - START:.0f} s")
    sys.exit(not asked or counts["crash"] > 0 or counts["differ"] > 0 or good < args.share * asked)


if __name__ == "__main__":
    main()
