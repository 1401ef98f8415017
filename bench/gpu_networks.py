#!/usr/bin/env python3
"""Latency of whole networks on an NVIDIA GPU: Hone's trtexec against PyTorch, in one run, in turns.

PyTorch runs eagerly, eagerly inside of a CUDA graph, and compiled (torch.compile, its kernels inside of a CUDA graph).
Every round times each engine once, in an order that changes from round to round, so that a change of the GPU's clocks
hits all alike. A round's figure is the median over its runs, on the device, with inputs in device memory; a case's
figure is the median over rounds, and the spread is (slowest - fastest) / median of them. The ratio is PyTorch's best
time over Hone's: above 1 Hone is faster. Networks have drawn weights; PyTorch's have the same shapes, not the same values.
Images in FP16 networks are given and classes returned in FP16 on both sides.

    bench/gpu_networks.py                                     seven networks in FP16 and MobileNetV2 at 128x128 in FP32
    bench/gpu_networks.py --nets resnet50 --batch 1 8         less
    bench/gpu_networks.py --budget 500 --out FOLDER           start no new case after 500 s; FOLDER/gpu_networks.{json,md}
    bench/gpu_networks.py --work FOLDER --reuse               with the plans that an earlier run left in FOLDER
"""
import argparse
import concurrent.futures
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)

# name: weightless export, input shapes (B: batch), precision, channels last, builder of the PyTorch model.
NETS = {
    "mobilenet_v2_128_f32": ("mobilenet_v2.ts17.dyn", {"input": ["B", 3, 128, 128]}, "fp32", True, "torchvision mobilenet_v2"),
    "mobilenet_v2": ("mobilenet_v2.ts17.dyn", {"input": ["B", 3, 224, 224]}, "fp16", True, "torchvision mobilenet_v2"),
    "resnet50": ("resnet50.ts17.dyn", {"input": ["B", 3, 224, 224]}, "fp16", True, "torchvision resnet50"),
    "efficientnet_b0": ("efficientnet_b0.ts17.dyn", {"input": ["B", 3, 224, 224]}, "fp16", True, "torchvision efficientnet_b0"),
    "vit_b_16": ("vit_b_16.ts17.dyn", {"input": ["B", 3, 224, 224]}, "fp16", False, "torchvision vit_b_16"),
    "swin_t": ("swin_t.ts17.dyn", {"input": ["B", 3, 224, 224]}, "fp16", False, "torchvision swin_t"),
    "bert_base_s128": ("bert_base.ts17.dyn", dict.fromkeys(["input_ids", "attention_mask", "token_type_ids"], ["B", 128]), "fp16", False, "bert base"),
    "bert_large_s384": ("bert_large.ts17.dyn", dict.fromkeys(["input_ids", "attention_mask", "token_type_ids"], ["B", 384]), "fp16", False, "bert large"),
}
ENGINES = ["Hone", "eager", "graph", "compiled"]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--trtexec", default=first_that_exists("bin/trtexec", "build/release/bin/trtexec"))
    p.add_argument("--models", default=first_that_exists("models/fill.py", "../shared/models/exports/fill.py"), help="folder of the weightless exports")
    p.add_argument("--nets", nargs="+", default=list(NETS), choices=list(NETS), metavar="NET", help=", ".join(NETS))
    p.add_argument("--batch", nargs="+", type=int, default=[1, 8, 32, 128])
    p.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    p.add_argument("--compile-mode", default="default", help="of torch.compile: default, max-autotune-no-cudagraphs ...")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=0.5, help="time for one engine in one round")
    p.add_argument("--budget", type=float, default=math.inf, help="seconds after which no new case starts")
    p.add_argument("--flags", default="", help="more options for trtexec's build")
    p.add_argument("--run-flags", default="", help="more options for trtexec's runs")
    p.add_argument("--strict-f32", action="store_true", help="FP32 without TF32, on both sides")
    p.add_argument("--out", default="", help="folder for gpu_networks.json and gpu_networks.md")
    p.add_argument("--work", default="", help="folder for filled models, plans and the timing cache; default: a temporary one")
    p.add_argument("--reuse", action="store_true", help="do not build plans again that --work holds")
    p.add_argument("--list-models", action="store_true", help="print the files of the weightless exports and stop")
    a = p.parse_args()
    if a.models.endswith("fill.py"):
        a.models = os.path.dirname(a.models)
    return a


def first_that_exists(*paths):
    found = [os.path.join(ROOT, p) for p in paths if os.path.exists(os.path.join(ROOT, p))]
    return found[0] if found else os.path.join(ROOT, paths[-1])


def say(text):
    print(f"[{time.monotonic() - START:6.1f} s] {text}", flush=True)


