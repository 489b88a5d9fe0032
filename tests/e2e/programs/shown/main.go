// shown: one object with a value of every kind, which states what `holdfast show` must say of each: the path of the value
// from the object, and its text. Maps of all sizes up to 200 catch each state of their growth.
package main

import (
	"container/list"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"holdfast.test/programs/truth"
)

type inner struct {
	A int32
	B string
	C [3]uint16
}

type item struct {
	ID    int
	Name  string
	Owner *shown
}

type point struct{ X, Y int16 }

type wide struct { // too large for a map to keep in itself
	N   int
	Pad [160]byte
}

type celsius float32

func (c celsius) String() string { return fmt.Sprint(float32(c)) }

type shown struct {
	Flag    bool
	I8      int8
	U64     uint64
	F32     float32
	F64     float64
	C128    complex128
	Text    string
	Long    string
	Quoted  string
	Inner   inner
	Arr     [4]int
	Items   []*item
	Bytes   []byte
	Binary  []byte
	Empty   []int
	Nothing []int
	Small   map[string]int
	Large   map[string]*item
	Points  map[point]string
	Wide    map[wide]wide
	Set     map[int]struct{}
	NoMap   map[int]int
	Sizes   []map[int]int
	Thinned map[int]int
	Numbers chan int
	Texts   chan string
	Meeting chan bool
	Boxed   interface{}
	Direct  interface{}
	None    interface{}
	Err     error
	Degrees fmt.Stringer
	Closure func() int
	Static  func(string) string
	NoFunc  func()
	List    *list.List
	Inlined list.List
	When    time.Time
	Zero    time.Time
	Took    time.Duration
	Self    *shown
	Lost    *item
	Raw     unsafe.Pointer
	Heavy   map[string][]byte
	Pages   [][]byte
	Last    byte
}

var (
	root   *shown
	closed int
	stated strings.Builder
)

// say adds what must be shown at a path.
func say(path, text string) {
	if stated.Len() > 0 {
		stated.WriteByte(',')
	}
	fmt.Fprintf(&stated, "%q:%q", path, text)
}

func numbers(s *shown) {
	s.Flag, s.I8, s.U64, s.F32, s.F64, s.C128 = true, -7, 1<<63+5, 1.5, -2.25, complex(1, -2)
	say(".Flag", "true")
	say(".I8", "-7")
	say(".U64", strconv.FormatUint(s.U64, 10))
	say(".F32", "1.5")
	say(".F64", "-2.25")
	say(".C128", "(1-2i)")
	s.Inner = inner{-5, "in " + strconv.Itoa(8), [3]uint16{1, 2, 65535}}
	say(".Inner.A", "-5")
	say(".Inner.B", `"in 8"`)
	say(".Inner.C[2]", "65535")
	s.Arr = [4]int{10, 20, 30, 40}
	say(".Arr[3]", "40")
	s.Last = 200
	say(".Last", "200")
	s.Took = 90*time.Minute + 1500*time.Millisecond
	say(".Took", "1h30m1.5s")
	s.When = time.Date(2026, 11, 30, 5, 12, 44, 120000000, time.UTC)
	say(".When", "2026-11-30 05:12:44.12 UTC")
	say(".Zero", "0001-01-01 00:00:00 UTC")
}

func texts(s *shown) {
	s.Text = "hello " + strconv.Itoa(42)
	say(".Text", `"hello 42"`)
	s.Long = strings.Repeat("long ", 1000)
	say(".Long", `"`+strings.Repeat("long ", 40)+`"… (5,000 bytes)`)
	s.Quoted = "a \"b\"\n\x01 " + strconv.Itoa(1)
	say(".Quoted", `"a \"b\"\n\x01 1"`)
	s.Bytes = []byte("bytes " + strconv.Itoa(3))
	say(".Bytes", fmt.Sprintf("len 7, cap %d: \"bytes 3\"", cap(s.Bytes)))
	s.Binary = []byte{0, 1, 2, byte(len(s.Text))}
	say(".Binary", fmt.Sprintf("len 4, cap %d: 00 01 02 08", cap(s.Binary)))
	s.Empty = make([]int, 0, 3)
	say(".Empty", "len 0, cap 3")
	say(".Nothing", "nil")
}

