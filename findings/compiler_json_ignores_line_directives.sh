#!/bin/sh
# Finding: the Go compiler's -json names the file that it read, its -m the one that a //line directive names.
#
# Both say in one build what the compiler decided. For generated code, -m=2 has the place in the grammar or template, as
# the function table of the program and every profile have it; -json has the place in the generated file. Whoever joins
# what -json says with profiles by file and line finds nothing for generated code.
#
# Seen on 2026-12-01, go1.19.13 and go1.27.4:
#   -m=2 grammar.y:10   -json gen.go line 6
#
# Needs Go 1.21 or later, which fetches the other toolchains; builds in a temporary folder; fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >gen.go <<'GO'
package main

var kept []*int

//line grammar.y:10
func keep(n int) {
	kept = append(kept, &n)
}

func main() {
	keep(len(kept))
}
GO
printf 'module example.com/m\n\ngo 1.19\n' >go.mod
changed=0
for release in go1.19.13 go1.27.4; do
  rm -rf json
  GOTOOLCHAIN=$release go build -a -gcflags="-m=2 -json=0,$folder/json" -o program . 2>said || { cat said >&2; exit 1; }
  text=$(grep -oE '[a-z]+\.[a-z]+:[0-9]+(:[0-9]+)?: moved to heap: n$' said | cut -d: -f1,2 | head -n 1)
  json=$(grep -rh '"n escapes to heap"' json | grep -o '"line":[0-9]*' | head -n 1 | cut -d: -f2)
  file=$(grep -rhl '"n escapes to heap"' json | xargs head -n 1 | grep -o '"file":"[^"]*"' | sed 's|.*/||; s|"||g')
  echo "$release: -m=2 $text, -json $file line $json"
  [ "$text" = grammar.y:10 ] && [ "$file" = gen.go ] && [ "$json" = 6 ] ||
    { echo "changed: expected grammar.y:10 and gen.go line 6" >&2; changed=1; }
done
exit $changed
