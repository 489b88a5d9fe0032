// Segments of a file that are mapped, read and dropped, and others that are unmapped before.
//
// expects: strong
// targets: live,hold
package forgotten_mappings

import (
	"os"
	"syscall"
)

const segmentBytes = 256 << 10

type segment struct{ data []byte }

var total int

func open(f *os.File) *segment {
	data, err := syscall.Mmap(int(f.Fd()), 0, segmentBytes, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return &segment{data}
}

func (s *segment) sum() (sum int) {
	for _, b := range s.data {
		sum += int(b)
	}
	return sum
}

func (s *segment) close(unmaps bool) {
	if unmaps {
		syscall.Munmap(s.data)
	}
	s.data = nil
}

func read(times int, unmaps bool) {
	f, err := os.CreateTemp("", "segment")
	if err != nil {
		panic(err)
	}
	os.Remove(f.Name())
	f.Write(make([]byte, segmentBytes))
	for i := 0; i < times; i++ {
		s := open(f)
		total += s.sum()
		s.close(unmaps)
	}
	f.Close()
}

func Fault() { read(150, false) }

func Twin() { read(150, true) }
