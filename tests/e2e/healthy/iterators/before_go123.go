//go:build !go1.23

package main

import "time"

func read(b *book) {
	for {
		b.all(func(p *page) bool {
			p.text[0]++
			time.Sleep(20 * time.Millisecond)
			return true
		})
	}
}
