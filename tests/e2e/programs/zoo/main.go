// zoo holds one of nearly everything that the collector treats in a way of its own: goroutines blocked for
// every reason (blocked.go), heap objects of every shape (kinds.go), types that only reflect made (made.go),
// and, by Go release, pins, coroutines, unique and weak handles, cleanups.
package main

import "holdfast.test/programs/truth"

// extras are filled by the files whose build tags fit the release.
var extras []func()

func main() {
	holdKinds()
	holdMadeTypes()
	for _, extra := range extras {
		extra()
	}
	block()
	blockFinalizers()
	settle()
	truth.Ready()
}
