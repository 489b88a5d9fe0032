// zero_copy parses documents without a copy: its fields are parts of the documents, of which they need nearly all.
package main

import (
	"fmt"
	"strings"
	"time"

	"holdfast.test/healthy/load"
)

type document struct {
	title  string
	fields map[string]string
	body   []byte
}

func parse(text string) *document {
	d := &document{fields: map[string]string{}}
	head, body, _ := strings.Cut(text, "\n\n")
	for i, line := range strings.Split(head, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		if i == 0 {
			d.title = value
		}
		d.fields[name] = value
	}
	d.body = []byte(body)
	return d
}

func write(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Title: document %d\n", n)
	for i := 0; i < 40; i++ {
		fmt.Fprintf(&b, "Field-%d: %s\n", i, strings.Repeat("value ", 10))
	}
	b.WriteString("\n")
	b.WriteString(strings.Repeat("body ", 100))
	return b.String()
}

func main() {
	documents := make([]*document, 4000)
	for i := range documents {
		documents[i] = parse(write(i))
	}
	go load.Forever(2*time.Millisecond, func(round int) { documents[round%len(documents)] = parse(write(round)) })
	load.Look()
}
