#!/bin/sh
# Finding: GODEBUG=memprofilerate=N, documented in package runtime, has no effect on programs built with Go 1.19.
#
# A program that prints runtime.MemProfileRate and reads its heap profile says 524288, the default, whatever the variable
# says, with Go 1.19.13; with 1.20.14 to 1.27.4 it says what the variable does. Whoever wants every object of an older
# program recorded has to change the program.
#
# Seen on 2026-12-01:
#   go1.19.13 524288   go1.20.14 4096   go1.21.13 4096   go1.22.12 4096   go1.27.4 4096
#
# Needs Go 1.21 or later, which fetches the other toolchains; builds in a temporary folder; fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
)

func main() {
	pprof.Lookup("heap").WriteTo(io.Discard, 0)
	fmt.Println(runtime.Version(), runtime.MemProfileRate)
}
GO
printf 'module example.com/rate\n\ngo 1.19\n' >go.mod
changed=0
for wanted in 'go1.19.13 524288' 'go1.20.14 4096' 'go1.21.13 4096' 'go1.22.12 4096' 'go1.27.4 4096'; do
  GOTOOLCHAIN=${wanted% *} go build -o program . 2>build.log || { cat build.log >&2; exit 1; }
  seen=$(GODEBUG=memprofilerate=4096 ./program)
  echo "$seen"
  [ "$seen" = "$wanted" ] || { echo "changed: expected $wanted" >&2; changed=1; }
done
exit $changed