func collections(s *shown) {
	for i := 0; i < 100; i++ {
		s.Items = append(s.Items, &item{i, "item " + strconv.Itoa(i), s})
	}
	say(".Items", fmt.Sprintf("len 100, cap %d", cap(s.Items)))
	say(".Items[99].ID", "99")
	say(".Items[99].Name", `"item 99"`)
	s.Small = map[string]int{"one" + strconv.Itoa(1): 1, "constant": 2}
	say(".Small", "2 entries")
	say(`.Small["one1"]`, "1")
	say(`.Small["constant"]`, "2")
	s.Large = map[string]*item{}
	for i := 0; i < 3000; i++ {
		s.Large["key "+strconv.Itoa(i)] = &item{ID: i}
	}
	for i := 0; i < 3000; i += 3 {
		delete(s.Large, "key "+strconv.Itoa(i))
	}
	say(".Large", "2,000 entries")
	say(`.Large["key 1"].ID`, "1")
	say(`.Large["key 2999"].ID`, "2999")
	s.Points = map[point]string{{-1, 2}: "p" + strconv.Itoa(1)}
	say(".Points[{-1, 2}]", `"p1"`)
	s.Wide = map[wide]wide{{N: 3}: {N: 33}}
	say(".Wide", "1 entry")
	s.Set = map[int]struct{}{17: {}}
	say(".Set", "1 entry")
	say(".NoMap", "nil")
	for i := 0; i <= 200; i++ {
		m := map[int]int{}
		for k := 0; k < i; k++ {
			m[k] = k * k
		}
		s.Sizes = append(s.Sizes, m)
	}
	s.Thinned = map[int]int{}
	for i := 0; i < 10000; i++ {
		s.Thinned[i] = i
	}
	for i := 10; i < 10000; i++ {
		delete(s.Thinned, i)
	}
	say(".Thinned", "10 entries")
	say(".Thinned[9]", "9")
}

func channels(s *shown) {
	s.Numbers = make(chan int, 4)
	for i := 0; i < 6; i++ { // so that the oldest does not lie first
		s.Numbers <- i
		if i < 3 {
			<-s.Numbers
		}
	}
	say(".Numbers", "3 of 4 filled")
	say(".Numbers[0]", "3")
	say(".Numbers[2]", "5")
	s.Texts = make(chan string, 2)
	s.Texts <- "first " + strconv.Itoa(1)
	s.Texts <- "second"
	close(s.Texts)
	say(".Texts", "2 of 2 filled, closed")
	say(".Texts[0]", `"first 1"`)
	s.Meeting = make(chan bool)
	go func() { s.Meeting <- true }()
	say(".Meeting", "unbuffered, 1 sender waits")
}

func twice(s string) string { return s + s }

func others(s *shown) {
	s.Boxed = point{int16(len(s.Text)), 9}
	say(".Boxed.X", "8")
	say(".Boxed.Y", "9")
	s.Direct = s.Items[5]
	say(".Direct.ID", "5")
	say(".None", "nil")
	s.Err = errors.New("broken " + strconv.Itoa(7))
	say(".Err.s", `"broken 7"`)
	s.Degrees = celsius(36.5)
	say(".Degrees", "36.5")
	calls, limit := len(s.Items), s.Items[7]
	s.Closure = func() int { calls += limit.ID; return calls }
	s.Static = twice
	say(".Static", "main.twice")
	say(".NoFunc", "nil")
	s.List = list.New()
	for i := 0; i < 5; i++ {
		s.List.PushFront(i * 1000)
		s.Inlined.PushBack("in " + strconv.Itoa(i))
	}
	say(".List[0]", "4000")
	say(".List[4]", "0")
	say(".Inlined", "5 elements")
	say(".Inlined[1]", `"in 1"`)
	s.Self = s
	say(".Lost", "nil")
	s.Raw = unsafe.Pointer(s.Items[0])
}

func weights(s *shown) {
	s.Heavy = map[string][]byte{}
	for i := 1; i <= 20; i++ {
		s.Heavy["weight "+strconv.Itoa(i)] = make([]byte, i<<16)
	}
	common := make([]byte, 8<<20)
	s.Heavy["shared 1"], s.Heavy["shared 2"] = common, common
	s.Pages = [][]byte{make([]byte, 1<<10), make([]byte, 1<<20), make([]byte, 1<<14)}
}

func main() {
	root = new(shown)
	numbers(root)
	texts(root)
	collections(root)
	channels(root)
	others(root)
	weights(root)
	runtime.SetFinalizer(root.Items[1], func(*item) { closed++ })
	truth.Text("shown", "{"+stated.String()+"}")
	at := func(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }
	truth.Fact("root", at(unsafe.Pointer(root)))
	truth.Fact("inner_b", at(unsafe.Pointer(&root.Inner.B)))
	truth.Fact("item_1", at(unsafe.Pointer(root.Items[1])))
	truth.Fact("large_map", at(*(*unsafe.Pointer)(unsafe.Pointer(&root.Large))))
	truth.Fact("heavy_map", at(*(*unsafe.Pointer)(unsafe.Pointer(&root.Heavy))))
	truth.Fact("numbers", at(*(*unsafe.Pointer)(unsafe.Pointer(&root.Numbers))))
	truth.Fact("size", uint64(unsafe.Sizeof(*root)))
	truth.Fact("variable", at(unsafe.Pointer(&root)))
	truth.Ready()
}
