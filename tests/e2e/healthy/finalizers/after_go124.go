//go:build go1.24

package main

import (
	"runtime"
	"time"
	"weak"

	"holdfast.test/healthy/load"
)

type texture struct {
	number int
	pixels []byte
}

var released = make(chan int, 64)

// cleanups releases what textures stand for when they are gone, and has a cache that does not keep them.
func cleanups() {
	cache := map[int]weak.Pointer[texture]{}
	used := make([]*texture, 500)
	go func() {
		for range released {
		}
	}()
	go load.Forever(time.Millisecond, func(round int) {
		n := round % 1000
		one := cache[n].Value()
		if one == nil {
			one = &texture{n, make([]byte, 4000)}
			runtime.AddCleanup(one, func(number int) { released <- number }, n)
			cache[n] = weak.Make(one)
		}
		used[round%len(used)] = one
	})
}
