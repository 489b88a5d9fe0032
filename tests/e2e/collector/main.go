// Makes work for the collector, in the way that the first argument names; at the end, the runtime's own numbers are a line
// of JSON on standard output. Several collections of each kind happen, and the number of forced ones is known.
package main

import (
	"encoding/json"
	"expvar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

type node struct {
	next *node
	body [1000]byte
}

var (
	kept *node
	sink *node
)

func keep(n int) {
	for i := 0; i < n; i++ {
		kept = &node{next: kept}
	}
}

func waste(n int) {
	for i := 0; i < n; i++ {
		sink = &node{}
	}
}

func tell() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	json.NewEncoder(os.Stdout).Encode(map[string]uint64{"cycles": uint64(stats.NumGC), "forced": uint64(stats.NumForcedGC),
		"pauses": stats.PauseTotalNs, "live": stats.HeapAlloc})
}

// What /debug/vars answers.
func vars() {
	fmt.Print("{")
	first := true
	expvar.Do(func(one expvar.KeyValue) {
		if !first {
			fmt.Print(",")
		}
		first = false
		fmt.Printf("\n%q: %s", one.Key, one.Value)
	})
	fmt.Println("\n}")
}

func write(name string, debug int) {
	file, err := os.Create(filepath.Join(os.Args[2], name))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	pprof.Lookup("heap").WriteTo(file, debug)
}

var ways = map[string]func(){
	// 1 MB more is kept in each round, and forced to be seen.
	"grow": func() {
		for i := 0; i < 12; i++ {
			keep(3000)
			waste(3000)
			time.Sleep(5 * time.Millisecond)
			runtime.GC()
		}
	},
	// Two heap profiles in both forms, written into the folder that the second argument names, with three cycles before each
	// of them and between the last one and the wait for the end of standard input. Nobody else starts one.
	"profiled": func() {
		debug.SetGCPercent(-1)
		for _, name := range []string{"1", "2", ""} {
			for i := 0; i < 3; i++ {
				keep(2000)
				waste(1000)
				runtime.GC()
				time.Sleep(20 * time.Millisecond)
			}
			if name != "" {
				write(name+".txt", 1)
				write(name+".pb.gz", 0)
				time.Sleep(20 * time.Millisecond)
			}
			tell()
		}
		io.Copy(io.Discard, os.Stdin)
	},
	"steady": func() {
		keep(8000)
		for i := 0; i < 200; i++ {
			waste(1500)
		}
	},
	"off": func() {
		debug.SetGCPercent(-1)
		for i := 0; i < 3; i++ {
			keep(2000)
			runtime.GC()
		}
	},
	// There is hardly room for anything beside what is kept.
	"limit": func() {
		keep(30000)
		debug.SetMemoryLimit(36 << 20)
		debug.SetGCPercent(-1)
		for i := 0; i < 100; i++ {
			waste(500)
		}
	},
	"vars": func() {
		for i := 0; i < 4; i++ {
			keep(3000)
			waste(3000)
			runtime.GC()
			vars()
		}
	},
	"heap-text": func() {
		for i := 0; i < 3; i++ {
			keep(1000)
			runtime.GC()
			pprof.Lookup("heap").WriteTo(os.Stdout, 1)
		}
	},
	"leaks": func() {
		for i := 0; i < 10; i++ {
			go func() { <-make(chan int) }()
		}
		time.Sleep(10 * time.Millisecond)
		if profile := pprof.Lookup("goroutineleak"); profile != nil {
			file, _ := os.Open(os.DevNull)
			profile.WriteTo(file, 0)
		}
		runtime.GC()
	},
	"trace": func() {
		file, err := os.Create(os.Args[2])
		if err != nil {
			panic(err)
		}
		trace.Start(file)
		for i := 0; i < 5; i++ {
			keep(2000)
			waste(4000)
			runtime.GC()
		}
		trace.Stop()
		file.Close()
	},
}

func main() {
	if len(os.Args) > 3 {
		runtime.GOMAXPROCS(func() int { n, _ := strconv.Atoi(os.Args[3]); return n }())
	}
	way := ways[os.Args[1]]
	if way == nil {
		fmt.Fprintln(os.Stderr, "no such way")
		os.Exit(3)
	}
	way()
	if os.Args[1] != "vars" && os.Args[1] != "heap-text" {
		tell()
	}
}
