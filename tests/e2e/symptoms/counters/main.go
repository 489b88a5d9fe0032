// counters: prints what runtime.ReadMemStats and others say of the program itself, each time it is asked, without
// allocating: whoever looks from outside between two equal answers must have seen the same. Between them it can be made to
// allocate, or to work.
//
//	read       the figures, as a line of JSON; metrics: those of runtime/metrics
//	allocate   so many small objects, which stay in the caches of this processor: the counters do not have them yet
//	churn      a goroutine allocates from here on
//	turn       a goroutine turns round from here on
//	gaps       the longest gap in nanoseconds between two turns of a goroutine that always runs, since it was asked last
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	stats   runtime.MemStats
	samples = []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/gc/limiter/last-enabled:gc-cycle"}, {Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
	line   = make([]byte, 0, 64<<10)
	input  [64]byte
	kept   [][]byte
	small  []*[3]uint64
	tiny   []*byte
	gap    int64
	worked int64
)

func add(name string, value uint64) {
	if len(line) > 1 {
		line = append(line, ',')
	}
	line = append(line, '"')
	line = append(line, name...)
	line = append(line, `":`...)
	line = strconv.AppendUint(line, value, 10)
}

func read() {
	runtime.ReadMemStats(&stats)
	line = append(line[:0], '{')
	add("total_alloc", stats.TotalAlloc)
	add("sys", stats.Sys)
	add("mallocs", stats.Mallocs)
	add("frees", stats.Frees)
	add("heap_alloc", stats.HeapAlloc)
	add("heap_sys", stats.HeapSys)
	add("heap_idle", stats.HeapIdle)
	add("heap_inuse", stats.HeapInuse)
	add("heap_released", stats.HeapReleased)
	add("heap_objects", stats.HeapObjects)
	add("stack_inuse", stats.StackInuse)
	add("stack_sys", stats.StackSys)
	add("mspan_inuse", stats.MSpanInuse)
	add("mspan_sys", stats.MSpanSys)
	add("mcache_inuse", stats.MCacheInuse)
	add("mcache_sys", stats.MCacheSys)
	add("buck_hash_sys", stats.BuckHashSys)
	add("gc_sys", stats.GCSys)
	add("other_sys", stats.OtherSys)
	add("next_gc", stats.NextGC)
	add("pause_total", stats.PauseTotalNs)
	add("num_gc", uint64(stats.NumGC))
	add("num_forced_gc", uint64(stats.NumForcedGC))
	add("goroutines", uint64(runtime.NumGoroutine()))
	add("gomaxprocs", uint64(runtime.GOMAXPROCS(0)))
	if stats.NumGC > 0 {
		add("last_pause", stats.PauseNs[(stats.NumGC+255)%256])
	}
	line = append(line, `,"last_gc_ns":`...)
	line = strconv.AppendUint(line, stats.LastGC, 10)
	line = append(line, `,"gc_cpu_fraction":`...)
	line = strconv.AppendFloat(line, stats.GCCPUFraction, 'g', -1, 64)
	line = append(line, "}\n"...)
	syscall.Write(1, line)
}

// What runtime/metrics has may allocate when it is read for the first time.
func readMetrics() {
	metrics.Read(samples)
	line = append(line[:0], '{')
	for _, sample := range samples {
		switch sample.Value.Kind() {
		case metrics.KindUint64:
			add(sample.Name, sample.Value.Uint64())
		case metrics.KindFloat64:
			add(sample.Name, uint64(sample.Value.Float64()*1e9))
		}
	}
	line = append(line, "}\n"...)
	syscall.Write(1, line)
}

func allocate() {
	for i := 0; i < 1000; i++ {
		small[i] = new([3]uint64)
		if i%10 == 0 {
			tiny[i] = new(byte)
		}
	}
	kept[0] = make([]byte, 300<<10)
	syscall.Write(1, []byte("{}\n"))
}

func churn() {
	for {
		garbage := make([]byte, 64+worked%4096)
		atomic.AddInt64(&worked, int64(len(garbage)))
	}
}

// Turns round for ever, and notes how long each turn takes at most.
func turn() {
	before := time.Now()
	for {
		now := time.Now()
		if took := int64(now.Sub(before)); took > atomic.LoadInt64(&gap) {
			atomic.StoreInt64(&gap, took)
		}
		before = now
	}
}

func main() {
	kept, small, tiny = make([][]byte, 8), make([]*[3]uint64, 1000), make([]*byte, 1000)
	debug.SetGCPercent(150)
	debug.SetMemoryLimit(3 << 30)
	fmt.Printf("{\"ready\":true,\"pid\":%d,\"go_version\":%q}\n", os.Getpid(), runtime.Version())
	metrics.Read(samples)
	for {
		n, _ := syscall.Read(0, input[:])
		if n <= 0 {
			os.Exit(0)
		}
		switch string(input[:n]) {
		case "read\n":
			read()
		case "metrics\n":
			readMetrics()
		case "allocate\n":
			allocate()
		case "churn\n":
			go churn()
			syscall.Write(1, []byte("{}\n"))
		case "turn\n":
			go turn()
			syscall.Write(1, []byte("{}\n"))
		case "gaps\n":
			line = append(line[:0], '{')
			add("gap", uint64(atomic.SwapInt64(&gap, 0)))
			add("worked", uint64(atomic.SwapInt64(&worked, 0)))
			line = append(line, "}\n"...)
			syscall.Write(1, line)
		}
	}
}
