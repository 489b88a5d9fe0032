// Writes a heap profile of itself after each of six rounds into the folder that it is given, 0.pb.gz to 5.pb.gz and, as
// text, 0.txt to 5.txt. In each
// round it keeps more at one line (leak), fills a cache at another, which is full after two rounds, and allocates at a
// third what is soon garbage. What it keeps after the first round and after the last it prints: "leak FIRST LAST".
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"
)

const (
	rounds    = 6
	perRound  = 4096
	pieceSize = 4096
)

var (
	leaked [][]byte
	cache  = map[int]*bytes.Buffer{}
	sink   []byte
)

//go:noinline
func leak() {
	leaked = append(leaked, make([]byte, pieceSize)) // LEAK
}

//go:noinline
func remember(key int) *bytes.Buffer {
	if known := cache[key]; known != nil {
		return known
	}
	fresh := &bytes.Buffer{}
	fresh.Grow(pieceSize) // CACHE, in bytes
	cache[key] = fresh
	return fresh
}

//go:noinline
func churn() {
	sink = make([]byte, 1024+len(leaked)%2) // CHURN
}

func work(round int) {
	for i := 0; i < perRound; i++ {
		leak()
		remember((round*perRound + i) % (2 * perRound))
		churn()
	}
}

func writeProfile(path string, debug int) {
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.Lookup("heap").WriteTo(file, debug); err != nil {
		panic(err)
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: profile_ladder FOLDER")
		os.Exit(2)
	}
	for round := 0; round < rounds; round++ {
		work(round)
		runtime.GC()
		writeProfile(filepath.Join(os.Args[1], strconv.Itoa(round)+".pb.gz"), 0)
		writeProfile(filepath.Join(os.Args[1], strconv.Itoa(round)+".txt"), 1)
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Println("leak", perRound*pieceSize, rounds*perRound*pieceSize)
	runtime.KeepAlive(leaked)
	runtime.KeepAlive(cache)
}
