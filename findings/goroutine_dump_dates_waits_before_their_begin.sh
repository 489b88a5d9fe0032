#!/bin/sh
# Finding: a dump of goroutines may say "1 minutes" of a wait that began a tenth of a second ago.
#
# Go 1.27.4, runtime.Stack (linux/amd64): the minutes behind the wait reason count from a time that the runtime takes down
# when a collection first sees a goroutine wait. The time that it takes down then is that of the collection before. So a
# goroutine that has just begun to wait when the first collection for 70 seconds runs is told as waiting for a minute, and
# in a program that rests, where collections are two minutes apart, any young wait may be told as two minutes old. Who
# takes dumps to find what has waited for long finds these as well.
#
# Seen on 2026-11-30:
#   waits for 0 s; the dump says: chan receive, 1 minutes
#
# Installs that Go in a temporary folder, builds a program of thirty lines with it, runs it, and fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOMODCACHE="$folder/modules"
cat >go.mod <<'MOD'
module example.com/waits

go 1.21
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

func wait(ends chan int) { <-ends }

func main() {
	runtime.GC()
	time.Sleep(70 * time.Second)
	began := time.Now()
	go wait(make(chan int))
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	text := make([]byte, 1<<16)
	text = text[:runtime.Stack(text, true)]
	for _, goroutine := range strings.Split(string(text), "\n\n") {
		if strings.Contains(goroutine, "main.wait") {
			state := goroutine[strings.Index(goroutine, "[")+1 : strings.Index(goroutine, "]")]
			fmt.Printf("waits for %d s; the dump says: %s\n", int(time.Since(began).Seconds()), state)
		}
	}
}
GO
GOTOOLCHAIN=go1.27.4 go build -o waits .
GOGC=off ./waits | tee seen
grep -qx "waits for 0 s; the dump says: chan receive, 1 minutes" seen || {
  echo "the finding does not hold any more" >&2
  exit 1
}
