#!/usr/bin/env python3
"""An outside driver for firmware that speaks the MLPerf Tiny text protocol over a UART.

    mlperf_client.py MOTE FIRMWARE --board BOARD --uart lpuart1 --input FILE [--infer 10]

Starts `MOTE run FIRMWARE` with the UART on a TCP port, asks its name, loads an input (raw bytes), runs
inferences, and prints what the firmware measured with its own timer.
"""
import argparse
import re
import socket
import subprocess
import sys
import time

CHUNK = 31  # bytes of input in one `db` command


class Board:
    def __init__(self, arguments):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen([
            arguments.mote, "run", arguments.firmware, "--board", arguments.board, "--accuracy",
            arguments.accuracy, "--uart", f"{arguments.uart}=tcp:{port}", *arguments.options],
            stdin=subprocess.DEVNULL)
        self.line = self.connect(port)
        self.line.settimeout(arguments.timeout)
        self.text = b""

    def connect(self, port):
        for _ in range(200):
            try:
                return socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    sys.exit("mote ended before the client could connect")
                time.sleep(0.05)
        sys.exit("nobody listens on the port")

    def until_ready(self):
        while b"m-ready" not in self.text:
            data = self.line.recv(4096)
            if not data:
                sys.exit(f"the line was closed after {self.text!r}")
            self.text += data
        reply, self.text = self.text.split(b"m-ready", 1)
        return reply.decode("latin-1")

    def ask(self, command):
        self.line.sendall(command.encode() + b"%")
        return self.until_ready()

    def close(self):
        self.process.terminate()
        self.process.wait()


def load(board, data):
    board.ask(f"db load {len(data)}")
    for i in range(0, len(data), CHUNK):
        board.ask("db " + data[i:i + CHUNK].hex())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("firmware")
    parser.add_argument("--board", required=True)
    parser.add_argument("--uart", default="lpuart1")
    parser.add_argument("--input", help="raw bytes of one sample; without it the input stays as it is")
    parser.add_argument("--infer", type=int, default=10)
    parser.add_argument("--accuracy", default="fast")
    parser.add_argument("--timeout", type=float, default=600, help="seconds to wait for a reply")
    parser.add_argument("--options", nargs=argparse.REMAINDER, default=[], help="further options of mote run")
    arguments = parser.parse_args()
    board = Board(arguments)
    try:
        board.until_ready()
        print(re.findall(r"m-name-dut-\[(.*?)\]", board.ask("name")))
        if arguments.input:
            with open(arguments.input, "rb") as file:
                load(board, file.read())
        reply = board.ask(f"infer {arguments.infer} 0")
        laps = [int(us) for us in re.findall(r"m-lap-us-(\d+)", reply)]
        print(re.findall(r"m-results-\[(.*?)\]", reply))
        print(f"{(laps[-1] - laps[0]) / arguments.infer:.1f} us per inference")
    finally:
        board.close()


if __name__ == "__main__":
    main()
