#!/usr/bin/python3
"""Turns an int8 .tflite file into the flat plan that kernels/plan.h describes.

usage: tflite_plan.py MODEL.tflite OUT.plan [LAYERS.json]

Reads the flatbuffer itself (field numbers are those of the published TensorFlow Lite schema) and
derives multipliers and activation ranges as the int8 quantization specification says, in the float
widths the reference uses. With a LAYERS.json of the golden vectors, its derived values are compared
and each operator's CRC-32s go into the plan, so that a target can check itself.
"""
import json
import math
import struct
import sys

INT8, INT32 = 9, 2
ADD, AVGPOOL, CONV, DEPTHWISE, DENSE, MAXPOOL, RESHAPE, SOFTMAX = 0, 1, 3, 4, 9, 17, 22, 25
KINDS = {CONV: 1, DEPTHWISE: 2, DENSE: 3, AVGPOOL: 4, MAXPOOL: 5, SOFTMAX: 6, ADD: 7, RESHAPE: 8}
HEADER_WORDS, OP_WORDS, VECTORS = 16, 48, 6


class Table:
    """A flatbuffer table: fields by number, through its vtable."""

    def __init__(self, buf, at):
        self.buf, self.at = buf, at
        self.vtable = at - struct.unpack_from("<i", buf, at)[0]
        self.vtable_bytes = struct.unpack_from("<H", buf, self.vtable)[0]

    def _where(self, field):
        entry = 4 + 2 * field
        if entry >= self.vtable_bytes:
            return 0
        offset = struct.unpack_from("<H", self.buf, self.vtable + entry)[0]
        return self.at + offset if offset else 0

    def scalar(self, field, fmt, default=0):
        where = self._where(field)
        return struct.unpack_from("<" + fmt, self.buf, where)[0] if where else default

    def _target(self, field):
        where = self._where(field)
        return where + struct.unpack_from("<I", self.buf, where)[0] if where else 0

    def table(self, field):
        target = self._target(field)
        return Table(self.buf, target) if target else None

    def vector(self, field, fmt):
        target = self._target(field)
        if not target:
            return []
        count = struct.unpack_from("<I", self.buf, target)[0]
        return list(struct.unpack_from(f"<{count}{fmt}", self.buf, target + 4))

    def raw(self, field):
        target = self._target(field)
        if not target:
            return b""
        count = struct.unpack_from("<I", self.buf, target)[0]
        return self.buf[target + 4 : target + 4 + count]

    def tables(self, field):
        target = self._target(field)
        if not target:
            return []
        count = struct.unpack_from("<I", self.buf, target)[0]
        slots = [target + 4 + 4 * i for i in range(count)]
        return [Table(self.buf, s + struct.unpack_from("<I", self.buf, s)[0]) for s in slots]


def quantize_multiplier(real):
    """Q0.31 multiplier and shift of a positive real, flushed to 0 below 2^-31."""
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    q = int(math.floor(fraction * (1 << 31) + 0.5))
    if q == 1 << 31:
        q //= 2
        shift += 1
    return (0, 0) if shift < -31 else (q, shift)


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


class Model:
    def __init__(self, data):
        root = Table(data, struct.unpack_from("<I", data, 0)[0])
        self.codes = [max(c.scalar(0, "b"), c.scalar(3, "i")) for c in root.tables(1)]
        graph = root.tables(2)[0]
        self.buffers = [b.raw(0) for b in root.tables(4)]
        self.tensors = graph.tables(0)
        self.inputs, self.outputs = graph.vector(1, "i"), graph.vector(2, "i")
        self.operators = graph.tables(3)

    def shape(self, t):
        return self.tensors[t].vector(0, "i")

    def hwc(self, t):
        shape = self.shape(t)
        return ([1, 1, 1] + shape[1:])[-3:] if len(shape) > 1 else [1, 1, shape[0]]

    def size(self, t):
        return math.prod(self.shape(t))

    def data(self, t):
        return self.buffers[self.tensors[t].scalar(2, "I")]

    def scales(self, t):
        return self.tensors[t].table(4).vector(2, "f")

    def zero(self, t):
        zeros = self.tensors[t].table(4).vector(3, "q")
        return zeros[0] if zeros else 0


