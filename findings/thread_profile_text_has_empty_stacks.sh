#!/bin/sh
# Finding: the text form of Go 1.19's thread profile is refused by go tool pprof, and that of Go 1.26 and 1.27 has no places.
#
# A thread that the runtime starts itself has no stack. Go 1.19.13 writes "N @" for such, with nothing behind it (debug=1,
# as `threadcreate?debug=1` of net/http/pprof); the pprof of Go 1.26.11 calls that a malformed profile. Go 1.26.11 and
# 1.27.4 write a stack of 32 zeros instead, of which pprof makes one place that has the name of the program.
#
# Seen on 2026-12-01:
#   go1.19.13 0 places, refused   go1.26.11 32 places, read   go1.27.4 32 places, read
#
# Needs Go 1.21 or later, which fetches the other toolchains; builds in a temporary folder; fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"os"
	"runtime/pprof"
)

func main() {
	pprof.Lookup("threadcreate").WriteTo(os.Stdout, 1)
}
GO
printf 'module example.com/threads\n\ngo 1.19\n' >go.mod
changed=0
for wanted in 'go1.19.13 0 places, refused' 'go1.26.11 32 places, read' 'go1.27.4 32 places, read'; do
  release=${wanted%% *}
  GOTOOLCHAIN=$release go build -o program . 2>build.log || { cat build.log >&2; exit 1; }
  ./program >threads
  places=$(sed -n 2p threads | grep -o ' 0x0' | wc -l)
  read=$(GOTOOLCHAIN=go1.26.11 go tool pprof -top program threads >/dev/null 2>&1 && echo read || echo refused)
  seen="$release $places places, $read"
  echo "$seen"
  [ "$seen" = "$wanted" ] || { echo "changed: expected $wanted" >&2; changed=1; }
done
exit $changed
