"""The firmware's own C code, compiled for this machine and called from Python."""
import ctypes
import os
import subprocess
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
APP = os.path.dirname(HERE)
KERNELS = os.path.join(os.path.dirname(APP), "kernels")
RUNTIME = os.path.join(os.path.dirname(APP), "runtime")

HOP, FRAMES, BANDS = 320, 49, 24
WINDOW_SAMPLES = (FRAMES + 1) * HOP
STATE_BYTES = 1 << 16


def compile_library(sources):
    target = os.path.join(tempfile.mkdtemp(prefix="kws-"), "kws.so")
    subprocess.run(["cc", "-std=c17", "-O2", "-shared", "-fPIC", "-I", APP, "-I", KERNELS, "-I",
                    RUNTIME, "-o", target, *sources], check=True)
    return ctypes.CDLL(target)


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class Features:
    """kws_features.c on one window of sound."""

    def __init__(self):
        self.lib = compile_library([os.path.join(APP, "kws_features.c"), os.path.join(APP, "tables.c")])
        self.state = ctypes.create_string_buffer(STATE_BYTES)

    def window(self, samples):
        """The network's input for WINDOW_SAMPLES int16 samples (the first hop is history)."""
        out = np.empty((FRAMES, BANDS), np.int8)
        samples = np.ascontiguousarray(samples, np.int16)
        self.lib.kws_features_init(self.state)
        for i in range(FRAMES + 1):
            self.lib.kws_features_push(self.state, pointer(samples[i * HOP : (i + 1) * HOP]))
        self.lib.kws_features_input(self.state, pointer(out))
        return out


class Detector:
    """detector.c with the model.c of the tree, fed hop by hop."""

    def __init__(self):
        sources = [os.path.join(APP, f) for f in
                   ("kws_features.c", "tables.c", "detector.c", "model.c")]
        sources += [os.path.join(KERNELS, f) for f in sorted(os.listdir(KERNELS))
                    if f.endswith(".c") and f != "plan.c"]
        self.lib = compile_library(sources)
        self.state = ctypes.create_string_buffer(STATE_BYTES)

    def stream(self, samples):
        """(words detected as class numbers, logits lines) for int16 samples."""
        samples = np.ascontiguousarray(samples, np.int16)
        line = ctypes.create_string_buffer(128)
        words, lines = [], []
        self.lib.kws_detector_init(self.state)
        for i in range(len(samples) // HOP):
            if not self.lib.kws_detector_push(self.state, pointer(samples[i * HOP :])):
                continue
            self.lib.kws_detector_infer(self.state)
            self.lib.kws_detector_format(self.state, line)
            lines.append(line.value.decode())
            word = self.lib.kws_detector_decide(self.state)
            if word >= 0:
                words.append(word)
        return words, lines
