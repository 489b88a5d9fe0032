#!/bin/sh
# Finding: whether a logrus writer that was dropped leaks its goroutine depends on the release of Go that built the program.
#
# logrus v1.9.3: Logger.Writer starts a goroutine that reads from an io.Pipe, and sets a finalizer on the writing end that
# closes it. Up to Go 1.21 both ends refer to a third object, so that the dropped writer is collected, and the goroutine
# ends. From Go 1.22 on the reading end lies inside of the writing one: the goroutine that reads keeps the writer, whose
# finalizer never runs. Who judges a leak by a library's version alone must ask for the release of Go as well.
#
# Seen on 2026-11-30, of 100 writers that were dropped, after ten collections:
#   go1.21.13: goroutines left: 0
#   go1.24.12: goroutines left: 100
#
# Fetches logrus and both toolchains with the Go command in a temporary folder, and fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOMODCACHE="$folder/modules" GOFLAGS=-modcacherw
mkdir program
cat >program/main.go <<'GO'
package main

import (
	"io"
	"runtime"
	"time"

	"github.com/sirupsen/logrus"
)

func main() {
	log := logrus.New()
	log.SetOutput(io.Discard)
	before := runtime.NumGoroutine()
	for i := 0; i < 100; i++ {
		log.Writer()
	}
	for i := 0; i < 10; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	println(runtime.Version()+": goroutines left:", runtime.NumGoroutine()-before)
}
GO
printf 'module example.com/program\n\ngo 1.21\n\nrequire github.com/sirupsen/logrus v1.9.3\n' >program/go.mod
for release in 1.21.13 1.24.12; do
	module=golang.org/toolchain@v0.0.1-go$release.linux-amd64
	GOTOOLCHAIN=local go mod download "$module"
	chmod +x "$GOMODCACHE/$module/bin/go" "$GOMODCACHE/$module"/pkg/tool/linux_amd64/*
	(
		cd program
		export GOROOT="$GOMODCACHE/$module" GOTOOLCHAIN=local
		"$GOROOT/bin/go" mod tidy 2>/dev/null
		"$GOROOT/bin/go" run . 2>&1
	)
done | tee seen
printf 'go1.21.13: goroutines left: 0\ngo1.24.12: goroutines left: 100\n' | cmp - seen
