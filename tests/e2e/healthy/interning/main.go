// interning keeps one copy of each of the words that it meets, of which there are only so many.
package main

import (
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type words struct {
	mu sync.RWMutex
	of map[string]string
}

func (w *words) one(text string) string {
	w.mu.RLock()
	found, ok := w.of[text]
	w.mu.RUnlock()
	if ok {
		return found
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	text = strings.Clone(text)
	w.of[text] = text
	return text
}

var known = &words{of: map[string]string{}}

func main() {
	lines := make([]string, 20000)
	next := func(round int) {
		text := fmt.Sprintf("host-%d service-%d zone-%d", rand.Intn(20000), rand.Intn(5000), rand.Intn(100))
		fields := strings.Fields(text)
		for i, field := range fields {
			fields[i] = known.one(field)
		}
		lines[round%len(lines)] = fields[0]
		unique(round, fields)
	}
	for i := 0; i < 60000; i++ {
		next(i)
	}
	go load.Forever(time.Millisecond, next)
	load.Look()
}
