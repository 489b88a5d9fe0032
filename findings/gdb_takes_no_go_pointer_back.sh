#!/bin/sh
# Finding: in the language that gdb itself chooses for a Go program, it does not take back the pointers that it prints.
#
# gdb 13.1 (Debian 12) on a program of Go 1.26.8 with debug information (linux/amd64): the language is "go", and a variable
# of type *session is printed as "(main.session *) 0x...". That text is no expression there: without quotes there is "No
# symbol "main"", with the name in quotes a syntax error at the closing bracket; a cast in Go's own spelling ends at "Cannot
# look up value of a typedef". After `set language c` the spelling with quotes works. So a command that takes somebody to an
# object of a Go program in gdb has to change the language first.
#
# Seen on 2026-11-30:
#   language: go; printed: (main.session *) 0x...
#   *(main.session *)0x...      No symbol "main" in current context.
#   *('main.session' *)0x...    A syntax error in expression, near `)0x...'.
#   *(*'main.session')(0x...)   Cannot look up value of a typedef `main.session'.
#   after `set language c`, the second: {id = 7, size = 48}
#
# Fetches the toolchain with the Go command in a temporary folder, and fails if this changes. Needs gdb.
set -eu
folder=$(mktemp -d)
program=
trap '[ -z "$program" ] || kill "$program"; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOMODCACHE="$folder/modules" GOFLAGS=-modcacherw
release=1.26.8
module=golang.org/toolchain@v0.0.1-go$release.linux-amd64
GOTOOLCHAIN=local go mod download "$module"
chmod +x "$GOMODCACHE/$module/bin/go" "$GOMODCACHE/$module"/pkg/tool/linux_amd64/*
mkdir source
cat >source/main.go <<'GO'
package main

import "time"

type session struct{ id, size int }

var current = &session{7, 48}

func main() {
	time.Sleep(time.Hour)
	println(current.id)
}
GO
printf 'module example.com/program\n\ngo 1.19\n' >source/go.mod
(cd source && GOROOT="$GOMODCACHE/$module" GOTOOLCHAIN=local "$GOMODCACHE/$module/bin/go" build -o ../program .)
./program &
program=$!
sleep 1
ask() { gdb -nx -batch -p "$program" "$@" 2>&1; }
printed=$(ask -ex 'set language go' -ex "print 'main.current'" | grep '^\$1')
address=${printed##* }
gdb --version | head -n 1
ask -ex 'show language' | grep 'language is'
echo "printed: $printed"
fails() { # WORDS EXPRESSION
  answer=$(ask -ex 'set language go' -ex "print $2" | grep -e "$1" || true)
  echo "print $2: ${answer:-took it}"
  [ -n "$answer" ]
}
case $printed in *"(main.session *) 0x"*) ;; *) exit 1 ;; esac
fails 'No symbol "main"' "*(main.session *)$address"
fails 'syntax error in expression' "*('main.session' *)$address"
fails 'Cannot look up value of a typedef' "*(*'main.session')($address)"
answer=$(ask -ex 'set language c' -ex "print *('main.session' *)$address" | grep '^\$1')
echo "in C: $answer"
[ "$answer" = '$1 = {id = 7, size = 48}' ]
