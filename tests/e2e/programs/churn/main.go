// churn allocates without rest, of many sizes, and drops all of it soon: whoever stops it meets threads in the middle of
// giving spans back, of sweeping, of making large objects and maps. Ends when its input ends.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

type tree struct {
	left, right *tree
	data        []byte
}

type wide struct{ words [40]uint64 }

var (
	trees  [8][1 << 11]*tree
	large  [8][]byte
	shared [3]any
)

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{data: make([]byte, 64)}
	}
	return &tree{grow(depth - 1), grow(depth - 1), make([]byte, 16)}
}

func plant(row int) {
	for i := 0; ; i++ {
		trees[row][i%len(trees[row])] = grow(3)
		if i%256 == 0 {
			large[(i/256+row)%len(large)] = make([]byte, 40<<10+i%5<<13)
		}
	}
}

func fill() {
	for {
		byName, byValue := map[string]*tree{}, map[wide]wide{}
		shared[0], shared[1] = byName, byValue
		for i := 0; i < 10000; i++ {
			byName[fmt.Sprint("key ", i%7000)] = &tree{}
			byValue[wide{words: [40]uint64{uint64(i % 1000)}}] = wide{}
			if i%3 == 0 {
				delete(byName, fmt.Sprint("key ", i/2))
			}
		}
		shared[2] = make([]*tree, 20000)
	}
}

func main() {
	debug.SetGCPercent(200) // more time to allocate than to mark
	for row := range trees {
		go plant(row)
	}
	go fill()
	fmt.Printf(`{"ready":true,"pid":%d,"go_version":%q}`+"\n", os.Getpid(), runtime.Version())
	var b [1]byte
	os.Stdin.Read(b[:])
}
