#!/usr/bin/env python3
"""trtexec as a user meets it: flags, exit status, the report and the files it writes. Needs Python alone."""
import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(ROOT, "assets", "shapes.onnx")
PICTURE = os.path.join(ROOT, "assets", "shapes.png")
DYNAMIC = os.path.join(ROOT, "tests", "fuzz", "seeds", "shapes.onnx")
SELECTION = os.path.join(ROOT, "tests", "fuzz", "seeds", "data_dependent.onnx")
TRTEXEC = "trtexec"
SHORT = ["--warmUp=0", "--duration=0", "--iterations=4", "--builderOptimizationLevel=0"]

# Flags that the help must offer: what TensorRT's users need first.
FLAGS = """onnx saveEngine loadEngine minShapes optShapes maxShapes shapes fp16 bf16 best noTF32 stronglyTyped memPoolSize
builderOptimizationLevel timingCacheFile profilingVerbosity dumpProfile exportProfile dumpLayerInfo exportLayerInfo
dumpOutput exportOutput exportTimes loadInputs inputIOFormats outputIOFormats layerPrecisions layerOutputTypes
precisionConstraints warmUp iterations duration avgRuns percentile streams threads sleepTime idleTime useSpinWait
separateProfileRun skipInference verbose help device layerDeviceTypes useDLACore allowGPUFallback buildDLAStandalone verify
verifyAction exportVerify directIO nvtxMode tacticSources heuristic preview profile useProfile getPlanVersionOnly retune useCudaGraph noCudaGraph
dumpRawBindingsToFile loadRefOutputs atol rtol persistentCacheRatio allocationStrategy nativeInstanceNorm""".split()


def npy(values, shape):
    """A NumPy file of 32-bit floats."""
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    head = head.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(values)}f", *values)


