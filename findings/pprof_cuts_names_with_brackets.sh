#!/bin/sh
# Finding: pprof cuts the parentheses out of names that have brackets, and what is in them.
#
# go tool pprof of Go 1.26.11 and 1.27.4: if the system name of a function equals its name, and the name has one of
# <>[] (as most types of Go have) but not "].", it takes the name for one of C++ that was demangled already, and removes
# what stands in parentheses and in <>. `map[string]func(int) error` becomes `map[string]func error`, and
# `[]interface { Read([]byte) (int, error) }` becomes `[]interface { Read  }`: different types become one row. A system
# name that differs from the name keeps the name as it is.
#
# Seen on 2026-11-30:
#   same:      map[string]func error
#   different: map[string]func(int) error
#
# Writes two profiles by hand, shows them with the pprof of Go 1.26.11, and fails if this changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - <<'PY'
def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def profile(name, system_name):
    texts = ["", "space", "bytes", "app", name, system_name]
    return (field(1, field(1, 1) + field(2, 2)) + field(3, field(1, 1) + field(5, 3) + field(7, 1))
            + field(5, field(1, 1) + field(2, 4) + field(3, 5)) + field(4, field(1, 1) + field(2, 1) + field(4, field(1, 1)))
            + field(2, field(1, b"\x01") + field(2, b"\x64")) + b"".join(field(6, text.encode()) for text in texts))


name = "map[string]func(int) error"
open("same", "wb").write(profile(name, name))
open("different", "wb").write(profile(name, "type:" + name))
PY
row() { GOTOOLCHAIN=go1.26.11 go tool pprof -top "$1" 2>/dev/null | tail -1 | awk '{ $1 = $2 = $3 = $4 = $5 = ""; print }' | sed 's/^ *//'; }
same=$(row same) different=$(row different)
echo "same:      $same"
echo "different: $different"
[ "$same" = "map[string]func error" ] && [ "$different" = "map[string]func(int) error" ]