def activation_range(model, kind, out):
    scale, zero = model.scales(out)[0], model.zero(out)
    low, high = -128, 127
    if kind in (1, 3):
        low = max(low, zero)
    if kind == 2:
        low = max(low, zero + int(round(-1.0 / scale)))
        high = min(high, zero + int(round(1.0 / scale)))
    if kind == 3:
        high = min(high, zero + int(math.floor(float32(6.0 / scale) + 0.5)))
    return low, high


def arrange(model):
    """Arena offsets: first fit over lifetimes, in order of first use."""
    born, dies = {}, {}
    for t in model.inputs:
        born[t] = 0
    for i, op in enumerate(model.operators):
        for t in op.vector(1, "i"):
            dies[t] = i
        for t in op.vector(2, "i"):
            born[t] = i
    for t in list(model.inputs) + list(model.outputs):
        dies[t] = len(model.operators)
    placed = []
    for t in sorted(born, key=lambda t: (born[t], -model.size(t))):
        size = (model.size(t) + 3) & ~3
        busy = sorted((p, p + s) for p, s, o in placed if born[o] <= dies[t] and born[t] <= dies[o])
        at = 0
        for low, high in busy:
            if at + size <= low:
                break
            at = max(at, high)
        placed.append((at, size, t))
    return {t: at for at, _, t in placed}, max(at + size for at, size, _ in placed)


class Writer:
    """Collects op records and the constants behind them."""

    def __init__(self, model):
        self.model = model
        self.where, self.arena = arrange(model)
        self.ops, self.blob = [], b""
        self.base = 4 * (HEADER_WORDS + OP_WORDS * len(model.operators))

    def constant(self, raw):
        self.blob += b"\0" * (-len(self.blob) % 4)
        at = self.base + len(self.blob)
        self.blob += raw
        return at

    def words(self, values):
        return self.constant(struct.pack(f"<{len(values)}i", *values))


def window(model, table, kind, source, out, kernel):
    """kernel_h kernel_w stride_h stride_w dilation_h dilation_w pad_top pad_left"""
    first_dilation = {CONV: 4, DEPTHWISE: 5}.get(kind)
    dilation = [1, 1]
    if first_dilation:
        dilation = [table.scalar(first_dilation + 1, "i", 1), table.scalar(first_dilation, "i", 1)]
    stride = [table.scalar(2, "i"), table.scalar(1, "i")]
    pads = [0, 0]
    if table.scalar(0, "b") == 0:
        for axis in range(2):
            reach = (kernel[axis] - 1) * dilation[axis] + 1
            size_in, size_out = model.hwc(source)[axis], model.hwc(out)[axis]
            pads[axis] = max(0, (size_out - 1) * stride[axis] + reach - size_in) // 2
    return [*kernel, *stride, *dilation, *pads]


def weighted(writer, op, kind, record, table, ins, out):
    """Convolutions and fully connected layers."""
    model = writer.model
    filter_shape = model.shape(ins[1])
    scale_in, scale_out = model.scales(ins[0])[0], model.scales(out)[0]
    scales = model.scales(ins[1])
    channels = model.shape(out)[-1]
    if kind == DENSE:
        product = [float32(scale_in * s) if len(scales) == 1 else scale_in * s for s in scales]
    else:
        product = [scale_in * s for s in scales]
        if len(product) == 1:
            product *= channels
    pairs = [quantize_multiplier(p / scale_out) for p in product]
    activation = {CONV: 3, DEPTHWISE: 4, DENSE: 0}[kind]
    low, high = activation_range(model, table.scalar(activation, "b") if table else 0, out)
    has_bias = len(ins) > 2 and ins[2] >= 0
    if kind != DENSE:
        record[11:19] = window(model, table, kind, ins[0], out, filter_shape[1:3])
    else:
        record[5:11] = [1, 1, filter_shape[1], 1, 1, filter_shape[0]]
    record[19] = table.scalar(3, "i") if kind == DEPTHWISE else 1
    record[20:29] = [
        -model.zero(ins[0]),
        writer.constant(model.data(ins[1])),
        writer.constant(model.data(ins[2])) if has_bias else 0,
        writer.words([m for m, _ in pairs]),
        writer.words([s for _, s in pairs]),
        model.zero(out),
        low,
        high,
        1 if len(scales) > 1 else 0,
    ]
    return {"multiplier": [m for m, _ in pairs], "shift": [s for _, s in pairs], "act_min": low,
            "act_max": high}


