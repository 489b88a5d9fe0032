// Memory is mapped and the address forgotten, and the same with munmap.
//
// expects: possible
package mapped_memory

import (
	"syscall"
	"unsafe"
)

const bytes = 64 << 20

func take() []byte {
	block, err := syscall.Mmap(-1, 0, bytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < bytes; i += 4096 {
		block[i] = 1
	}
	return block
}

// syscall.Mmap keeps a list of its mappings. This does not. What lies around it keeps the kernel from making one mapping
// of it and of the runtime's memory beside it.
func forget() {
	const around = 64 << 10
	address, _, errno := syscall.Syscall6(syscall.SYS_MMAP, 0, bytes+2*around, syscall.PROT_NONE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE, ^uintptr(0), 0)
	if errno != 0 || address == 0 {
		panic(errno)
	}
	address += around
	_, _, errno = syscall.Syscall(syscall.SYS_MPROTECT, address, bytes, syscall.PROT_READ|syscall.PROT_WRITE)
	if errno != 0 {
		panic(errno)
	}
	for i := uintptr(0); i < bytes; i += 4096 {
		*(*byte)(unsafe.Pointer(address + i)) = 1
	}
}

func Fault() {
	forget()
}

func Twin() {
	syscall.Munmap(take())
}
