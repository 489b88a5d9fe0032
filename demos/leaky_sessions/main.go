// leaky_sessions is a small web service with two leaks of the kind that real ones have: a registry of sessions that is
// never pruned (registry.go), and a goroutine for every answer that came too late to be read (audit, below).
//
// It serves itself visits on the loopback interface, collects, serves some more, as a service does at any moment that
// somebody looks at it, prints one line of JSON with what a memory report must find, and then waits until its standard
// input ends.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"
)

const (
	replyBuffer = 16 << 10
	auditRecord = 8 << 10
)

// audit writes a record of the visit and answers on done. The caller waits a little only; when it has gone, the send
// never ends, and the goroutine keeps its record.
func audit(user int, done chan<- int) {
	record := bytes.Repeat([]byte{byte(user)}, auditRecord)
	if user%slowEvery == 0 {
		time.Sleep(2 * patience)
	}
	done <- len(record)
	record[0] = 0
}

const (
	slowEvery = 20
	patience  = 5 * time.Millisecond
)

func visit(w http.ResponseWriter, r *http.Request) {
	user, err := strconv.Atoi(r.URL.Query().Get("user"))
	if err != nil {
		http.Error(w, "user must be a number", http.StatusBadRequest)
		return
	}
	s := registry.Open(user)
	fmt.Fprintf(s.Buf, "hello %s, here since %s\n", s.ID, s.Started.Format(time.RFC3339))

	done := make(chan int) // with room for one value the goroutine could always leave
	go audit(user, done)
	select {
	case n := <-done:
		fmt.Fprintf(w, "welcome %s, %d bytes noted\n", s.ID, n)
	case <-time.After(patience):
		fmt.Fprintf(w, "welcome %s\n", s.ID)
	}
}

// visitors sends those from first on through the front door, a few at a time.
func visitors(address string, first, count int) {
	users := make(chan int)
	left := make(chan struct{})
	for i := 0; i < 8; i++ {
		go func() {
			for user := range users {
				reply, err := http.Get(fmt.Sprintf("http://%s/visit?user=%d", address, user))
				if err != nil {
					log.Fatal(err)
				}
				io.Copy(io.Discard, reply.Body)
				reply.Body.Close()
			}
			left <- struct{}{}
		}()
	}
	for user := first; user < first+count; user++ {
		users <- user
	}
	close(users)
	for i := 0; i < 8; i++ {
		<-left
	}
	http.DefaultClient.CloseIdleConnections()
}

func main() {
	count := flag.Int("visitors", 4000, "different visitors")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/visit", visit)
	go http.Serve(listener, nil)
	late := *count / 20
	visitors(listener.Addr().String(), 0, *count-late)
	time.Sleep(20 * patience)
	runtime.GC()
	runtime.GC()
	visitors(listener.Addr().String(), *count-late, late)
	time.Sleep(20 * patience)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"ready": true, "pid": os.Getpid(), "sessions": *count, "session_bytes": *count * replyBuffer,
		"goroutines": runtime.NumGoroutine(), "heap_bytes": stats.HeapAlloc,
	})
	io.Copy(io.Discard, os.Stdin)
}
