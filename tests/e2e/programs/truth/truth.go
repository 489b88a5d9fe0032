// Package truth lets a fixture say what is true of its own memory, and then keep it true: after the line
// that Ready prints, the fixture allocates nothing until it is asked for something on its standard input.
//
//	stats   prints the line again, read anew, without a collection: shows that nothing moved in between
//	stacks  prints every goroutine's stack as the runtime writes it; this allocates, so ask last
//
// The end of the input ends the program.
package truth

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// BeforeReading, if set, runs between the two collections and the reading of the figures.
var BeforeReading func()

// Holder is something a report must name: Bytes and Count are what would be freed if Name let go.
type Holder struct {
	Name  string // as the report must show it: "main.registry"
	Type  string // of what is held: "*main.Session"; may be empty
	Count uint64 // objects
	Bytes uint64 // as allocated, so rounded up to the size class; 0 when only the name is known
}

var (
	holders []Holder
	facts   strings.Builder
	owned   strings.Builder
	texts   strings.Builder
	prefix  string
	line    = make([]byte, 0, 64<<10)
	stats   runtime.MemStats
	input   [64]byte
)

// Hold adds a holder to the line.
func Hold(name, typeName string, count, bytes uint64) {
	holders = append(holders, Holder{name, typeName, count, bytes})
}

// Owned says who has some objects: one name for a single owner, several if they share. Count says how many things the
// report must speak of, and bytes how much its line has at least.
func Owned(typeName string, count, bytes uint64, names ...string) {
	OwnedIn("", typeName, count, bytes, names...)
}

// OwnedIn does the same, and says what they lie in: "sync.Map", "list.List", "sync.Pool".
func OwnedIn(container, typeName string, count, bytes uint64, names ...string) {
	if owned.Len() > 0 {
		owned.WriteByte(',')
	}
	fmt.Fprintf(&owned, `{"names":["%s"],"in":%q,"type":%q,"count":%d,"bytes":%d}`, strings.Join(names, `","`), container, typeName, count, bytes)
}

// Fact adds a number about the program to the line.
func Fact(name string, value uint64) {
	fmt.Fprintf(&facts, ",%q:%d", name, value)
}

// Text adds a text to the line. BeforeReading may call it.
func Text(name, value string) {
	fmt.Fprintf(&texts, ",%q:%q", name, value)
	line = make([]byte, 0, cap(line)+2*texts.Len())
}

// SizeOf says how many bytes the allocator spends on n objects made by make, which must not keep them itself.
func SizeOf(n int, make func(i int)) (objects, bytes uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := 0; i < n; i++ {
		make(i)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return after.HeapObjects - before.HeapObjects, after.HeapAlloc - before.HeapAlloc
}

// Ready collects twice, prints the line and answers the input until it ends.
func Ready() {
	Print()
	Answer()
}

// Print collects twice and prints the line.
func Print() {
	var text strings.Builder
	fmt.Fprintf(&text, `{"ready":true,"pid":%d,"go_version":%q,"goroutines":%d,"holders":[`,
		os.Getpid(), runtime.Version(), runtime.NumGoroutine())
	for i, h := range holders {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"name":%q,"type":%q,"count":%d,"bytes":%d}`, h.Name, h.Type, h.Count, h.Bytes)
	}
	fmt.Fprintf(&text, `],"owned":[%s],"facts":{"_":0%s}`, owned.String(), facts.String())
	prefix = text.String()
	holders = nil
	facts.Reset()
	owned.Reset()

	// The pause after each collection lets finalizers, the cleanups of the runtime's own packages and the
	// start of threads come to rest; what they allocate is in the figures then.
	for i := 0; i < 2; i++ {
		runtime.GC()
		time.Sleep(50 * time.Millisecond)
	}
	if BeforeReading != nil {
		BeforeReading()
	}
	write()
}

// Answer obeys the standard input until it ends.
func Answer() {
	for {
		n, err := os.Stdin.Read(input[:])
		if err != nil || n == 0 {
			return
		}
		switch string(input[:n]) {
		case "stats\n":
			write()
		case "stacks\n":
			writeStacks()
		}
	}
}

func write() {
	runtime.ReadMemStats(&stats)
	line = append(line[:0], prefix...)
	line = append(line, texts.String()...)
	line = append(line, `,"memstats":{"HeapObjects":`...)
	line = strconv.AppendUint(line, stats.Mallocs-stats.Frees, 10)
	number("Alloc", stats.Alloc)
	number("TotalAlloc", stats.TotalAlloc)
	number("Sys", stats.Sys)
	number("Mallocs", stats.Mallocs)
	number("Frees", stats.Frees)
	number("HeapAlloc", stats.HeapAlloc)
	number("HeapSys", stats.HeapSys)
	number("HeapIdle", stats.HeapIdle)
	number("HeapInuse", stats.HeapInuse)
	number("HeapReleased", stats.HeapReleased)
	number("StackInuse", stats.StackInuse)
	number("StackSys", stats.StackSys)
	number("MSpanInuse", stats.MSpanInuse)
	number("MSpanSys", stats.MSpanSys)
	number("MCacheInuse", stats.MCacheInuse)
	number("MCacheSys", stats.MCacheSys)
	number("BuckHashSys", stats.BuckHashSys)
	number("GCSys", stats.GCSys)
	number("OtherSys", stats.OtherSys)
	number("NextGC", stats.NextGC)
	number("LastGC", stats.LastGC)
	number("PauseTotalNs", stats.PauseTotalNs)
	number("NumGC", uint64(stats.NumGC))
	number("NumForcedGC", uint64(stats.NumForcedGC))
	line = append(line, `},"by_size":[`...)
	for i := range stats.BySize {
		class := &stats.BySize[i]
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, '[')
		line = strconv.AppendUint(line, uint64(class.Size), 10)
		line = append(line, ',')
		line = strconv.AppendUint(line, class.Mallocs, 10)
		line = append(line, ',')
		line = strconv.AppendUint(line, class.Frees, 10)
		line = append(line, ']')
	}
	line = append(line, "]}\n"...)
	os.Stdout.Write(line)
}

func number(name string, value uint64) {
	line = append(line, `,"`...)
	line = append(line, name...)
	line = append(line, `":`...)
	line = strconv.AppendUint(line, value, 10)
}

func writeStacks() {
	text := make([]byte, 1<<20)
	for {
		n := runtime.Stack(text, true)
		if n < len(text) {
			text = text[:n]
			break
		}
		text = make([]byte, 2*len(text))
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, `{"stacks":%s}`+"\n", strconv.QuoteToASCII(string(text)))
	out.Flush()
}
