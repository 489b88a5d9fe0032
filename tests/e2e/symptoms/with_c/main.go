// with_c: memory of the C library grows. `with_c NAME` shows one way to that.
package main

/*
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *before;
};

static struct block *volatile last;

static struct block *filled(size_t bytes) {
	return memset(malloc(bytes), 1, bytes);
}

static void leak(size_t bytes) {
	struct block *block = filled(bytes);
	block->before = last;
	last = block;
}

// Every other block is freed again. Nothing around the others can be given back.
static void leave_holes(int blocks, size_t bytes) {
	struct block **all = malloc(blocks * sizeof *all);
	for (int i = 0; i < blocks; i++) all[i] = filled(bytes);
	for (int i = 0; i < blocks; i += 2) free(all[i]);
	free(all);
}
*/
import "C"

import (
	"strings"

	"holdfast.test/symptoms/run"
)

func main() {
	text := strings.Repeat("x", 1000)
	run.Main(map[string]func(){
		"leaked_blocks": func() {
			run.Grow(run.MiB, func(int) { C.leak(run.MiB) })
		},
		"leaked_texts": func() {
			run.Grow(run.MiB, func(int) {
				for i := 0; i < 1000; i++ {
					C.CString(text)
				}
			})
		},
		// The blocks of a round are too large for the holes of the one before.
		"holes": func() {
			run.Grow(run.MiB, func(round int) { C.leave_holes(1024, C.size_t(1024+16*round)) })
		},
	})
}
