// service_heap fills its memory as a long-running service does, at a size that flags choose, says in one line of JSON what
// is true of it, and then waits, idle, until its standard input ends.
//
//	service_heap -objects 2000000            about 200 MB
//	service_heap -objects 20000000 -churn 3  about 2 GB, with the order of addresses unrelated to the graph
//
// The heap is one service's state: tables of users and their orders, sessions with caches in a sync.Map, an index, queues
// in channels, contexts with children, timers, goroutines that wait with work of their own; and one leak of known size,
// sessions in main.registry that nobody prunes.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

type address struct {
	street, city string
	next         *address
}

type entity interface{ total() int64 }

type order struct {
	id    uint64
	buyer *user
	items []item
	notes map[string]string
	price int64
}

type item struct {
	name  string
	count int
	tags  []string
	extra any
}

type user struct {
	id      uint64
	name    string
	email   *string
	homes   *address
	orders  []*order
	recent  map[string]*order
	friends []*user
	score   any
	onLogin func() int
	last    entity
	picture []byte
}

type refund struct {
	of     *order
	amount int64
}

type session struct {
	id      string
	user    *user
	buf     *bytes.Buffer
	started time.Time
}

type sessions struct {
	mu       sync.Mutex
	sessions map[string]*session
}

type job struct {
	orders []*order
	done   chan *order
	ctx    context.Context
}

func (o *order) total() int64  { return o.price }
func (r *refund) total() int64 { return -r.amount }

var (
	usersByName map[string]*user
	usersByID   map[uint64]*user
	ledger      []entity
	cache       sync.Map
	jobs        chan *job
	registry    = sessions{sessions: make(map[string]*session)}
	timers      []*time.Timer
	contexts    []context.CancelFunc
	never       = make(chan struct{})
)

const (
	leakBuffer     = 16 << 10
	pictureSize    = 1000
	objectsPerUser = 31 // measured: what one user and all that belongs to it adds to HeapObjects
	usersPerLeak   = 40 // one leaked session for so many users
)

// scatter spends objects of many sizes that die at once, so that what lives lies among gaps.
func scatter(r *rand.Rand, n int) {
	for i := 0; i < n; i++ {
		sink = make([]byte, 16+r.Intn(500))
	}
	sink = nil
}

var sink []byte

func newUser(r *rand.Rand, id uint64) *user {
	u := &user{id: id, name: fmt.Sprint("user ", id), recent: make(map[string]*order, 2), picture: make([]byte, pictureSize)}
	email := u.name + "@example.com"
	u.email = &email
	for i := 0; i < 2; i++ {
		u.homes = &address{fmt.Sprint(r.Intn(100), " street"), "city", u.homes}
	}
	for i := 0; i < 3; i++ {
		o := newOrder(r, u, id*8+uint64(i))
		u.orders = append(u.orders, o)
		u.recent[o.items[0].name] = o
	}
	if r.Intn(2) == 0 {
		u.score = r.Float64()
		u.last = u.orders[0]
	} else {
		u.score = u.orders[1]
		u.last = &refund{u.orders[2], 5}
	}
	logins := 0
	u.onLogin = func() int { logins++; return logins + len(u.name) }
	return u
}

func newOrder(r *rand.Rand, buyer *user, id uint64) *order {
	o := &order{id: id, buyer: buyer, price: int64(r.Intn(10000))}
	for i := r.Intn(2); i >= 0; i-- {
		it := item{name: fmt.Sprint("item ", r.Intn(1000000)), count: i}
		if r.Intn(3) == 0 {
			it.tags = []string{"new", it.name[:4]}
			it.extra = [2]uint64{id, uint64(i)}
		}
		o.items = append(o.items, it)
	}
	if r.Intn(8) == 0 {
		o.notes = map[string]string{"gift": fmt.Sprint("for ", id)}
	}
	return o
}

func befriend(r *rand.Rand, u *user, count int) {
	u.friends = u.friends[:0]
	for i := 0; i < 3; i++ {
		if friend := usersByID[uint64(r.Intn(count))]; friend != nil {
			u.friends = append(u.friends, friend)
		}
	}
}

func put(u *user) {
	usersByName[u.name] = u
	usersByID[u.id] = u
}

