// parsing goes through a large text from its beginning to its end, and has the rest of it in a variable: what it has
// behind it stays until it has come to the end.
package main

import (
	"bytes"
	"fmt"
	"time"

	"holdfast.test/healthy/load"
)

func text() []byte {
	var b bytes.Buffer
	for i := 0; i < 300000; i++ {
		fmt.Fprintf(&b, "line %d: of a text that is to be read\n", i)
	}
	return b.Bytes()
}

// parse counts the words of lines, and looks up now and then at what else there is to do.
func parse(rest []byte, found map[string]int) {
	for n := 0; len(rest) > 0; n++ {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		for _, word := range bytes.Fields(line) {
			if len(word) < 5 {
				found[string(word)]++
			}
		}
		// Once most is done, it takes its time.
		if n > 280000 {
			time.Sleep(time.Millisecond)
		}
	}
}

func main() {
	found := map[string]int{}
	go load.Forever(time.Millisecond, func(int) { parse(text(), found) })
	load.Look()
}
