#!/usr/bin/env python3
"""Runs the node tests of the `onnx` package through the importer and the reference evaluation (build target onnx_eval),
without compiler or engine, and reports them by operator. Exit codes of a case: 2 refused, 3 failed, negative crashed."""
import argparse
import collections
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import reference

reference.environment("numpy", "onnx")
sys.argv, own = sys.argv[:1], sys.argv[1:]
import numpy as np
import onnx
from onnx import numpy_helper

import run as node_tests


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--eval", default=os.path.join(reference.ROOT, "build/release/bin/onnx_eval"))
    p.add_argument("--only", default="", help="regular expression on the case's name")
    p.add_argument("--operator", default="", help="this operator alone")
    p.add_argument("--expanded", action="store_true", help="the cases that spell an operator out as a function")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--reasons", action="store_true", help="print why each failing case fails")
    p.add_argument("--table", action="store_true", help="print passed / all for every operator")
    p.add_argument("--share", type=float, default=0.7, help="share that must pass")
    return p.parse_args(own)


def judge(args, case):
    inputs, outputs = case.data_sets[0]
    with tempfile.TemporaryDirectory() as d:
        onnx.save(case.model, os.path.join(d, "m.onnx"))
        files = []
        named = dict(zip((i.name for i in case.model.graph.input), inputs))
        for i, (name, value) in enumerate(named.items()):
            files.append(os.path.join(d, f"in{i}.pb"))
            with open(files[-1], "wb") as f:
                f.write(numpy_helper.from_array(np.asarray(value), name).SerializeToString())
        try:
            r = subprocess.run([args.eval, os.path.join(d, "m.onnx"), d, *files], capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return "time", "longer than 60 s"
        if r.returncode != 0:
            return ("crash" if r.returncode < 0 else "refused" if r.returncode == 2 else "failed"), r.stderr.strip()
        for i, (o, want) in enumerate(zip(case.model.graph.output, outputs)):
            got = onnx.TensorProto()
            with open(os.path.join(d, f"{i}.pb"), "rb") as f:
                got.ParseFromString(f.read())
            got = numpy_helper.to_array(got)
            if got.shape != want.shape or got.dtype != want.dtype:
                return "wrong", f"output {o.name}: {got.dtype}{list(got.shape)}, expected {want.dtype}{list(want.shape)}"
            a, b = got.astype(np.float64), want.astype(np.float64)
            if not np.allclose(a, b, rtol=max(case.rtol, 1e-3), atol=max(case.atol, 1e-5), equal_nan=True):
                return "wrong", f"output {o.name}: off by up to {np.nanmax(np.abs(a - b)) if a.size else 0}"
    return "ok", ""


def main():
    args = arguments()
    cases = list(node_tests.selected(args))
    with ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(lambda c: judge(args, c), cases))
    by_operator = collections.defaultdict(list)
    for case, (status, why) in zip(cases, results):
        by_operator[node_tests.operator(case)].append((case.name, status, why))
    for op, rows in sorted(by_operator.items()):
        passed = sum(s == "ok" for _, s, _ in rows)
        if args.table or passed < len(rows):
            print(f"{op}: {passed} of {len(rows)}")
        for name, status, why in rows:
            if status != "ok":
                print(f"  {name}: {status}" + (f": {why.splitlines()[0] if why else ''}" if args.reasons else ""))
    passed = sum(s == "ok" for s, _ in results)
    crashed = sum(s in ("crash", "time") for s, _ in results)
    print(f"{passed} of {len(results)} node tests pass in the reference, {crashed} crashed or hung")
    return 0 if results and not crashed and passed >= args.share * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
