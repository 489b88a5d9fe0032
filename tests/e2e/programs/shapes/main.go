// shapes: a heap of one shape, of any size. Columns by object, by object with pointers and by reference, and the copy
// itself, each are what takes most memory of whoever looks at one of them.
package main

import (
	"flag"
	"math/rand"
	"os"
	"runtime"
	"strconv"

	"holdfast.test/programs/truth"
)

type node struct {
	next  *node
	value int
}

type crossing struct{ to [16]*crossing }

var kept any

// Each returns a heap of about `size` things.
var shapes = map[string]func(size int) any{
	"slice":     slice,
	"distinct":  distinct,
	"list":      list,
	"maps":      maps,
	"leaves":    leaves,
	"garbage":   garbage,
	"crossings": crossings,
}

// slice is one huge object whose pointers all lead to a few others.
func slice(size int) any {
	few := make([]*node, 1000)
	for i := range few {
		few[i] = new(node)
	}
	all := make([]*node, size)
	for i := range all {
		all[i] = few[i%len(few)]
	}
	return all
}

// distinct is one huge object with a pointer to each of many objects that hold nothing, half of whose pages nobody has
// written to.
func distinct(size int) any {
	all := make([]*node, size)
	for i := range all {
		all[i] = new(node)
	}
	return all
}

func list(size int) any {
	var head *node
	for i := 0; i < size; i++ {
		head = &node{head, i}
	}
	return head
}

func maps(size int) any {
	all := make([]map[string]*node, size)
	for i := range all {
		all[i] = map[string]*node{strconv.Itoa(i): {}, "b": {}}
	}
	return all
}

func leaves(size int) any {
	all := make([][]byte, size)
	for i := range all {
		all[i] = make([]byte, 256)
	}
	return all
}

func garbage(size int) any {
	kept = list(size)
	runtime.GC()
	return new(node)
}

// crossings refer to one another at random.
func crossings(size int) any {
	all := make([]*crossing, size)
	for i := range all {
		all[i] = new(crossing)
	}
	random := rand.New(rand.NewSource(1))
	for _, from := range all {
		for i := range from.to {
			from.to[i] = all[random.Intn(size)]
		}
	}
	return all
}

func main() {
	name := flag.String("shape", "maps", "which")
	size := flag.Int("size", 10000, "how many things")
	flag.Parse()
	shape := shapes[*name]
	if shape == nil {
		os.Exit(2)
	}
	kept = shape(*size)
	truth.Hold("main.kept", "", 0, 0)
	truth.Ready()
}
