#!/usr/bin/env python3
"""Latency of whole networks on the CPU: Hone's trtexec against ONNX Runtime and OpenVINO, in one run, in turns.

Every round times each engine once, in an order that changes from round to round, so that a change of the machine's
speed hits all alike. A round's figure is the median over its runs; a case's figure is the median over rounds, and the
spread is (slowest - fastest) / median of them. The ratio is the better peer's time over Hone's: above 1 Hone is faster.
On a machine that others use too, the last column says more: the same ratio of what the fastest tenth of a round's runs
stays below, in the best round.

    bench/cpu_networks.py                                     seven networks, 1 and 2 threads, batch 1 and 8
    bench/cpu_networks.py --nets mobilenet_v2 --batch 1       less
    bench/cpu_networks.py --write                             also bench/results/<date>-<isa>.md
"""
import argparse
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "support"))
import reference

reference.environment("numpy", "onnx", "onnxruntime", "openvino")
import numpy as np
import onnx
import onnxruntime
import openvino

NETS = ["squeezenet1_1", "mobilenet_v2", "resnet50", "efficientnet_b0", "vit_b_16", "swin_t", "bert_base"]
ENGINES = ["Hone", "ONNX Runtime", "OpenVINO"]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--trtexec", default=os.path.join(reference.ROOT, "build/release/bin/trtexec"))
    p.add_argument("--nets", nargs="+", default=NETS, help="networks of shared/models/exports")
    p.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    p.add_argument("--batch", nargs="+", type=int, default=[1, 8])
    p.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=1.5, help="time for one engine in one round")
    p.add_argument("--flags", default="", help="more options for trtexec's build")
    p.add_argument("--write", action="store_true", help="write the table to bench/results")
    return p.parse_args()


def instruction_set():
    with open("/proc/cpuinfo") as f:
        text = f.read()
    name = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")), "unknown")
    for flag, isa in (("amx_tile", "amx"), ("avx512f", "avx512"), ("avx2", "avx2")):
        if flag in text:
            return name, isa
    return name, "baseline"


def fill(net, batch, folder):
    """The network with drawn weights at this batch: (path, inputs). A batch above 1 needs the export with dynamic shapes."""
    exports = reference.shared("models", "exports")
    with open(os.path.join(exports, "manifest.json")) as f:
        manifest = json.load(f)
    kind = "b1" if batch == 1 else "dyn"
    entry = manifest[f"{net}.ts17.b1.skel.onnx"]
    path = os.path.join(folder, f"{net}.{batch}.onnx")
    skeleton = os.path.join(exports, f"{net}.ts17.{kind}.skel.onnx")
    subprocess.run([sys.executable, os.path.join(exports, "fill.py"), skeleton, path], check=True, capture_output=True)
    rng, inputs = np.random.default_rng(0), {}
    for spec in entry["inputs"]:
        shape, dtype = [batch, *spec["shapes"][0][1:]], np.dtype(spec["dtype"])
        if spec["values"] == "N(0,1)":
            inputs[spec["name"]] = rng.standard_normal(shape).astype(dtype)
        elif spec["values"] == "ones":
            inputs[spec["name"]] = np.ones(shape, dtype)
        else:
            low, high = (int(v) for v in spec["values"].split(".."))
            inputs[spec["name"]] = rng.integers(low, high, shape, endpoint=True).astype(dtype)
    if batch > 1:
        fix_shapes(path, inputs)
    return path, inputs


def fix_shapes(path, inputs):
    """Writes the inputs' shapes into the model, so that all engines compile for the same static shapes."""
    model = onnx.load(path)
    for tensor in model.graph.input:
        for dim, size in zip(tensor.type.tensor_type.shape.dim, inputs[tensor.name].shape):
            dim.dim_value = size
    del model.graph.value_info[:]
    onnx.save(model, path)


def figures_of(times):
    """(median, bound of the fastest tenth) in milliseconds."""
    return 1e3 * float(np.median(times)), 1e3 * float(np.percentile(times, 10))


def timed(call, seconds):
    call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return figures_of(times)


class Hone:
    def __init__(self, args, path, inputs, threads):
        self.args, self.threads, self.plan = args, threads, f"{path}.{threads}.plan"
        self.load = []
        for i, (name, value) in enumerate(inputs.items()):
            value.tofile(f"{path}.{i}.bin")
            self.load.append(f"{name}:{path}.{i}.bin")
        precision = ["--bf16"] if args.precision == "bf16" else []
        done = self.call(f"--onnx={path}", f"--saveEngine={self.plan}", "--skipInference", *precision, *args.flags.split())
        if done.returncode:
            raise RuntimeError(done.stdout[-400:] + done.stderr[-400:])

    def call(self, *options):
        return subprocess.run([self.args.trtexec, "--device=cpu", f"--cpuThreads={self.threads}", *options], capture_output=True, text=True)

    def round(self):
        times = self.plan + ".json"
        done = self.call(f"--loadEngine={self.plan}", "--loadInputs=" + ",".join(self.load), "--warmUp=200", "--iterations=3",
                         f"--duration={self.args.seconds}", f"--exportTimes={times}")
        if done.returncode:
            raise RuntimeError(done.stdout[-400:] + done.stderr[-400:])
        with open(times) as f:
            return figures_of([1e-3 * entry["computeMs"] for entry in json.load(f)])


