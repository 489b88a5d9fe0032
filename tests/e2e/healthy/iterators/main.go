// iterators walks over what it has with functions that call back, and from Go 1.23 on with iterators that are pulled: the
// one that makes the values waits until it is asked for the next.
package main

import (
	"fmt"
	"time"

	"holdfast.test/healthy/load"
)

type page struct {
	number int
	text   [2000]byte
}

type book struct{ pages []*page }

func (b *book) all(visit func(*page) bool) {
	for _, one := range b.pages {
		if !visit(one) {
			return
		}
	}
}

func main() {
	books := map[string]*book{}
	for i := 0; i < 50; i++ {
		one := &book{}
		for n := 0; n < 200; n++ {
			one.pages = append(one.pages, &page{number: n})
		}
		books[fmt.Sprint("book ", i)] = one
	}
	for _, one := range books {
		go read(one)
	}
	go load.Forever(5*time.Millisecond, func(int) {
		for _, one := range books {
			one.all(func(p *page) bool { return p.number < 100 })
		}
	})
	load.Look()
}
