// spiral: a service whose live heap has come near its memory limit: it collects all the time. It prints the pace that
// it sees itself, by runtime.ReadMemStats, over two seconds, and goes on until its input ends.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

type order struct {
	ID    int
	Lines []string
	Note  []byte
}

var open []*order

func handle(i int) int {
	b, _ := json.Marshal(order{ID: i, Lines: []string{"a", "b", "c"}, Note: make([]byte, 300)})
	var o order
	_ = json.Unmarshal(b, &o)
	return len(o.Lines)
}

func main() {
	const limit = 80 << 20
	debug.SetMemoryLimit(limit)
	for i := 0; i < 33000; i++ {
		open = append(open, &order{ID: i, Lines: []string{fmt.Sprint("line ", i)}, Note: make([]byte, 2048)})
	}
	for w := 0; w < 2; w++ {
		go func() {
			for i := 0; ; i++ {
				handle(i)
			}
		}()
	}
	time.Sleep(time.Second)
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	time.Sleep(2 * time.Second)
	runtime.ReadMemStats(&b)
	line, _ := json.Marshal(map[string]any{"ready": true, "pid": os.Getpid(), "memory_limit": limit, "per_second": float64(b.NumGC-a.NumGC) / 2,
		"share": b.GCCPUFraction, "processors": runtime.GOMAXPROCS(0)})
	fmt.Println(string(line))
	_, _ = os.Stdin.Read(make([]byte, 1))
}
