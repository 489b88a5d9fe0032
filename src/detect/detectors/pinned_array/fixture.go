// Words that were cut out of large texts, and the same words copied.
//
// expects: proven
package pinned_array

import "strings"

type entry struct {
	word string
	next *entry
}

var entries []*entry

func text(i int) string {
	return strings.Repeat(string(rune('a'+i%26)), 64<<10)
}

func Fault() {
	for i := 0; i < 500; i++ {
		entries = append(entries, &entry{word: text(i)[100:110]})
	}
}

func Twin() {
	for i := 0; i < 500; i++ {
		entries = append(entries, &entry{word: string([]byte(text(i)[100:110]))})
	}
}
