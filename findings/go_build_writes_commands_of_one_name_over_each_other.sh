#!/bin/sh
# Finding: `go build -o FOLDER ./...` writes two commands of one base name to one file, without a word.
#
# A module with cmd/tool and old/tool has two programs. Built into a folder, as when one wants all of its binaries, only
# one of them is there afterwards; which one is not said, and the exit code is 0. Whoever looks for the machine code of
# the other finds none and may take its allocations for optimised away.
#
# Seen on 2026-12-01, go1.19.13 and go1.27.4: exit code 0, no message, one file for two commands.
#
# Needs Go 1.21 or later, which fetches the other toolchains; builds in a temporary folder; fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p cmd/tool old/tool
printf 'package main\n\nfunc main() { println("new") }\n' >cmd/tool/main.go
printf 'package main\n\nfunc main() { println("old") }\n' >old/tool/main.go
printf 'module example.com/m\n\ngo 1.19\n' >go.mod
changed=0
for release in go1.19.13 go1.27.4; do
  rm -rf bin
  mkdir bin
  code=0
  GOTOOLCHAIN=$release go build -o bin ./... >said 2>&1 || code=$?
  files=$(ls bin)
  echo "$release: exit code $code, $(wc -c <said | tr -d ' ') bytes of messages, files: $files"
  [ "$code" = 0 ] && [ ! -s said ] && [ "$files" = tool ] ||
    { echo "changed: expected exit code 0, no message and one file" >&2; changed=1; }
done
exit $changed