def addition(writer, op, kind, record, table, ins, out):
    model = writer.model
    left_shift = 20
    scales = [model.scales(t)[0] for t in ins]
    twice = 2.0 * max(scales)
    pairs = [quantize_multiplier(s / twice) for s in scales]
    last = quantize_multiplier(twice / ((1 << left_shift) * model.scales(out)[0]))
    low, high = activation_range(model, table.scalar(0, "b") if table else 0, out)
    record[2] = writer.where[ins[1]]
    record[25:28] = [model.zero(out), low, high]
    record[29:38] = [left_shift, -model.zero(ins[0]), -model.zero(ins[1]), pairs[0][0], pairs[1][0],
                     pairs[0][1], pairs[1][1], last[0], last[1]]
    return {}


def pooling(writer, op, kind, record, table, ins, out):
    kernel = [table.scalar(4, "i"), table.scalar(3, "i")]
    record[11:19] = window(writer.model, table, kind, ins[0], out, kernel)
    low, high = activation_range(writer.model, table.scalar(5, "b"), out)
    record[26:28] = [low, high]
    return {"act_min": low, "act_max": high}


def softmax(writer, op, kind, record, table, ins, out):
    beta = table.scalar(0, "f") if table else 1.0
    real = min(beta * writer.model.scales(ins[0])[0] * (1 << 26), (1 << 31) - 1.0)
    multiplier, shift = quantize_multiplier(real)
    diff_min = -int(math.floor(31.0 * (1 << 26) / (1 << shift)))
    record[29:32] = [multiplier, shift, diff_min]
    return {"input_multiplier": multiplier, "input_left_shift": shift, "diff_min": diff_min}


EMIT = {CONV: weighted, DEPTHWISE: weighted, DENSE: weighted, ADD: addition, AVGPOOL: pooling,
        MAXPOOL: pooling, SOFTMAX: softmax, RESHAPE: lambda *_: {}}


def build(model, golden):
    writer = Writer(model)
    for index, op in enumerate(model.operators):
        kind = model.codes[op.scalar(0, "I")]
        if kind not in EMIT:
            sys.exit(f"operator {index}: builtin code {kind} is not supported")
        ins, out = op.vector(1, "i"), op.vector(2, "i")[0]
        if model.tensors[out].scalar(1, "b") != INT8:
            sys.exit(f"operator {index}: only int8 tensors are supported")
        record = [0] * OP_WORDS
        record[0:5] = [KINDS[kind], writer.where[ins[0]], 0, writer.where[out], model.size(out)]
        record[5:8], record[8:11] = model.hwc(ins[0]), model.hwc(out)
        derived = EMIT[kind](writer, op, kind, record, op.table(4), ins, out)
        if golden:
            expected = golden["operators"][index]
            for key, value in derived.items():
                if key in expected["derived"] and expected["derived"][key] != value:
                    sys.exit(f"operator {index}: {key} differs from the golden file")
            record[40:46] = [struct.unpack("<i", struct.pack("<I", int(c, 16)))[0]
                             for c in expected["crc32"]]
        writer.ops.append(record)
    first, last = model.inputs[0], model.outputs[0]
    total = writer.base + len(writer.blob)
    header = [0x504E4E4D, 1, len(writer.ops), writer.arena, total, writer.where[first],
              model.size(first), writer.where[last], model.size(last), 1 if golden else 0]
    header += [0] * (HEADER_WORDS - len(header))
    flat = header + [word for record in writer.ops for word in record]
    return struct.pack(f"<{len(flat)}i", *flat) + writer.blob


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.split("\n\n")[1])
    with open(sys.argv[1], "rb") as f:
        model = Model(f.read())
    golden = None
    if len(sys.argv) == 4:
        with open(sys.argv[3], encoding="utf-8") as f:
            golden = json.load(f)
    with open(sys.argv[2], "wb") as f:
        f.write(build(model, golden))


if __name__ == "__main__":
    main()
