#!/usr/bin/env python3
"""Runs the node tests of the `onnx` package through trtexec and reports them by operator.

A case counts where all its inputs and outputs are numeric tensors. The test fails when fewer than --share of the
cases pass, when one crashes or hangs, or when the selection is empty."""
import argparse
import os
import re
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import reference

reference.environment("numpy", "onnx")
import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", default=os.path.join(reference.ROOT, "build/release/bin/trtexec"))
    p.add_argument("--only", default="", help="regular expression on the case's name")
    p.add_argument("--operator", default="", help="this operator alone")
    p.add_argument("--expanded", action="store_true", help="the cases that spell an operator out as a function")
    p.add_argument("--share", type=float, default=0.7, help="share that must pass")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--reasons", action="store_true", help="print why each failing case fails")
    return p.parse_args()


def numeric(values):
    return all(isinstance(v, np.ndarray) and v.dtype.kind in "biuf" for v in values)


def operator(case):
    return case.model.graph.node[0].op_type


def selected(args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        if case.model is None or ("_expanded" in case.name) != args.expanded or not re.search(args.only, case.name):
            continue
        if args.operator and operator(case) != args.operator:
            continue
        if any("training" in node.domain for node in case.model.graph.node):
            continue
        inputs, outputs = case.data_sets[0]
        if numeric(inputs) and numeric(outputs):
            yield case


def judge(args, case):
    """None where the case passes, otherwise (crashed, why)."""
    inputs, outputs = case.data_sets[0]
    graph = case.model.graph
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(case.model, file.name)
        fed = {i.name: value for i, value in zip(graph.input, inputs)}
        outcome = reference.run(args.trtexec, file.name, fed, flags=("--cpuThreads=1",), seconds=60)
    if outcome.outputs is None:
        return outcome.crashed, f"exit {outcome.status}: {outcome.reason()}"
    for declared, want in zip(graph.output, outputs):
        got = outcome.outputs.get(declared.name)
        if got is None:
            return False, f"output {declared.name} is missing"
        if got.shape != want.shape:
            return False, f"output {declared.name} has shape {got.shape}, not {want.shape}"
        want = want.astype(np.float64)
        if not np.allclose(got, want, rtol=max(case.rtol, 1e-3), atol=max(case.atol, 1e-5), equal_nan=True):
            return False, f"output {declared.name} is off by {reference.distance(got, want):.1e}"
    return None


def main():
    args = arguments()
    if not os.access(args.trtexec, os.X_OK):
        sys.exit(f"no program at {args.trtexec}")
    cases = list(selected(args))
    with ThreadPoolExecutor(args.jobs) as pool:
        verdicts = list(pool.map(lambda case: judge(args, case), cases))
    table = {}
    for case, verdict in zip(cases, verdicts):
        row = table.setdefault(operator(case), [0, 0, []])
        row[0 if verdict is None else 1] += 1
        if verdict:
            row[2].append(f"{case.name}: {verdict[1]}")
    for name, (good, bad, why) in sorted(table.items()):
        print(f"{name:32} {good:4} of {good + bad:4}" + (f"   {why[0]}" if why else ""))
        if args.reasons:
            print(*("    " + line for line in why), sep="\n")
    crashes = sum(v is not None and v[0] for v in verdicts)
    passed = sum(v is None for v in verdicts)
    share = passed / len(cases) if cases else 0
    print(f"{passed} of {len(cases)} cases pass ({100 * share:.1f} %, {100 * args.share:.0f} % needed), {crashes} crashes")
    sys.exit(not cases or crashes > 0 or share < args.share)


if __name__ == "__main__":
    main()
