#!/bin/sh
# Finding: -tagfocus=4096: of go tool pprof matches nothing where the numbers of a profile have a unit.
#
# Go's heap profiles have the size of objects as a number with the unit "bytes". go tool pprof of Go 1.26.11 takes the
# range for one of numbers that have no unit, says "TagFocus expression matched no samples", and shows an empty profile;
# 4096b: and 4kb: are what matches objects of 8192 bytes.
#
# Seen on 2026-12-01, samples that match:
#   4096: no   4096b: yes   4kb: yes
#
# Needs Go 1.21 or later, which fetches the toolchain; builds in a temporary folder; fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)

var kept [][]byte

func main() {
	runtime.MemProfileRate = 1
	for i := 0; i < 100; i++ {
		kept = append(kept, make([]byte, 8192))
	}
	runtime.GC()
	pprof.Lookup("heap").WriteTo(os.Stdout, 0)
}
GO
printf 'module example.com/tags\n\ngo 1.19\n' >go.mod
export GOTOOLCHAIN=go1.26.11
go build -o program . 2>build.log || { cat build.log >&2; exit 1; }
./program >heap
changed=0
for wanted in '4096: no' '4096b: yes' '4kb: yes'; do
  go tool pprof -sample_index=inuse_space -top "-tagfocus=${wanted% *}" heap >top 2>&1
  seen="${wanted% *} $(grep -q 'matched no samples' top && echo no || echo yes)"
  echo "$seen"
  [ "$seen" = "$wanted" ] || { echo "changed: expected $wanted" >&2; changed=1; }
done
exit $changed
