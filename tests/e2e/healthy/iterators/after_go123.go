//go:build go1.23

package main

import (
	"iter"
	"time"
)

// read turns a page now and then, and closes the book at the end.
func read(b *book) {
	for {
		next, stop := iter.Pull(iter.Seq[*page](b.all))
		for one, more := next(); more; one, more = next() {
			one.text[0]++
			time.Sleep(20 * time.Millisecond)
		}
		stop()
	}
}
