#!/bin/sh
# Finding: the notes of a core file that Delve writes have no owner, and no note lists the mapped files.
#
# Delve 1.27.0, `dump` on an attached Go process (linux/amd64): prpsinfo, auxv, prstatus and xstate have an owner name of
# length 0, where the kernel and gdb write "CORE" and "LINUX"; NT_FILE is missing, and prpsinfo names the program as
# /proc/PID/exe, so after the process is gone nothing in the file says which program it is of. A reader that looks for
# "CORE" finds no threads in it.
#
# Seen on 2026-11-29:
#   notes: 'Delve Header' type 0x444c5645; '' types 0x1 0x3 0x6 0x202
#   NT_FILE: no; program: /proc/PID/exe
#
# Installs Delve with `go install` in a temporary folder, runs it on a program of ten lines, and fails if this changes.
set -eu
folder=$(mktemp -d)
target=
trap '[ -z "$target" ] || kill "$target" 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOBIN="$folder/bin" GOFLAGS=-mod=mod
go install github.com/go-delve/delve/cmd/dlv@v1.27.0
mkdir sleeper
cat >sleeper/main.go <<'GO'
package main

import "time"

func main() {
	time.Sleep(time.Minute)
}
GO
(cd sleeper && go mod init example.com/sleeper 2>/dev/null && go build -o ../sleep .)
./sleep &
target=$!
sleep 1
printf 'dump %s/core\nexit\n' "$folder" >commands
echo n | bin/dlv attach "$target" --init commands --allow-non-terminal-interactive >/dev/null 2>&1
python3 - core "$target" <<'PY'
import struct
import sys

NT_FILE, NT_PRPSINFO = 0x46494C45, 3
with open(sys.argv[1], "rb") as core:
    head = core.read(64)
    at, count = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<H", head, 56)[0]
    core.seek(at)
    table = core.read(56 * count)
    notes = []
    for i in range(count):
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", table, 56 * i)
        if kind != 4:
            continue
        core.seek(offset)
        data, place = core.read(size), 0
        while place < size:
            owner, length, kind = struct.unpack_from("<III", data, place)
            begin = place + 12 + (owner + 3) // 4 * 4
            notes.append((data[place + 12:place + 12 + owner].decode(), kind, data[begin:begin + length]))
            place = begin + (length + 3) // 4 * 4
owners = {}
for owner, kind, _ in notes:
    owners.setdefault(owner, set()).add(kind)
print("notes:", "; ".join(f"{owner!r} types " + " ".join(hex(k) for k in sorted(kinds)) for owner, kinds in owners.items()))
info = next(data for _, kind, data in notes if kind == NT_PRPSINFO)
program = info[56:136].split(b"\0")[0].decode()
print("NT_FILE:", "yes" if any(kind == NT_FILE for _, kind, _ in notes) else "no", "program:", program)
wanted = {"Delve Header": {0x444C5645}, "": {0x1, 0x3, 0x6, 0x202}}
if owners != wanted or program != f"/proc/{sys.argv[2]}/exe":
    sys.exit(f"changed: expected {wanted}")
PY
