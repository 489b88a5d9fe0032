//go:build go1.23

package main

import (
	"iter"
	"unique"
)

type coroutine struct {
	next func() (*node, bool)
	stop func()
}

var (
	zooCoroutines []coroutine
	zooUnique     []unique.Handle[string]
	zooUniqueKeys []unique.Handle[pair[string, int]]
)

func init() {
	extras = append(extras, func() {
		for i := 0; i < 4; i++ {
			next, stop := iter.Pull(func(yield func(*node) bool) {
				p := chain(2)
				for n := newNode(i); yield(n); {
					n = newNode(n.key + 1)
				}
				keep(p)
			})
			if i > 0 {
				next()
			}
			zooCoroutines = append(zooCoroutines, coroutine{next, stop})
		}
		for i := 0; i < 40; i++ {
			zooUnique = append(zooUnique, unique.Make(newNode(i%20).name))
			zooUniqueKeys = append(zooUniqueKeys, unique.Make(pair[string, int]{newNode(i).name, i}))
		}
		for i := 0; i < 4000; i++ { // so many that it matters whether the table of them is known
			zooUniqueKeys = append(zooUniqueKeys, unique.Make(pair[string, int]{"", i}))
		}
		zooUnique = zooUnique[:10] // drops the values of the others
	})
}