def fill_all(args, folder):
    """Every export once with its weights in a file beside it: {export: path}."""
    def one(export):
        path = os.path.join(folder, export + ".onnx")
        if not os.path.exists(path):
            script = os.path.join(args.models, "fill.py")
            subprocess.run([sys.executable, script, os.path.join(args.models, export + ".skel.onnx"), path], check=True, capture_output=True)
        return path

    exports = sorted({NETS[n][0] for n in args.nets})
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(exports, pool.map(one, exports)))


def at_batch(path, shapes, batch, folder, name):
    """The model with these input shapes written into it. Weights stay in the file of the first call."""
    import onnx
    shared = path + ".weights"
    if not os.path.exists(shared):
        model = onnx.load(path)
        onnx.save(model, path, save_as_external_data=True, location=os.path.basename(shared), size_threshold=1024)
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.input:
        for dim, size in zip(tensor.type.tensor_type.shape.dim, shapes[tensor.name]):
            dim.dim_value = batch if size == "B" else size
    del model.graph.value_info[:]
    out = os.path.join(folder, f"{name}.{batch}.onnx")
    onnx.save(model, out)
    return out


class Hone:
    def __init__(self, args, name, batch, model, precision, folder):
        self.args, self.folder = args, folder
        self.plan = os.path.join(folder, f"{name}.{batch}.plan")
        flags = [f"--timingCacheFile={os.path.join(folder, 'timing.cache')}"]
        if precision == "fp16":
            flags.append("--fp16")
            if "input" in NETS[name][1]:
                flags += ["--inputIOFormats=fp16:chw", "--outputIOFormats=fp16:chw"]
        if args.strict_f32:
            flags.append("--noTF32")
        start, self.build_seconds = time.monotonic(), None
        if args.reuse and os.path.exists(self.plan):
            return
        self.call(f"--onnx={model}", f"--saveEngine={self.plan}", "--skipInference", *flags, *args.flags.split())
        self.build_seconds = time.monotonic() - start

    def call(self, *options):
        done = subprocess.run([self.args.trtexec, *options], capture_output=True, text=True)
        if done.returncode:
            lines = [l for l in (done.stdout + done.stderr).splitlines() if "[E]" in l or "rror" in l]
            raise RuntimeError(" / ".join(lines[-3:]) or f"trtexec ended with {done.returncode}")
        return done.stdout

    def round(self, seconds):
        times = os.path.join(self.folder, "times.json")
        self.call(f"--loadEngine={self.plan}", f"--exportTimes={times}", "--noDataTransfers", "--warmUp=200", f"--duration={seconds}",
                  "--iterations=20", *self.args.run_flags.split())
        with open(times) as f:
            return statistics.median(t["computeMs"] for t in json.load(f))


def torch_model(what):
    import torch
    kind, name = what.split()
    torch.manual_seed(0)
    if kind == "torchvision":
        import torchvision
        return getattr(torchvision.models, name)(weights=None)
    import transformers
    sizes = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096) if name == "large" else {}
    return transformers.BertModel(transformers.BertConfig(**sizes))


class Torch:
    """One network on the device; `prepare` makes the callable of a way to run it."""
    def __init__(self, args, net, batch):
        import torch
        self.args = args
        _, shapes, precision, channels_last, what = NETS[net]
        self.type = torch.float16 if precision == "fp16" else torch.float32
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = not args.strict_f32
        self.model = torch_model(what).eval().to("cuda", self.type)
        self.inputs = {}
        for name, shape in shapes.items():
            dims = [batch if d == "B" else d for d in shape]
            if len(dims) == 4:
                value = torch.randn(dims, device="cuda", dtype=self.type)
                self.inputs[name] = value.to(memory_format=torch.channels_last) if channels_last else value
            else:
                self.inputs[name] = torch.randint(0, 30000, dims, device="cuda") if name == "input_ids" else torch.ones(dims, device="cuda", dtype=torch.int64) if name == "attention_mask" else torch.zeros(dims, device="cuda", dtype=torch.int64)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)

    def call_of(self, model):
        if len(self.inputs) == 1:
            value = next(iter(self.inputs.values()))
            return lambda: model(value)
        return lambda: model(**self.inputs)

    def graphed(self, call):
        import torch
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.kept = call()
        return graph.replay

    def prepare(self, engine):
        import torch
        if engine == "eager":
            return self.call_of(self.model)
        if engine == "graph":
            return self.graphed(self.call_of(self.model))
        torch._dynamo.reset()
        mode = None if self.args.compile_mode == "default" else self.args.compile_mode
        return self.graphed(self.call_of(torch.compile(self.model, mode=mode)))


def torch_round(call, seconds):
    """Median device milliseconds of a call, from pairs of events around each."""
    import torch
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 20:
        pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(10)]
        for begin, finish in pairs:
            begin.record()
            call()
            finish.record()
        torch.cuda.synchronize()
        times += [b.elapsed_time(f) for b, f in pairs]
    return statistics.median(times)


