// mapped: memory that Go objects and variables point at, but that is not Go's: a file mapped into a cache, and plain
// memory for a machine of another kind, whose address is kept as a number.
package main

import (
	"os"
	"syscall"
	"unsafe"

	"holdfast.test/programs/truth"
)

type cache struct {
	name  string
	pages []byte
}

type machine struct {
	id     int
	memory uintptr
	size   int
	stack  *int
}

var (
	caches  = map[string]*cache{}
	current *machine
)

const fileBytes, plainBytes = 24 << 20, 40 << 20

func main() {
	file, err := os.CreateTemp("", "holdfast-mapped-")
	if err != nil {
		panic(err)
	}
	os.Remove(file.Name())
	if err := file.Truncate(fileBytes); err != nil {
		panic(err)
	}
	pages, err := syscall.Mmap(int(file.Fd()), 0, fileBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	plain, err := syscall.Mmap(-1, 0, plainBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < fileBytes; i += 4096 {
		pages[i] = 1
	}
	for i := 0; i < plainBytes; i += 4096 {
		plain[i] = 1
	}
	caches["pages"] = &cache{"pages", pages}
	current = &machine{1, uintptr(unsafe.Pointer(&plain[0])), plainBytes, new(int)}
	truth.Fact("mapped_file_bytes", fileBytes)
	truth.Fact("mapped_plain_bytes", plainBytes)
	truth.Ready()
}
