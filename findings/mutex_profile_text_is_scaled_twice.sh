#!/bin/sh
# Finding: of the text form of a mutex profile, go tool pprof shows as many times too much as one in how many was sampled.
#
# With runtime.SetMutexProfileFraction(N), Go 1.20.14 to 1.27.4 writes the text form (debug=1, as `?debug=1` of
# net/http/pprof) with counts that are multiplied by N already, and writes "sampling period=N" above them all the same.
# go tool pprof of Go 1.26.11 takes the period for work that is still to be done, and multiplies once more. The protobuf
# form (debug=0) of the same profile is right. Go 1.19.13 writes counts as they were sampled: there both forms agree.
#
# Seen on 2026-12-01, one profile in both forms, N = 10, contentions of the text by those of protobuf:
#   go1.19.13 1   go1.20.14 10   go1.27.4 10
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
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

func main() {
	runtime.SetMutexProfileFraction(10)
	var mutex sync.Mutex
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 500; i++ {
				mutex.Lock()
				time.Sleep(50 * time.Microsecond)
				mutex.Unlock()
			}
		}()
	}
	all.Wait()
	for debug, name := range []string{"protobuf", "text"} {
		file, _ := os.Create(name)
		pprof.Lookup("mutex").WriteTo(file, debug)
		file.Close()
	}
}
GO
printf 'module example.com/mutex\n\ngo 1.19\n' >go.mod
contentions() {
  GOTOOLCHAIN=go1.26.11 go tool pprof -sample_index=contentions -top program "$1" 2>/dev/null | sed -n 's/.* of \([0-9]*\) total.*/\1/p'
}
changed=0
for wanted in 'go1.19.13 1' 'go1.20.14 10' 'go1.27.4 10'; do
  GOTOOLCHAIN=${wanted% *} go build -o program . 2>build.log || { cat build.log >&2; exit 1; }
  ./program
  seen="${wanted% *} $(($(contentions text) / $(contentions protobuf)))"
  echo "$seen"
  [ "$seen" = "$wanted" ] || { echo "changed: expected $wanted" >&2; changed=1; }
done
exit $changed
