#!/usr/bin/env python3
"""Draws cycles and energy of the sample `dvfs` over the core clock as an SVG, and prints the table.

    mote run build/release/firmware/dvfs-nucleo_l4r5zi.elf --board nucleo_l4r5zi --accuracy exact --set supply.voltage=3V --report json:dvfs.json
    tools/plot_dvfs.py dvfs.json --volts 3 --svg docs/dvfs.svg
"""
import argparse
import json
import pathlib

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 300, 60, 45, 30
LINES = (("cycles", "#1f6fb2", "cycles per inference, of the fewest"), ("energy", "#c4441c", "energy per inference, of the least"))


def svg(points):
    """Both quantities relative to their smallest value, over the clock."""
    top = max(max(p["cycles"] for p in points) / min(p["cycles"] for p in points),
              max(p["energy"] for p in points) / min(p["energy"] for p in points)) * 1.05
    fastest = max(p["mhz"] for p in points) * 1.05
    x = lambda mhz: LEFT + (WIDTH - LEFT - 20) * mhz / fastest
    y = lambda ratio: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (ratio - 0.9) / (top - 0.9)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - 20}" fill="none" stroke="black"/>']
    for p in points:
        out.append(f'<text x="{x(p["mhz"]):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{p["mhz"]:g}</text>')
    out.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">core clock, MHz</text>')
    ratio = 0.9
    while ratio <= top:
        out.append(f'<text x="{LEFT - 8}" y="{y(ratio) + 4:.1f}" text-anchor="end">{ratio:.1f}</text>')
        ratio = round(ratio + 0.1, 1)
    for number, (key, colour, title) in enumerate(LINES):
        least = min(p[key] for p in points)
        spots = [(x(p["mhz"]), y(p[key] / least)) for p in points]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                   + " ".join(f"{a:.1f},{b:.1f}" for a, b in spots) + '"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in spots]
        out.append(f'<text x="{LEFT + 20 + 280 * number}" y="18" fill="{colour}">{title}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("--svg", type=pathlib.Path)
    parser.add_argument("--volts", type=float, required=True, help="the supply of the run")
    options = parser.parse_args()
    markers = json.loads(options.report.read_text(encoding="utf-8"))["markers"]
    points = [{"mhz": float(m["name"].split()[0]), "cycles": m["cycles"], "energy": m["energy_j"]}
              for m in markers if m["name"].endswith("MHz")]
    print("| clock | cycles | time | energy | power | supply current |\n|---|---|---|---|---|---|")
    for p in points:
        seconds = p["cycles"] / p["mhz"] * 1e-6
        amperes = p["energy"] / seconds / options.volts
        print(f"| {p['mhz']:g} MHz | {p['cycles']} | {1e3 * seconds:.1f} ms | {1e3 * p['energy']:.2f} mJ | "
              f"{1e3 * p['energy'] / seconds:.1f} mW | {1e3 * amperes:.2f} mA, {1e6 * amperes / p['mhz']:.0f} uA/MHz |")
    if options.svg:
        options.svg.write_text(svg(points), encoding="utf-8")


if __name__ == "__main__":
    main()