def measure(args, net, batch, path, folder):
    """{engine: {ms, spread, rounds}} with what failed as {engine: {error}}."""
    import torch
    export, shapes, precision, _, _ = NETS[net]
    calls, result = {}, {}
    torch_side = Torch(args, net, batch) if set(args.engines) - {"Hone"} else None
    with torch.inference_mode():
        for engine in args.engines:
            try:
                if engine == "Hone":
                    hone = Hone(args, net, batch, at_batch(path, shapes, batch, folder, net), precision, folder)
                    if hone.build_seconds:
                        result["build_seconds"] = hone.build_seconds
                    calls[engine] = hone.round
                else:
                    call = torch_side.prepare(engine)
                    calls[engine] = lambda seconds, call=call: torch_round(call, seconds)
            except Exception as e:  # one engine's failure is a result too
                result[engine] = {"error": str(e).strip()[:300] or type(e).__name__}
                say(f"  {net} b{batch}: {engine} failed: {result[engine]['error']}")
        rounds = {e: [] for e in calls}
        for r in range(args.rounds):
            order = list(calls)
            order = order[r % len(order):] + order[:r % len(order)] if order else []
            for engine in order:
                try:
                    rounds[engine].append(calls[engine](args.seconds))
                except Exception as e:
                    result[engine] = {"error": str(e).strip()[:300] or type(e).__name__}
                    del calls[engine]
                    rounds[engine] = []
        for engine, values in rounds.items():
            if values:
                ms = statistics.median(values)
                result[engine] = {"ms": ms, "spread": (max(values) - min(values)) / ms, "rounds": values}
    del torch_side, calls
    torch.cuda.empty_cache()
    return result


def ratio_of(case):
    peers = [case[e]["ms"] for e in ENGINES[1:] if "ms" in case.get(e, {})]
    return min(peers) / case["Hone"]["ms"] if peers and "ms" in case.get("Hone", {}) else None


def table(cases, machine):
    lines = [machine, "", "Median milliseconds (spread over rounds); ratio: PyTorch's best over Hone.", "",
             "| network | batch | " + " | ".join(ENGINES) + " | ratio | build s |", "|---|---|" + "---|" * (len(ENGINES) + 2)]
    for c in cases:
        cells = [f"{c[e]['ms']:.3f} ({100 * c[e]['spread']:.0f} %)" if "ms" in c.get(e, {}) else ("failed" if e in c else "-") for e in ENGINES]
        ratio, built = ratio_of(c), c.get("build_seconds")
        lines.append(f"| {c['net']} | {c['batch']} | " + " | ".join(cells) + f" | {f'{ratio:.2f}' if ratio else '-'} | {f'{built:.1f}' if built else '-'} |")
    for title, chosen in (("all", cases), ("batch 1", [c for c in cases if c["batch"] == 1])):
        ratios = [r for r in map(ratio_of, chosen) if r]
        if ratios:
            lines.append(f"\nGeometric mean of the ratios, {title}: {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f} over {len(ratios)} cases; least {min(ratios):.2f}.")
    eager = [c for c in cases if c["net"] == "mobilenet_v2_128_f32" and c["batch"] == 1 and "ms" in c.get("eager", {}) and "ms" in c.get("Hone", {})]
    for c in eager:
        lines.append(f"\nMobileNetV2 128x128, FP32, batch 1: PyTorch eager over Hone {c['eager']['ms'] / c['Hone']['ms']:.1f} : 1.")
    return "\n".join(lines) + "\n"


def main():
    args = arguments()
    if args.list_models:
        print("\n".join(sorted({NETS[n][0] + ".skel.onnx" for n in args.nets})))
        return 0
    import torch
    machine = f"{torch.cuda.get_device_name(0)}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    say(machine)
    cases = []

    def write():
        if args.out:
            os.makedirs(args.out, exist_ok=True)
            with open(os.path.join(args.out, "gpu_networks.json"), "w") as f:
                json.dump({"machine": machine, "options": vars(args), "cases": cases}, f, indent=1, default=str)
            with open(os.path.join(args.out, "gpu_networks.md"), "w") as f:
                f.write(table(cases, machine))

    with tempfile.TemporaryDirectory() as temporary:
        folder = args.work or temporary
        os.makedirs(folder, exist_ok=True)
        paths = fill_all(args, folder)
        say("models are filled")
        for batch in args.batch:  # all networks at one batch first: a budget then cuts large batches, not networks
            for net in args.nets:
                if time.monotonic() - START > args.budget:
                    say(f"the budget is spent before {net} b{batch}")
                    continue
                case = {"net": net, "batch": batch, **measure(args, net, batch, paths[NETS[net][0]], folder)}
                cases.append(case)
                figures = "  ".join(f"{e} {case[e]['ms']:.3f}" for e in ENGINES if "ms" in case.get(e, {}))
                ratio = ratio_of(case)
                say(f"{net} b{batch}: {figures}" + (f"  ratio {ratio:.2f}" if ratio else ""))
                write()
    print()
    print(table(cases, machine))
    write()
    return 0


START = time.monotonic()
if __name__ == "__main__":
    sys.exit(main())
