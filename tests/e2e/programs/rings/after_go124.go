//go:build go1.24

package main

import "runtime"

//go:noinline
func makeCleaned(n int) int {
	for i := 0; i < n; i++ {
		a, b := &cleaned{}, &cleaned{}
		a.next, b.next = b, a
		runtime.AddCleanup(a, func(int) {}, i)
	}
	return n
}
