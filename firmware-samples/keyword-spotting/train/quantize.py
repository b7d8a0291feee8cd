"""Folds batch normalisation, quantises per channel to int8, and writes model.c."""
import os
import sys

import numpy as np

import net as networks
import synth

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
from tflite_plan import quantize_multiplier  # noqa: E402

INPUT_SCALE = 1 / 32


def folded(net):
    """[(layer, weights, bias)] with the normalisation inside."""
    out = []
    layers = net.layers
    for layer, norm in zip(layers[:-1:2], layers[1:-1:2]):
        gain = norm.w[0] / np.sqrt(norm.var + 1e-3)
        out.append((layer, layer.w * gain, norm.w[1] - norm.mean * gain))
    return out


def calibrate(net, x):
    """Activation scale after each ReLU, and the largest logit."""
    scales = []
    for layer in net.layers[:-1]:
        x = layer.forward(x, False)
        if isinstance(layer, networks.NormRelu):
            scales.append(float(np.quantile(x, 0.99995)) / 255)
    return scales, float(np.abs(net.layers[-1].forward(x, False)).max())


def integers(values, ctype, name, per_line=16):
    values = [int(v) for v in np.asarray(values).ravel()]
    lines = [", ".join(str(v) for v in values[i : i + per_line]) for i in
             range(0, len(values), per_line)]
    return (f"static const {ctype} {name}[{len(values)}] = {{\n    " + ",\n    ".join(lines)
            + ",\n};\n\n")


def quantized(weights, axis_last, bias, scale_in, scale_out):
    """int8 weights (channel last), int32 bias, multipliers and shifts."""
    flat = weights.reshape(-1, axis_last).astype(np.float64)
    scale_w = np.maximum(np.abs(flat).max(axis=0), 1e-8) / 127
    q = np.clip(np.rint(flat / scale_w), -127, 127).astype(int).reshape(weights.shape)
    b = np.rint(bias / (scale_in * scale_w)).astype(np.int64)
    pairs = [quantize_multiplier(float(s)) for s in scale_in * scale_w / scale_out]
    return q, b, [m for m, _ in pairs], [s for _, s in pairs]


def requant_text(name, offset, low):
    return (f"{{.multiplier = {name}_multiplier, .shift = {name}_shift, .output_offset = {offset}, "
            f".act_min = {low}, .act_max = 127}}")


class Emitter:
    def __init__(self):
        self.text = ""
        self.convs = []

    def arrays(self, name, q, b, m, s):
        self.text += integers(q, "int8_t", name + "_weights", 20)
        self.text += integers(b, "int32_t", name + "_bias", 8)
        self.text += integers(m, "int32_t", name + "_multiplier", 8)
        self.text += integers(s, "int32_t", name + "_shift", 20)

    def conv(self, name, shape_in, shape_out, kernel, stride, input_offset):
        pads = [networks.same_pads(shape_in[i], kernel[i], stride[i])[1] for i in range(2)]
        self.convs.append(
            f"    {{.in = {{{', '.join(map(str, shape_in))}}},\n"
            f"     .out = {{{', '.join(map(str, shape_out))}}},\n"
            f"     .window = {{{kernel[0]}, {kernel[1]}, {stride[0]}, {stride[1]}, 1, 1, "
            f"{pads[0]}, {pads[1]}}},\n"
            f"     .depth_multiplier = 1,\n     .input_offset = {input_offset},\n"
            f"     .weights = {name}_weights,\n     .bias = {name}_bias,\n"
            f"     .requant = {requant_text(name, -128, -128)}}},\n")


def emit(net, calibration, path):
    scales, top_logit = calibrate(net, calibration)
    out = Emitter()
    scale, zero, shape = INPUT_SCALE, 0, (49, 24, 1)
    for i, (layer, w, b) in enumerate(folded(net)):
        name = f"l{i}"
        q, bias, m, s = quantized(w, w.shape[-1], b, scale, scales[i])
        kernel, stride = (1, 1), (1, 1)
        if isinstance(layer, networks.FirstConv):
            kernel, stride = layer.kernel, layer.stride
            q = q.T
        elif isinstance(layer, networks.Depthwise):
            kernel, stride = (3, 3), (layer.stride,) * 2
        else:
            q = q.T
        to = (networks.same_pads(shape[0], kernel[0], stride[0])[0],
              networks.same_pads(shape[1], kernel[1], stride[1])[0], w.shape[-1])
        out.arrays(name, q, bias, m, s)
        out.conv(name, shape, to, kernel, stride, -zero)
        scale, zero, shape = scales[i], -128, to
    head = net.layers[-1].w
    logit_scale = top_logit * 1.05 / 127
    q, bias, m, s = quantized(head[:-1], head.shape[1], head[-1], scale, logit_scale)
    out.arrays("dense", q.T, bias, m, s)
    multiplier, shift = quantize_multiplier(logit_scale * (1 << 26))
    diff_min = -int(31.0 * (1 << 26) / (1 << shift))
    labels = ", ".join(f'"{label}"' for label in synth.LABELS)
    text = ("/*\n * Written by train/train.py; do not edit. train/report.json says how it was made.\n"
            " */\n#include \"model.h\"\n\n/* clang-format off */\n" + out.text
            + f"const char *const kws_labels[KWS_CLASSES] = {{{labels}}};\n\n"
            + "const struct mote_nn_conv kws_convs[] = {\n" + "".join(out.convs) + "};\n\n"
            + f"const int32_t kws_conv_count = {len(out.convs)};\n\n"
            + f"const struct mote_nn_pool kws_pool = {{.in = {{{shape[0]}, {shape[1]}, {shape[2]}}}, "
            + f".out = {{1, 1, {shape[2]}}},\n    .window = {{{shape[0]}, {shape[1]}, {shape[0]}, "
            + f"{shape[1]}, 1, 1, 0, 0}}, .act_min = -128, .act_max = 127}};\n\n"
            + f"const struct mote_nn_dense kws_dense = {{.rows = {head.shape[1]}, "
            + f".cols = {shape[2]}, .input_offset = 128, .per_channel = 1,\n"
            + "    .weights = dense_weights, .bias = dense_bias,\n    .requant = "
            + requant_text("dense", 0, -128) + "};\n\n"
            + f"const struct mote_nn_softmax kws_softmax = {{1, {head.shape[1]}, {multiplier}, "
            + f"{shift}, {diff_min}}};\n")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return {"logit_scale": logit_scale, "activation_scales": scales}
