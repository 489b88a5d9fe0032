#!/bin/sh
# Finding: of a loop over a function, the compiler's -m says `moved to heap: #next` without file and line.
#
# All that -m prints has its place in front, but for this line: Go 1.23.12 to 1.27.4 keep in #next how a loop over a
# function is left, as by a return in its body, and the variable that the compiler adds for that has no place. Whoever
# reads the output line by line cannot tell which loop of the package it is, and parsers that want a place lose it.
#
# Seen on 2026-12-01:
#   go1.23.12 moved to heap: #next   go1.27.4 moved to heap: #next
#
# Needs Go 1.21 or later, which fetches the other toolchains; builds in a temporary folder; fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import "iter"

var kept []*int

func numbers(yield func(int) bool) {
	for i := 0; i < 3; i++ {
		if !yield(i) {
			return
		}
	}
}

func walk(numbers iter.Seq[int]) (sum int) {
	for n := range numbers {
		if n == 2 {
			return n
		}
		kept = append(kept, &n)
		sum += n
	}
	return sum
}

func main() {
	println(walk(numbers))
}
GO
printf 'module example.com/m\n\ngo 1.23\n' >go.mod
changed=0
for release in go1.23.12 go1.27.4; do
  GOTOOLCHAIN=$release go build -gcflags=-m -o program . 2>said || { cat said >&2; exit 1; }
  seen=$(grep '#next' said)
  echo "$release $seen"
  [ "$seen" = "moved to heap: #next" ] || { echo "changed: expected moved to heap: #next" >&2; changed=1; }
done
exit $changed
