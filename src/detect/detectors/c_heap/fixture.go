// C code allocates and does not free, and the same with free. The second argument of the fault is no reference of Go.
//
// expects: possible
package c_heap

// #include <stdlib.h>
// #include <string.h>
// static void take(int count, int size) { for (int i = 0; i < count; ++i) memset(malloc(size), 1, size); }
// static void take_and_free(int count, int size) {
//   for (int i = 0; i < count; ++i) { void* block = malloc(size); memset(block, 1, size); free(block); }
// }
import "C"

func Fault() {
	C.take(4096, 16<<10)
}

func Twin() {
	C.take_and_free(4096, 16<<10)
}
