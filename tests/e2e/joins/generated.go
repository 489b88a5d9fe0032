package main

var generated [][]byte

// What a generator of parsers writes: the lines are those of its own input.
//
//line grammar/words.y:17
//go:noinline
func keepGenerated(n int) {
	for i := 0; i < n; i++ {
		generated = append(generated, make([]byte, 900))
	}
}
