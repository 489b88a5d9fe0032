#!/bin/sh
# Finding: gcore writes memory that a Go program has only reserved as readable zeros, a hundred times the program's size.
#
# gcore of gdb 13.1 (Debian 12) on an idle program of Go 1.26.8 (linux/amd64): /proc/PID/maps has regions without any
# permission (---p), with which the Go runtime reserves addresses for its arenas and page tables. In the core each of them
# is a PT_LOAD with PF_R set and all of its bytes in the file: over 500 MiB, of which nothing is set, for a process with
# less than 16 MiB resident. So who sums up segments, or takes PF_R for "was readable", counts memory that never was, and
# whoever reads a core whole reads it, too. The core is not sparse: holes have to be dug (fallocate --dig-holes).
#
# Seen on 2026-11-29:
#   resident: under 16 MiB; regions without permission that the core has as readable zeros: over 500 MiB
#   stored by the file system: over 500 MiB
#
# Fetches the toolchain with the Go command in a temporary folder, and fails if this changes. Needs gdb and python3.
set -eu
folder=$(mktemp -d)
program=
trap '[ -z "$program" ] || kill "$program"; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOMODCACHE="$folder/modules" GOFLAGS=-modcacherw
release=1.26.8
module=golang.org/toolchain@v0.0.1-go$release.linux-amd64
GOTOOLCHAIN=local go mod download "$module"
chmod +x "$GOMODCACHE/$module/bin/go" "$GOMODCACHE/$module"/pkg/tool/linux_amd64/*
mkdir source
cat >source/main.go <<'GO'
package main

import "time"

func main() { time.Sleep(time.Hour) }
GO
printf 'module example.com/program\n\ngo 1.19\n' >source/go.mod
(cd source && GOROOT="$GOMODCACHE/$module" GOTOOLCHAIN=local "$GOMODCACHE/$module/bin/go" build -o ../program .)
./program &
program=$!
sleep 1
cp "/proc/$program/maps" maps
grep VmRSS "/proc/$program/status" >rss
gcore -o core "$program" >gdb.log 2>&1
mv "core.$program" core
python3 - <<'PY'
import os
import struct

with open("core", "rb") as file:
    data = file.read()
at, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
headers = [struct.unpack_from("<IIQQQQQQ", data, at + 56 * i) for i in range(count)]
loads = [h for h in headers if h[0] == 1]
reserved = zeros = 0
for line in open("maps"):
    words = line.split()
    begin, end = (int(x, 16) for x in words[0].split("-"))
    if words[1] != "---p" or len(words) > 5:
        continue
    for _, flags, offset, address, _, size, _, _ in loads:
        if address == begin and flags & 4:
            reserved += size
            zeros += size if data.count(0, offset, offset + size) == size else 0
resident = int(open("rss").read().split()[1]) << 10
big = 500 << 20
lines = [f"resident: {'under 16 MiB' if resident < 16 << 20 else resident}; regions without permission that the core has as "
         f"readable zeros: {'over 500 MiB' if reserved == zeros > big else (reserved, zeros)}",
         f"stored by the file system: {'over 500 MiB' if os.stat('core').st_blocks * 512 > big else os.stat('core').st_blocks * 512}"]
print("\n".join(lines))
expected = ["resident: under 16 MiB; regions without permission that the core has as readable zeros: over 500 MiB",
            "stored by the file system: over 500 MiB"]
raise SystemExit(lines != expected)
PY
