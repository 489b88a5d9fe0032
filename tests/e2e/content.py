#!/usr/bin/env python3
"""Checks that a capture has the content of objects only if that was asked for.

  tests/e2e/content.py HOLDFAST

Builds the program `maps`, whose keys are texts that it makes while it runs and one of its constants, captures it with and
without --with-content, and looks for such a text in every section of the file, unpacked. Then the report of each: keys are
shown only with content, the constant one too.
"""
import ctypes
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import cells
from processes import Fixture

SECRET = b"record 4321"  # a key of main.recByName
CONSTANT = '"front page"'  # the key of main.pictures
HEADER, ENTRY = struct.Struct("<8sIIQQQ"), struct.Struct("<4sIIIIIQQQQ")
PLAIN, PLANES, DELTA_PLANES = range(3)
FRAME = 4 << 20
zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def unpacked(packed, size):
    room = ctypes.create_string_buffer(size)
    got = zstd.ZSTD_decompress(room, size, packed, len(packed))
    if got != size:
        raise ValueError(f"a frame of {len(packed)} bytes gives {got} instead of {size}")
    return room.raw


def rows_of(planes, row_size):
    """Turns planes (all first bytes of the rows, then all second bytes, ...) into rows."""
    count = len(planes) // row_size
    rows = bytearray(len(planes))
    for byte in range(row_size):
        rows[byte::row_size] = planes[byte * count:(byte + 1) * count]
    return bytes(rows)


def sections(path):
    """Returns the name and bytes of each section, reading the file only as docs/hold-format.md describes it."""
    file = path.read_bytes()
    count = HEADER.unpack_from(file)[2]
    for i in range(count):
        name, _, _, encoding, row_size, _, rows, _, offset, _ = ENTRY.unpack_from(file, HEADER.size + i * ENTRY.size)
        in_frame = FRAME // row_size
        frames = -(-rows // in_frame)
        sizes = struct.unpack_from(f"<{frames}I", file, offset)
        at, out = offset + 4 * frames, b""
        for f, size in enumerate(sizes):
            frame = unpacked(file[at:at + size], min(in_frame, rows - f * in_frame) * row_size)
            out += frame if encoding == PLAIN else rows_of(frame, row_size)
            at += size
        yield name.decode(), out


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    holdfast, wrong = pathlib.Path(sys.argv[1]).resolve(), []
    program = cells.build(cells.Cell("1.26", "maps", "stripped"))
    with tempfile.TemporaryDirectory(prefix="holdfast-content-") as folder, Fixture(program) as fixture:
        for options in ([], ["--with-content"]):
            path = pathlib.Path(folder) / f"{len(options)}.hold"
            subprocess.run([holdfast, "capture", str(fixture.pid), "-o", path, *options], check=True,
                           stderr=subprocess.DEVNULL)
            found = [name for name, text in sections(path) if SECRET in text]
            expected = ["CBYT"] if options else []
            if found != expected:
                wrong.append(f"capture {options}: the key is in sections {found}, not {expected}")
            report = json.loads(subprocess.run([holdfast, path, "--json"], check=True, capture_output=True).stdout)
            keys = [step["key"] for holder in report["holders"] for step in holder["chain"] if "key" in step]
            if bool(keys) != bool(options) or (options and CONSTANT not in keys):
                wrong.append(f"capture {options}: the report shows the keys {keys}")
            again = pathlib.Path(folder) / "again.hold"
            subprocess.run([holdfast, "capture", path, "-o", again], check=True, stderr=subprocess.DEVNULL)
            if any(SECRET in text for _, text in sections(again)):
                wrong.append(f"a copy without --with-content of a capture {options} has the key")
    for text in wrong:
        print(f"FAIL {text}")
    print(f"{6 - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
