// Names that were cut out of lines of a few hundred bytes, as keys of a map; and the same where the lines are kept as
// well, or are not much longer than the names.
//
// expects: proven
package pinned_array_lines

import (
	"fmt"
	"strings"
)

var known = map[string]bool{}
var lines []string
var names [][]byte

func line(i int) string {
	return fmt.Sprintf("S%07d;%s", i, strings.Repeat("description ", 40))
}

func Fault() {
	for i := 0; i < 20000; i++ {
		name, _, _ := strings.Cut(line(i), ";")
		known[name] = true
	}
}

func Twin() {
	for i := 0; i < 20000; i++ {
		whole := line(i)
		name, _, _ := strings.Cut(whole, ";")
		known[name] = true
		lines = append(lines, whole)
		names = append(names, []byte(whole[:200])[:8])
	}
}
