// Package early sets the rate of the memory profile before the other packages of the program allocate anything.
package early

import "runtime"

// Rate is the bytes for each of which the profile takes a sample.
const Rate = 4096

var garbage []byte

func init() {
	runtime.GOMAXPROCS(1)
	runtime.MemProfileRate = Rate
	// Up to Go 1.23 a processor notices a new rate after 512 KiB or so, more by chance. Ten times that is enough.
	for i := 0; i < 5000; i++ {
		garbage = make([]byte, 1024)
	}
	garbage = nil
}
