//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

var (
	zooWeak     []weak.Pointer[node]
	zooStrong   []*node
	zooCleanups []runtime.Cleanup
)

func init() {
	extras = append(extras, func() {
		for i := 0; i < 20; i++ {
			n := newNode(i)
			if i%2 == 0 {
				zooStrong = append(zooStrong, n)
			}
			zooWeak = append(zooWeak, weak.Make(n))
			if i%4 == 0 {
				zooCleanups = append(zooCleanups, runtime.AddCleanup(n, keep, chain(2)))
				zooCleanups = append(zooCleanups, runtime.AddCleanup(n, func(k int) {}, i))
			}
		}
		zooCleanups[0].Stop()
		dropWithCleanup()
	})
}

// Objects that are gone already, whose cleanups run (or queue) at the next collection.
//
//go:noinline
func dropWithCleanup() {
	for i := 0; i < 5; i++ {
		runtime.AddCleanup(newNode(i), keep, chain(1))
	}
}
