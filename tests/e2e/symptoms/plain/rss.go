package main

import (
	"os"
	"syscall"

	"holdfast.test/symptoms/run"
)

// RSS grows, and the heap does not: memory that the program maps itself.

func growMappedMemory() {
	run.Grow(2*run.MiB, func(int) {
		run.Touch(run.Must(syscall.Mmap(-1, 0, 2*run.MiB, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)))
	})
}

// A table in a file, of which more and more is read: pages of the page cache.
func growMappedFile() {
	file := run.Must(os.CreateTemp("", "table"))
	run.Check(os.Remove(file.Name()))
	page := make([]byte, 2*run.MiB)
	run.Grow(2*run.MiB, func(round int) {
		run.Must(file.WriteAt(page, int64(round)*2*run.MiB))
		mapped := run.Must(syscall.Mmap(int(file.Fd()), int64(round)*2*run.MiB, 2*run.MiB, syscall.PROT_READ, syscall.MAP_SHARED))
		for i := 0; i < len(mapped); i += 4096 {
			sum += mapped[i]
		}
	})
}

var sum byte

func growSharedMemory() {
	run.Grow(2*run.MiB, func(int) {
		run.Touch(run.Must(syscall.Mmap(-1, 0, 2*run.MiB, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_SHARED)))
	})
}
