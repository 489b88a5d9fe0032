// malloc: a C library that keeps memory: in the main heap, in the arenas of threads, and in large blocks of their own;
// some of it freed again. Its sums are what mallinfo2 says.
package main

/*
#cgo LDFLAGS: -lpthread
#include <stdint.h>
void keep(int blocks, int arenas, int large);
struct sums { uint64_t heaps, used, spare, large, large_bytes; };
struct sums ask(void);
*/
import "C"

import (
	"time"

	"holdfast.test/programs/truth"
)

func main() {
	C.keep(20000, 3, 4)
	time.Sleep(100 * time.Millisecond)
	sums := C.ask()
	truth.Fact("malloc_heap_bytes", uint64(sums.heaps))
	truth.Fact("malloc_used_bytes", uint64(sums.used+sums.large_bytes))
	truth.Fact("malloc_free_bytes", uint64(sums.spare))
	truth.Fact("malloc_large_blocks", uint64(sums.large))
	truth.Fact("malloc_large_bytes", uint64(sums.large_bytes))
	truth.Fact("malloc_blocks_at_least", 20000/2+3*1000/2+4)
	truth.Fact("malloc_arenas_at_least", 4)
	truth.Ready()
}