class OnnxRuntime:
    def __init__(self, args, path, inputs, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.seconds, self.run = args.seconds, lambda: session.run(None, inputs)

    def round(self):
        return timed(self.run, self.seconds)


class OpenVino:
    def __init__(self, args, path, inputs, threads):
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": args.precision, "PERFORMANCE_HINT": "LATENCY"}
        request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
        self.seconds, self.run = args.seconds, lambda: request.infer(inputs)

    def round(self):
        return timed(self.run, self.seconds)


def measure(args, net, batch, threads, folder):
    """Milliseconds by engine and round; an engine that cannot run the network is left out, with its reason."""
    path, inputs = fill(net, batch, folder)
    engines, figures, wrong = {}, {}, {}
    for name, make in zip(ENGINES, (Hone, OnnxRuntime, OpenVino)):
        if name == "ONNX Runtime" and args.precision != "f32":
            continue
        try:
            engines[name] = make(args, path, inputs, threads)
        except Exception as error:
            wrong[name] = str(error).strip().splitlines()[-1][:200] if str(error).strip() else type(error).__name__
    names = list(engines)
    for turn in range(args.rounds):
        for name in names[turn % len(names):] + names[: turn % len(names)]:
            figures.setdefault(name, []).append(engines[name].round())
            time.sleep(0.1)
    return figures, wrong


def row(net, batch, threads, figures, wrong):
    """(text of a table row, ratio or None)"""
    cells = []
    for name in ENGINES:
        if name in figures:
            middles = [figure[0] for figure in figures[name]]
            middle = float(np.median(middles))
            cells.append(f"{middle:.2f} ({100 * (max(middles) - min(middles)) / middle:.0f} %)")
        else:
            cells.append(wrong.get(name, "-"))
    if "Hone" not in figures or len(figures) == 1:
        return f"| {net} | {batch} | {threads} | " + " | ".join(cells) + " | - | - |", None

    def ratio(of):
        return min(of(figures[name]) for name in ENGINES[1:] if name in figures) / of(figures["Hone"])

    both = ratio(lambda rounds: float(np.median([r[0] for r in rounds]))), ratio(lambda rounds: min(r[1] for r in rounds))
    return f"| {net} | {batch} | {threads} | " + " | ".join(cells) + f" | {both[0]:.2f} | {both[1]:.2f} |", both


def main():
    args = arguments()
    if not os.access(args.trtexec, os.X_OK):
        sys.exit(f"no program at {args.trtexec}")
    cpu, isa = instruction_set()
    lines = [f"{cpu} ({isa}, {os.cpu_count()} cores), {args.precision}; ONNX Runtime {onnxruntime.__version__}, OpenVINO {openvino.__version__.split('-')[0]}; "
             f"{args.rounds} rounds of {args.seconds} s; milliseconds, spread over rounds in brackets", "",
             "| network | batch | threads | " + " | ".join(ENGINES) + " | ratio | fastest tenth |", "|---|--:|--:|--:|--:|--:|--:|--:|"]
    print(*lines, sep="\n", flush=True)
    ratios, missing = [], 0
    for net in args.nets:
        for batch in args.batch:
            for threads in args.threads:
                with tempfile.TemporaryDirectory() as folder:
                    text, ratio = row(net, batch, threads, *measure(args, net, batch, threads, folder))
                print(text, flush=True)
                lines.append(text)
                ratios += [ratio] if ratio else []
                missing += ratio is None
    if ratios:
        lines.append("")
        for kind, values in zip(("ratios", "ratios of the fastest tenth"), zip(*ratios)):
            mean = math.exp(sum(map(math.log, values)) / len(values))
            lines.append(f"Geometric mean of the {kind} {mean:.3f}, least {min(values):.3f}, {len(values)} cases" + (f", {missing} without a ratio" if missing else "") + ".")
        print(*lines[-3:], sep="\n")
    if args.write:
        os.makedirs(os.path.join(HERE, "results"), exist_ok=True)
        path = os.path.join(HERE, "results", f"{datetime.date.today()}-{isa}{'' if args.precision == 'f32' else '-' + args.precision}.md")
        with open(path, "w") as f:
            f.write("# CPU networks\n\n" + "\n".join(lines) + "\n")
        print("written to", os.path.relpath(path))
    sys.exit(missing > 0)


if __name__ == "__main__":
    main()