func build(r *rand.Rand, count int) {
	usersByName = make(map[string]*user)
	usersByID = make(map[uint64]*user)
	for i := 0; i < count; i++ {
		put(newUser(r, uint64(i)))
	}
	ledger = make([]entity, count+count/3+1)
	for i := 0; i < count; i++ {
		u := usersByID[uint64(i)]
		befriend(r, u, count)
		book(u, i, count)
	}
	for i := 0; i < count/usersPerLeak; i++ {
		openSession(usersByID[uint64(i)], i)
	}
}

// book enters what belongs to user i into the ledger and the cache, in the place of what was there.
func book(u *user, i, count int) {
	ledger[i] = u.orders[0]
	if i%3 == 0 {
		ledger[count+i/3] = u.last
	}
	if i%20 == 0 {
		cache.Store(u.name, u.orders[1])
	}
}

func openSession(u *user, i int) {
	s := &session{id: fmt.Sprint("u-", i), user: u, buf: bytes.NewBuffer(make([]byte, 0, leakBuffer)), started: time.Now()}
	registry.sessions[s.id] = s
}

// replace gives a share of all users, taken at random, new memory: after a few rounds neighbours in the graph are
// strangers in memory.
func replace(r *rand.Rand, count int) {
	for n := 0; n < count; n++ {
		i := r.Intn(count)
		old := usersByID[uint64(i)]
		fresh := newUser(r, uint64(i))
		fresh.friends = old.friends
		put(fresh)
		book(fresh, i, count)
		if n%64 == 0 {
			scatter(r, 8)
		}
	}
	for i := 0; i < count; i++ {
		befriend(r, usersByID[uint64(i)], count)
	}
	for i := 0; i < count/usersPerLeak; i++ {
		registry.sessions[fmt.Sprint("u-", i)].user = usersByID[uint64(i)]
	}
}

func wait(j *job) {
	select {
	case o := <-j.done:
		j.orders = append(j.orders, o)
	case <-j.ctx.Done():
	case <-never:
	}
}

// fillQueues adds what hangs on goroutines, channels, contexts and timers.
func fillQueues(r *rand.Rand, count, goroutines int) {
	jobs = make(chan *job, goroutines+1)
	root, cancel := context.WithCancel(context.Background())
	contexts = append(contexts, cancel)
	for i := 0; i < goroutines; i++ {
		ctx, cancel := context.WithCancel(context.WithValue(root, i, usersByID[uint64(r.Intn(count))]))
		contexts = append(contexts, cancel)
		j := &job{done: make(chan *order, 2), ctx: ctx}
		for n := 0; n < 4; n++ {
			j.orders = append(j.orders, newOrder(r, usersByID[uint64(r.Intn(count))], uint64(i)))
		}
		if i%2 == 0 {
			jobs <- j
		}
		go wait(j)
		if i%4 == 0 {
			timers = append(timers, time.AfterFunc(1000*time.Hour, func() { j.done <- nil }))
		}
	}
}

func main() {
	objects := flag.Int("objects", 2000000, "objects to live, about; each takes some 95 bytes")
	churn := flag.Int("churn", 0, "rounds of replacing as many users at random as there are")
	goroutines := flag.Int("goroutines", 0, "waiting goroutines [a thousandth of the objects, at most 20000]")
	seed := flag.Int64("seed", 1, "of the random numbers: the same seed gives the same graph")
	flag.Parse()
	r := rand.New(rand.NewSource(*seed))
	count := *objects / objectsPerUser
	if count < usersPerLeak {
		fmt.Fprintf(os.Stderr, "service_heap: -objects %d is fewer than %d\n", *objects, objectsPerUser*usersPerLeak)
		os.Exit(2)
	}
	if *goroutines == 0 {
		*goroutines = min(*objects/1000, 20000)
	}
	build(r, count)
	normal := debug.SetGCPercent(30) // or most of the memory would be gaps
	for i := 0; i < *churn; i++ {
		replace(r, count)
	}
	debug.SetGCPercent(normal)
	fillQueues(r, count, *goroutines)
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	leaked := count / usersPerLeak
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"ready": true, "pid": os.Getpid(), "go_version": runtime.Version(), "users": count, "churn": *churn,
		"heap_objects": stats.HeapObjects, "heap_bytes": stats.HeapAlloc, "heap_inuse": stats.HeapInuse,
		"goroutines": runtime.NumGoroutine(), "leak": "main.registry", "leaked_sessions": leaked,
		"leaked_buffer_bytes": leaked * leakBuffer,
	})
	var b [1]byte
	os.Stdin.Read(b[:])
	runtime.KeepAlive(contexts)
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
