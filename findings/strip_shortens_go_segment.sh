#!/bin/sh
# Finding: GNU strip changes the size of a segment that a Go 1.19 PIE loads, so program and stripped copy differ there.
#
# GNU strip 2.40 (Debian 12) on a program of Go 1.19.13, built with -buildmode=pie (linux/amd64): the read-only segment of
# the stripped copy is some hundred bytes shorter in file and memory, because strip ends a segment with its last section and
# this linker lets it go on behind that; the segments' addresses and the build id stay. Who compares the program headers of a
# stripped program with those of its unstripped twin must allow for that. A program of Go 1.26.8 keeps its sizes.
#
# Seen on 2026-11-29:
#   go1.19.13: sizes of segments differ: yes; addresses differ: no
#   go1.26.8: sizes of segments differ: no; addresses differ: no
#
# Fetches both toolchains with the Go command in a temporary folder, and fails if this changes. Needs strip and python3.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOMODCACHE="$folder/modules" GOFLAGS=-modcacherw
mkdir program
cat >program/main.go <<'GO'
package main

func main() { println("hello") }
GO
printf 'module example.com/program\n\ngo 1.19\n' >program/go.mod
for release in 1.19.13 1.26.8; do
	module=golang.org/toolchain@v0.0.1-go$release.linux-amd64
	GOTOOLCHAIN=local go mod download "$module"
	chmod +x "$GOMODCACHE/$module/bin/go" "$GOMODCACHE/$module"/pkg/tool/linux_amd64/*
	(cd program && GOROOT="$GOMODCACHE/$module" GOTOOLCHAIN=local "$GOMODCACHE/$module/bin/go" build -buildmode=pie -o "../$release" .)
	strip -o "$release.stripped" "$release"
done
python3 - <<'PY'
import struct


def loads(path):
    with open(path, "rb") as file:
        data = file.read()
    at, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    headers = [struct.unpack_from("<IIQQQQQQ", data, at + 56 * i) for i in range(count)]
    return [(h[3], h[6]) for h in headers if h[0] == 1]  # address and size in memory


lines = []
for release in ("1.19.13", "1.26.8"):
    whole, stripped = loads(release), loads(release + ".stripped")
    words = ["yes" if [x[i] for x in whole] != [x[i] for x in stripped] else "no" for i in (1, 0)]
    lines.append(f"go{release}: sizes of segments differ: {words[0]}; addresses differ: {words[1]}")
print("\n".join(lines))
expected = ["go1.19.13: sizes of segments differ: yes; addresses differ: no", "go1.26.8: sizes of segments differ: no; addresses differ: no"]
raise SystemExit(lines != expected)
PY
