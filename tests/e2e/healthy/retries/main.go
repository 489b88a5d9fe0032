// retries has goroutines that sleep for long between attempts, recursions that are deep for a moment, and objects that
// know one another in circles.
package main

import (
	"math/rand"
	"time"

	"holdfast.test/healthy/load"
)

type item struct {
	attempts int
	body     [8000]byte
	owner    *list
}

type list struct {
	items []*item
	up    *list
}

func deliver(one *item) {
	for wait := time.Minute; ; wait *= 2 {
		one.attempts++
		time.Sleep(wait)
	}
}

type leaf struct{ left, right *leaf }

func grow(depth int) *leaf {
	if depth == 0 || rand.Intn(40) == 0 {
		return nil
	}
	return &leaf{grow(depth - 1), nil}
}

func depth(at *leaf, path [16]int) int {
	if at == nil {
		time.Sleep(2 * time.Millisecond)
		return path[0]
	}
	path[0]++
	return depth(at.left, path)
}

func main() {
	root := &list{}
	for i := 0; i < 1000; i++ {
		one := &item{owner: &list{up: root}}
		one.owner.items = append(one.owner.items, one)
		root.items = append(root.items, one)
		go deliver(one)
	}
	for i := 0; i < 20; i++ {
		go load.Forever(time.Millisecond, func(int) { depth(grow(2000), [16]int{}) })
	}
	load.Look()
}