def field(number, content):
    """A field of a protocol buffer: text, bytes or a small number."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    content = content.encode() if isinstance(content, str) else content
    size = [len(content)] if len(content) < 128 else [len(content) & 127 | 128, len(content) >> 7]
    return bytes([number << 3 | 2, *size]) + content


def node(kind, inputs, outputs):
    return b"".join([field(1, x) for x in inputs] + [field(2, x) for x in outputs] + [field(4, kind)])


def value(name, dim):
    """A vector of 32-bit floats whose extent has a name."""
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, field(1, field(2, dim)))))


def onnx_model(nodes, inputs, outputs):
    graph = b"".join([field(1, n) for n in nodes] + [field(2, "graph")] + [field(11, v) for v in inputs] + [field(12, v) for v in outputs])
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


class Trtexec(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def call(self, *arguments, status=0, folder=None, variables=None):
        done = subprocess.run([os.path.abspath(TRTEXEC), *arguments], capture_output=True, text=True, timeout=300, cwd=folder, env={**os.environ, **(variables or {})})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
        if "--help" not in arguments:
            self.assertTrue(last.startswith("&&&& PASSED" if status == 0 else "&&&& FAILED"), last)
        return done.stdout

    def refused(self, *arguments):
        """The line of the error that ends a run."""
        lines = [x for x in self.call(*arguments, status=1).splitlines() if "[E]" in x]
        self.assertTrue(lines)
        return lines[-1]

    def json(self, name):
        with open(self.path(name)) as f:
            return json.load(f)

    def test_help_lists_every_flag(self):
        offered = set(re.findall(r"--(\w+)", self.call("--help")))
        self.assertEqual([f for f in FLAGS if f not in offered], [])
        self.assertEqual(self.call("-h", "--help"), self.call("--help"))

    def test_threads_wait_briefly_unless_told_otherwise(self):
        def spins(**told):
            env = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
            r = subprocess.run([TRTEXEC, "--help"], capture_output=True, text=True, env=dict(env, OMP_DISPLAY_ENV="verbose", **told))
            self.assertEqual(r.returncode, 0)
            return re.findall(r"GOMP_SPINCOUNT = '(\w+)'", r.stdout + r.stderr)

        self.assertEqual(spins()[-1], "2000")
        self.assertEqual(spins(GOMP_SPINCOUNT="7"), ["7"])
        self.assertEqual(len(spins(OMP_WAIT_POLICY="passive")), 1)

    def test_wrong_flags(self):
        self.assertIn("did you mean --builderOptimizationLevel", self.refused(f"--onnx={DEMO}", "--builderOptimisationLevel=3"))
        self.assertIn("did you mean --fp16", self.refused(f"--onnx={DEMO}", "--fp61"))
        for flag in ("--refit", "--stripWeights", "--plugins=a.so", "--useManagedMemory", "--sparsity=enable"):
            text = self.refused(f"--onnx={DEMO}", flag)
            self.assertIn("TensorRT", text)
            self.assertIn(flag.split("=")[0], text)
        self.assertIn("--onnx", self.refused())
        self.assertIn("exclude", self.refused(f"--onnx={DEMO}", "--loadEngine=x"))
        self.assertIn("--iterations", self.refused(f"--onnx={DEMO}", "--iterations=many"))
        self.assertIn("--builderOptimizationLevel", self.refused(f"--onnx={DEMO}", "--builderOptimizationLevel=9"))
        self.assertIn("neither", self.refused(f"--onnx={DEMO}", "--device=toaster"))

    def test_files_that_are_not_there_or_not_models(self):
        self.assertIn("nothing.onnx", self.call("--onnx=nothing.onnx", status=1))
        self.assertIn("nothing.plan", self.call("--loadEngine=nothing.plan", status=1))
        with open(self.path("text.onnx"), "w") as f:
            f.write("this is no model")
        self.assertIn("text.onnx", self.call(f"--onnx={self.path('text.onnx')}", status=1))
        self.assertIn("not a Hone plan", self.call(f"--loadEngine={PICTURE}", status=1))
        self.assertIn("cannot write", self.refused(f"--onnx={DEMO}", "--saveEngine=/nowhere/x.plan", *SHORT))

    def test_report(self):
        text = self.call(f"--onnx={DEMO}", "--device=cpu", "--avgRuns=2", "--percentile=50,99", "--cpuThreads=1", *SHORT)
        self.assertRegex(text, r"^&&&& RUNNING TensorRT\.trtexec \[.*\] # trtexec --onnx=")
        for section in ("Model", "Build", "System", "Inference", "Reporting"):
            self.assertIn(f"=== {section} Options ===", text)
        self.assertIn("=== Trace details ===", text)
        self.assertEqual(len(re.findall(r"Average on 2 runs - GPU latency: [\d.]+ ms - Host latency: [\d.]+ ms", text)), 2)
        self.assertRegex(text, r"\[\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d\] \[I\] Throughput: [\d.e+]+ qps")
        for name in ("Latency", "Enqueue Time", "H2D Latency", "GPU Compute Time", "D2H Latency"):
            self.assertRegex(text, rf"\[I\] {name}: min = [\d.e+-]+ ms, max = [\d.e+-]+ ms, mean = [\d.e+-]+ ms, median = [\d.e+-]+ ms, "
                                   r"percentile\(50%\) = [\d.e+-]+ ms, percentile\(99%\) = [\d.e+-]+ ms")
        self.assertRegex(text, r"Total Host Walltime: [\d.e+-]+ s")
        self.assertRegex(text, r"Timing trace has 4 queries over")

    def test_plan_profile_layers_and_times(self):
        plan, text = self.path("p"), ""
        text = self.call(f"--onnx={DEMO}", f"--saveEngine={plan}", "--skipInference", "--profilingVerbosity=detailed", "--builderOptimizationLevel=0")
        self.assertNotIn("Performance summary", text)
        text = self.call(f"--loadEngine={plan}", "--warmUp=0", "--duration=0", "--iterations=6", "--dumpProfile", "--separateProfileRun",
                         "--dumpLayerInfo", "--exportTimes=" + self.path("t"), "--exportProfile=" + self.path("l"),
                         "--exportLayerInfo=" + self.path("i"))
        self.assertIn("=== Profile (", text)
        self.assertIn("Layer Information:", text)
        times = self.json("t")
        self.assertEqual(len(times), 6)
        for t in times:
            self.assertAlmostEqual(t["computeMs"], t["endComputeMs"] - t["startComputeMs"], delta=1e-4)
            self.assertAlmostEqual(t["latencyMs"], t["inMs"] + t["computeMs"] + t["outMs"], delta=1e-4)
        profile = self.json("l")
        self.assertGreater(profile[0]["count"], 0)
        self.assertAlmostEqual(sum(x["percentage"] for x in profile[1:]), 100, delta=0.1)
        layers = self.json("i")["Layers"]
        self.assertEqual([x["Name"] for x in layers], [x["name"] for x in profile[1:]])
        for layer in layers:
            self.assertTrue(layer["Outputs"] and layer["LayerType"] and layer["TacticName"], layer)
            for t in layer["Inputs"] + layer["Outputs"]:
                self.assertTrue(t["Name"] and t["Format/Datatype"], t)

    def test_brain_floats_between_layers(self):
        """On any processor where it is asked for, here by way of a plan: near the results in FP32, but not those."""
        common = [f"--loadInputs=picture:{PICTURE}", "--device=cpu", *SHORT]
        self.call(f"--onnx={DEMO}", "--exportOutput=" + self.path("wide"), *common)
        forced = {"HONE_CPU_BF16": "always"}
        self.call(f"--onnx={DEMO}", "--bf16", "--device=cpu", "--saveEngine=" + self.path("plan"), "--skipInference", *SHORT, variables=forced)
        self.call("--loadEngine=" + self.path("plan"), "--exportOutput=" + self.path("narrow"), *common, variables=forced)
        wide, narrow = (self.json(name)[0]["values"] for name in ("wide", "narrow"))
        far = sum((a - b) ** 2 for a, b in zip(wide, narrow)) ** 0.5 / sum(a * a for a in wide) ** 0.5
        self.assertGreater(far, 0)
        self.assertLess(far, 2e-2)

    def test_names_of_all_nodes_are_in_the_layers(self):
        self.call(f"--onnx={DEMO}", "--skipInference", "--builderOptimizationLevel=0", "--exportLayerInfo=" + self.path("names"))
        names = " + ".join(self.json("names")["Layers"]).split(" + ")
        for node in ("/net/stem/stem.0/Conv", "/net/stem/stem.2/Sigmoid", "/net/stem/stem.2/Mul", "/net/head/head.4/Gemm", "/Softmax"):
            self.assertEqual(names.count(node), 1, node)

    def test_inputs_and_outputs(self):
        self.call(f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", "--exportOutput=" + self.path("a"), *SHORT)
        (out,) = self.json("a")
        self.assertEqual((out["name"], out["dimensions"], len(out["values"])), ("probabilities", "1x16", 16))
        with open(os.path.join(ROOT, "assets", "shapes.labels.txt")) as f:
            labels = f.read().split("\n")
        self.assertEqual(labels[max(range(16), key=out["values"].__getitem__)], "star")
        values = [((7 * i) % 255) / 255 for i in range(3 * 96 * 96)]
        with open(self.path("x.npy"), "wb") as f:
            f.write(npy(values, (1, 3, 96, 96)))
        with open(self.path("x.bin"), "wb") as f:
            f.write(struct.pack(f"<{len(values)}f", *values))
        for name in ("x.npy", "x.bin"):
            self.call(f"--onnx={DEMO}", f"--loadInputs='picture':{self.path(name)}", "--exportOutput=" + self.path(name + ".json"), *SHORT)
        self.assertEqual(self.json("x.npy.json"), self.json("x.bin.json"))
        # Full precision: every value is the shortest text of a 32-bit float.
        for v in self.json("x.npy.json")[0]["values"]:
            self.assertLess(abs(struct.unpack("<f", struct.pack("<f", v))[0] - v), 1e-9 + abs(v) * 1e-8)
        text = self.call(f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", "--dumpOutput", *SHORT)
        self.assertIn("Output Tensors:", text)
        self.assertIn("probabilities: (1x16)", text)

    def test_extents_of_outputs_are_those_of_the_run(self):
        for values, extent in ((range(12), 11), ([0] * 12, 0)):
            with open(self.path("x.bin"), "wb") as f:
                f.write(struct.pack("<12f", *values))
            for iterations in (1, 3):
                self.call(f"--onnx={SELECTION}", f"--loadInputs=x:{self.path('x.bin')}", "--exportOutput=" + self.path("o"), "--warmUp=0",
                          "--duration=0", f"--iterations={iterations}", "--builderOptimizationLevel=0")
                (out,) = self.json("o")
                self.assertEqual((out["dimensions"], out["values"]), (str(extent), list(range(1, extent + 1))))

    def test_an_input_may_be_an_output(self):
        model = self.path("m.onnx")
        with open(model, "wb") as f:
            f.write(onnx_model([node("Neg", ["x"], ["y"])], [value("x", "n")], [value("x", "n"), value("y", "n")]))
        with open(self.path("x.bin"), "wb") as f:
            f.write(struct.pack("<3f", 1, 2, 3))
        for name in ("x", "__x"):
            self.call(f"--onnx={model}", f"--shapes={name}:3", f"--loadInputs={name}:{self.path('x.bin')}",
                      "--exportOutput=" + self.path("o"), *SHORT)
            self.assertEqual({t["name"]: t["values"] for t in self.json("o")}, {"x": [1, 2, 3], "y": [-1, -2, -3]})

    def test_wrong_inputs(self):
        with open(self.path("x.bin"), "wb") as f:
            f.write(b"1234")
        self.assertIn("4 bytes", self.refused(f"--onnx={DEMO}", f"--loadInputs=picture:{self.path('x.bin')}", *SHORT))
        with open(self.path("x.npy"), "wb") as f:
            f.write(npy([1, 2, 3], (3,)))
        self.assertIn("3 elements", self.refused(f"--onnx={DEMO}", f"--loadInputs=picture:{self.path('x.npy')}", *SHORT))
        self.assertIn("picture", self.refused(f"--onnx={DEMO}", f"--loadInputs=photo:{PICTURE}", *SHORT))
        self.assertIn("cannot open", self.refused(f"--onnx={DEMO}", "--loadInputs=picture:none.bin", *SHORT))

    def test_dynamic_shapes(self):
        text = self.call(f"--onnx={DYNAMIC}", "--minShapes=x:1x12", "--optShapes=x:4x12", "--maxShapes=x:8x12", "--shapes=x:5x12",
                         "--saveEngine=" + self.path("p"), "--dumpOptimizationProfile", "--exportOutput=" + self.path("o"), *SHORT)
        self.assertIn("min 1x12, opt 4x12, max 8x12", text)
        self.assertEqual(self.json("o")[0]["dimensions"], "5x3x3")
        text = self.call("--loadEngine=" + self.path("p"), "--shapes=x:9x12", *SHORT, status=1)
        self.assertRegex(text, r"'x', axis 0: extent 9 .* 1 to 8")
        self.assertIn("has no input 'z'", self.refused(f"--onnx={DYNAMIC}", "--shapes=z:1x12", *SHORT))
        self.assertIn("rank", self.refused(f"--onnx={DYNAMIC}", "--shapes=x:1x12x1", *SHORT))
        self.assertIn("not a number", self.refused(f"--onnx={DYNAMIC}", "--shapes=x:axb", *SHORT))
        text = self.call(f"--onnx={DYNAMIC}", "--minShapes=x:4x12", "--optShapes=x:2x12", "--maxShapes=x:8x12", *SHORT, status=1)
        self.assertIn("not a valid profile", text)

    def test_precisions_and_formats(self):
        for flags in (["--fp16"], ["--bf16"], ["--best"], ["--noTF32"], ["--stronglyTyped"], ["--stronglyTyped", "--fp16"],
                      ["--precisionConstraints=prefer", "--layerPrecisions=*:fp32", "--layerOutputTypes=/Softmax:fp32"],
                      ["--inputIOFormats=fp32:chw", "--outputIOFormats=fp32:chw"], ["--memPoolSize=workspace:64M,tacticSharedMem:48K"],
                      ["--streams=2", "--threads", "--useSpinWait", "--idleTime=1", "--sleepTime=1"]):
            text = self.call(f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", "--exportOutput=" + self.path("o"), *SHORT, *flags)
            self.assertGreater(max(self.json("o")[0]["values"]), 0.9, flags)
            self.assertEqual("strongly typed" in text.lower() and "no effect" in text, flags == ["--stronglyTyped", "--fp16"], flags)
        self.assertIn("no layer 'nobody'", self.call(f"--onnx={DEMO}", "--layerPrecisions=nobody:fp32", *SHORT))
        self.assertIn("--layerPrecisions", self.refused(f"--onnx={DEMO}", "--layerPrecisions=*:fp99", *SHORT))
        self.assertIn("--inputIOFormats", self.refused(f"--onnx={DEMO}", "--inputIOFormats=fp32:xyz", *SHORT))
        self.assertIn("--memPoolSize", self.refused(f"--onnx={DEMO}", "--memPoolSize=workspace:lots", *SHORT))
        self.assertIn("--memPoolSize", self.refused(f"--onnx={DEMO}", "--memPoolSize=somewhere:1", *SHORT))

    def test_half_inputs_and_outputs(self):
        self.call(f"--onnx={DEMO}", "--inputIOFormats=fp16:chw", "--outputIOFormats=fp16:chw", f"--loadInputs=picture:{PICTURE}",
                  "--exportOutput=" + self.path("o"), *SHORT)
        self.assertGreater(max(self.json("o")[0]["values"]), 0.9)

    def test_placement(self):
        self.call(f"--onnx={DEMO}", "--layerDeviceTypes=/net/stem/*:CPU,*:GPU", f"--loadInputs=picture:{PICTURE}", "--profilingVerbosity=detailed",
                  "--exportOutput=" + self.path("o"), "--exportLayerInfo=" + self.path("i"), "--device=cpu", *SHORT)
        self.assertGreater(max(self.json("o")[0]["values"]), 0.9)
        self.assertEqual({x["Device"] for x in self.json("i")["Layers"]}, {"cpu"})
        self.assertIn("no layer 'nobody*'", self.call(f"--onnx={DEMO}", "--layerDeviceTypes=nobody*:CPU", *SHORT))
        self.assertIn("--layerDeviceTypes", self.refused(f"--onnx={DEMO}", "--layerDeviceTypes=*:TPU", *SHORT))

    def test_there_is_no_dla(self):
        text = self.call(f"--onnx={DEMO}", "--useDLACore=0", *SHORT, status=1)
        self.assertIn("no DLA", text)
        text = self.call(f"--onnx={DEMO}", "--useDLACore=0", "--allowGPUFallback", *SHORT)
        self.assertRegex(text, r"\[W\].*no DLA")
        text = self.call(f"--onnx={DEMO}", "--layerDeviceTypes=/net/stem/stem.0/Conv:DLA", *SHORT, status=1)
        self.assertIn("/net/stem/stem.0/Conv", text)
        self.assertIn("no DLA", self.refused(f"--onnx={DEMO}", "--buildDLAStandalone", *SHORT))

    def test_verification(self):
        common = [f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", "--device=cpu", "--skipInference", "--builderOptimizationLevel=0"]
        text = self.call(*common, "--verify", "--exportVerify=" + self.path("v"))
        self.assertRegex(text, r"Verification: \d+ layers compared with the reference, \d+ left out, 0 over their tolerance")
        layers = self.json("v")
        self.assertTrue(any("/net/stem/stem.0/Conv" in x["layer"] for x in layers))
        for x in layers:
            self.assertTrue(x["passed"] or not x["compared"], x)
            self.assertLess(x["relativeError"], 1e-5)
        text = self.call(*common, "--verify=1e-30", "--verifyAction=refuse", status=1)
        self.assertIn("/net/stem/stem.0/Conv", text)
        self.assertIn("--verify", self.refused(*common, "--verify=never"))

    def test_tactic_sources_and_other_choices(self):
        self.call(f"--onnx={DEMO}", "--tacticSources=-CUDNN,-CUBLAS_LT,+JIT_CONVOLUTIONS", "--heuristic", "--preview=+profileSharing0806",
                  "--noCudaGraph", *SHORT)
        self.assertIn("--tacticSources", self.refused(f"--onnx={DEMO}", "--tacticSources=-MAGIC", *SHORT))
        self.assertIn("--preview", self.refused(f"--onnx={DEMO}", "--preview=+magic", *SHORT))
        self.assertIn("--useCudaGraph", self.refused(f"--onnx={DEMO}", "--useCudaGraph", "--noCudaGraph", *SHORT))

    def test_memory_of_contexts_and_their_part_of_the_cache(self):
        outputs = []
        for strategy in ("static", "profile", "runtime"):
            out = os.path.join(self.folder.name, strategy + ".json")
            text = self.call(f"--onnx={DEMO}", f"--allocationStrategy={strategy}", f"--exportOutput={out}", "--nativeInstanceNorm", *SHORT)
            self.assertEqual(strategy == "runtime", "Memory for activations:" in text)
            with open(out) as f:
                outputs.append(f.read())
        self.assertEqual(outputs[1:], outputs[:1] * 2)
        self.assertIn("--allocationStrategy", self.refused(f"--onnx={DEMO}", "--allocationStrategy=magic", *SHORT))
        self.assertIn("no effect", self.call(f"--onnx={DEMO}", "--device=cpu", "--persistentCacheRatio=0.5", *SHORT))
        self.assertIn("--persistentCacheRatio", self.refused(f"--onnx={DEMO}", "--persistentCacheRatio=1.5", *SHORT))

    def test_several_profiles(self):
        profiles = ["--minShapes=x:1x12", "--optShapes=x:2x12", "--maxShapes=x:4x12", "--profile=1", "--minShapes=x:5x12", "--optShapes=x:6x12",
                    "--maxShapes=x:9x12"]
        text = self.call(f"--onnx={DYNAMIC}", *profiles, "--useProfile=1", "--shapes=x:9x12", "--dumpOptimizationProfile",
                         "--exportOutput=" + self.path("o"), *SHORT)
        self.assertIn("Profile 0 input x: min 1x12, opt 2x12, max 4x12", text)
        self.assertIn("Profile 1 input x: min 5x12, opt 6x12, max 9x12", text)
        self.assertEqual(self.json("o")[0]["dimensions"], "9x3x3")
        self.assertIn("profile 1 is missing", self.refused(f"--onnx={DYNAMIC}", "--profile=2", "--optShapes=x:2x12", *SHORT))
        self.assertIn("--profile", self.refused(f"--onnx={DYNAMIC}", "--profile=first", *SHORT))

    def test_plans_are_tuned_again(self):
        self.call(f"--onnx={DEMO}", "--saveEngine=" + self.path("p"), "--skipInference", *SHORT)
        self.assertRegex(self.call("--loadEngine=" + self.path("p"), "--getPlanVersionOnly"), r"Plan was created with Hone version \d+\.\d+\.\d+")
        text = self.call("--loadEngine=" + self.path("p"), "--retune", "--saveEngine=" + self.path("q"), f"--loadInputs=picture:{PICTURE}",
                         "--exportOutput=" + self.path("o"), *SHORT)
        self.assertIn("Engine tuned again in", text)
        self.assertGreater(max(self.json("o")[0]["values"]), 0.9)
        self.call("--loadEngine=" + self.path("q"), *SHORT)
        self.assertIn("--retune", self.refused(f"--onnx={DEMO}", "--retune", *SHORT))
        self.assertIn("--retune", self.refused("--loadEngine=" + self.path("p"), "--saveEngine=" + self.path("q"), *SHORT))

    def test_raw_bindings_and_reference_outputs(self):
        self.call(f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", "--dumpRawBindingsToFile", *SHORT, folder=self.folder.name)
        self.assertEqual(os.path.getsize(self.path("picture.1.3.96.96.FP32.raw")), 4 * 3 * 96 * 96)
        output = self.path("probabilities.1.16.FP32.raw")
        self.assertEqual(os.path.getsize(output), 64)
        common = [f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", f"--loadRefOutputs=probabilities:{output}"]
        self.assertIn("0 of 16 elements", self.call(*common, *SHORT))
        with open(output, "r+b") as f:
            f.write(struct.pack("<f", 7))
        self.assertIn("'probabilities'", self.refused(*common, *SHORT))
        self.call(*common, "--atol=10", *SHORT)

    def test_formats_of_inputs_and_outputs(self):
        self.call(f"--onnx={DEMO}", f"--loadInputs=picture:{PICTURE}", "--exportOutput=" + self.path("o"), *SHORT)
        want = self.json("o")[0]["values"]
        for formats in ("fp32:hwc", "fp16:hwc8", "fp16:chw16", "fp32:chw4", "fp32:chw32", "fp16:hwc16"):
            self.call(f"--onnx={DEMO}", f"--inputIOFormats={formats}", f"--loadInputs=picture:{PICTURE}", "--exportOutput=" + self.path("o"),
                      "--saveEngine=" + self.path("p"), "--device=cpu", *SHORT)
            for got, expected in zip(self.json("o")[0]["values"], want):
                self.assertAlmostEqual(got, expected, delta=1e-3, msg=formats)
            self.call("--loadEngine=" + self.path("p"), f"--loadInputs=picture:{PICTURE}", *SHORT)
        self.assertIn("'probabilities'", self.call(f"--onnx={DEMO}", "--outputIOFormats=fp32:hwc8", *SHORT, status=1))
        self.call(f"--onnx={DEMO}", "--directIO", "--device=cpu", *SHORT)
        text = self.call(f"--onnx={DEMO}", "--directIO", "--inputIOFormats=fp32:chw4", "--device=cpu", *SHORT, status=1)
        self.assertRegex(text, r"kDIRECT_IO: 'picture'")

    def test_timing_cache_makes_equal_plans(self):
        common = [f"--onnx={DEMO}", "--skipInference", "--timingCacheFile=" + self.path("c")]
        self.call(*common, "--saveEngine=" + self.path("1"))
        self.call(*common, "--saveEngine=" + self.path("2"), "--errorOnTimingCacheMiss")
        with open(self.path("1"), "rb") as a, open(self.path("2"), "rb") as b:
            self.assertEqual(a.read(), b.read())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trtexec", default="build/release/bin/trtexec")
    own, rest = parser.parse_known_args()
    TRTEXEC = own.trtexec
    unittest.main(argv=[sys.argv[0], *rest])
