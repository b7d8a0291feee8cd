#!/usr/bin/env python3
"""Writes the seed inputs of the fuzz targets: small valid files of each format."""
import pathlib
import random
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent / "corpus"
CODE = struct.pack("<8I", 0x20001000, 0x08000021, 0x08000023, 0x08000023, 0, 0, 0, 0) + b"\xfe\xe7\xfe\xe7"


DIALOGUE = b"""m-timestamp-mode-performance\r
m-lap-us-2735\r
m-init-done\r
m-ready\r
m-name-dut-[mote]\r
m-profile-[ULPMark for tinyML Firmware V0.0.1]\r
m-model-[kws01]\r
m-[Expecting 490 bytes]\r
m-load-done\r
m-infer-start-5\r
m-lap-us-44559\r
m-infer-done\r
m-results-[0.000,-1.5e2,nan,0.992]\r
e-[Unknown command]\r
"""


def put(target, name, data):
    folder = HERE / ("fuzz_" + target)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def attributes():
    """Build attributes of an Armv7E-M image, with a compatibility tag (a number and a text)."""
    values = b"\x05" + b"7E-M\0" + b"\x06\x0d\x07M\x0a\x06\x1b\x01" + b"\x20\x01gnu\0"
    part = b"\x01" + struct.pack("<I", len(values) + 5) + values
    return b"A" + struct.pack("<I", len(part) + 10) + b"aeabi\0" + part


def elf(last=None):
    """`last`: build attributes in place of the section of marks."""
    names = b"\0.symtab\0.strtab\0.mote.marks\0"
    strings = b"\0reset\0"
    symbols = struct.pack("<IIIBBH", 0, 0, 0, 0, 0, 0) + struct.pack("<IIIBBH", 1, 0x08000021, 4, 2, 0, 1)
    marks = struct.pack("<I", 3) + b"infer\0\0\0"
    body = 52 + 32
    offsets, blob = [], b""
    for part in (CODE, symbols, strings, names, last or marks):
        blob += b"\0" * (-len(blob) % 4)
        offsets.append(body + len(blob))
        blob += part
    blob += b"\0" * (-len(blob) % 4)
    table = body + len(blob)
    header = b"\x7fELF\x01\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIIIIIHHHHHH", 2, 40, 1, 0x08000021, 52, table, 0x05000200, 52, 32, 1, 40, 6, 4)
    segment = struct.pack("<8I", 1, offsets[0], 0x08000000, 0x08000000, len(CODE), len(CODE), 5, 4)
    row = lambda name, kind, flags, address, offset, size, link=0, info=0, entry=0: struct.pack(
        "<10I", name, kind, flags, address, offset, size, link, info, 4, entry)
    sections = row(0, 0, 0, 0, 0, 0) + row(0, 1, 6, 0x08000000, offsets[0], len(CODE))
    sections += row(1, 2, 0, 0, offsets[1], len(symbols), 3, 1, 16) + row(9, 3, 0, 0, offsets[2], len(strings))
    sections += row(9, 3, 0, 0, offsets[3], len(names)) + row(17, 0x70000003 if last else 1, 0, 0, offsets[4], len(last or marks))
    return header + segment + blob + sections


def hex_record(kind, address, data):
    raw = bytes([len(data), address >> 8, address & 255, kind]) + data
    return b":" + (raw + bytes([-sum(raw) & 255])).hex().upper().encode() + b"\n"


def hex_file():
    out = hex_record(4, 0, b"\x08\x00")
    for i in range(0, len(CODE), 16):
        out += hex_record(0, i, CODE[i:i + 16])
    return out + hex_record(5, 0, struct.pack(">I", 0x08000021)) + hex_record(1, 0, b"")


def uf2():
    blocks = b""
    for i in range(2):
        payload = CODE.ljust(256, b"\0")
        blocks += struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, 0x08000000 + 256 * i, 256, i, 2,
                              0xADA52840) + payload.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)
    return blocks


DTS = """/dts-v1/;
/ {
    #address-cells = <1>; #size-cells = <1>; model = "seed";
    chosen { zephyr,console = &uart; };
    cpus { #address-cells = <1>; #size-cells = <0>;
        cpu0: cpu@0 { compatible = "arm,cortex-m4f"; reg = <0>; clocks = <&clk>; }; };
    clk: clock { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <16000000>; };
    soc { compatible = "mote,seed", "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
        interrupt-parent = <&nvic>;
        nvic: interrupt-controller@e000e100 { compatible = "arm,v7m-nvic"; reg = <0xe000e100 0xc00>;
            interrupt-controller; #interrupt-cells = <2>; arm,num-irq-priority-bits = <4>; };
        sram0: memory@20000000 { compatible = "mmio-sram"; reg = <0x20000000 0x10000>; };
        flash0: flash@8000000 { compatible = "soc-nv-flash"; reg = <0x08000000 0x10000>; mote,alias = <0>; };
        uart: serial@40004400 { compatible = "st,stm32-uart"; reg = <0x40004400 0x400>;
            clocks = <&clk>; interrupts = <38 0>; };
        odd@40000000 { compatible = "acme,odd"; reg = <0x40000000 0x400>; interrupts = <400 0>; };
    };
};
"""


def mmio(board, seed):
    """Accesses spread over all windows, with stretches of time in between."""
    dice = random.Random(seed)
    out = bytes([board])
    for _ in range(300):
        kind = 0x80 | dice.randrange(24) if dice.randrange(6) == 0 else dice.randrange(128)
        offset = 4 * dice.randrange(64) if dice.randrange(4) else dice.randrange(0x600)
        out += struct.pack("<HBH", dice.randrange(80), kind, offset)
        out += struct.pack("<I", dice.getrandbits(24) & dice.getrandbits(24))[:3]
    return out


def main():
    put("elf", "small", elf())
    put("elf", "truncated", elf()[:150])
    put("elf", "attributes", elf(attributes()))
    put("symbols", "small", elf())
    put("hex", "small", hex_file())
    put("uf2", "small", uf2())
    put("bin", "small", CODE)
    put("mlperf", "dialogue", DIALOGUE)
    blob = subprocess.run(["dtc", "-@", "-q", "-I", "dts", "-O", "dtb"], input=DTS.encode(),
                          capture_output=True, check=True).stdout
    put("dtb", "small", blob)
    for board in range(2):
        put("mmio", "board%d" % board, mmio(board, board + 1))


if __name__ == "__main__":
    main()
