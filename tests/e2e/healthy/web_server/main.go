// web_server answers clients that keep their connections: some ask all the time, some have gone idle, and some listen to
// a stream of events. Each connection costs goroutines and buffers on both sides, all of them in use or kept on purpose.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

const busyClients, idleClients, listeners = 16, 60, 20

type session struct {
	user  string
	cart  []byte
	since time.Time
}

// sessions is bounded by what expires.
type sessions struct {
	mu sync.Mutex
	of map[string]*session
}

func (s *sessions) touch(user string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.of[user]
	if found == nil {
		found = &session{user: user, cart: bytes.Repeat([]byte("c"), 2000)}
		s.of[user] = found
	}
	found.since = time.Now()
	return found
}

func (s *sessions) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, one := range s.of {
		if time.Since(one.since) > time.Second {
			delete(s.of, user)
		}
	}
}

func routes(known *sessions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/cart", func(w http.ResponseWriter, r *http.Request) {
		one := known.touch(r.URL.Query().Get("user"))
		fmt.Fprintf(w, "%s has %d\n", one.user, len(one.cart))
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				fmt.Fprintf(w, "data: %v\n\n", now)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	return mux
}

func ask(client *http.Client, address string) {
	reply, err := client.Get(address)
	if err != nil {
		return
	}
	defer reply.Body.Close()
	io.Copy(io.Discard, reply.Body)
}

func main() {
	known := &sessions{of: map[string]*session{}}
	listener := load.Must(net.Listen("tcp", "127.0.0.1:0"))
	server := &http.Server{Handler: routes(known), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Hour}
	go server.Serve(listener)
	go load.Forever(200*time.Millisecond, func(int) { known.expire() })
	base := "http://" + listener.Addr().String()
	for i := 0; i < busyClients; i++ {
		i, client := i, &http.Client{Transport: &http.Transport{}}
		go load.Forever(2*time.Millisecond, func(round int) {
			ask(client, fmt.Sprintf("%s/cart?user=u%d-%d", base, i, round%2000))
		})
	}
	for i := 0; i < idleClients; i++ {
		ask(&http.Client{Transport: &http.Transport{}}, base+"/cart?user="+strings.Repeat("i", i+1))
	}
	for i := 0; i < listeners; i++ {
		go ask(&http.Client{Transport: &http.Transport{}}, base+"/events")
	}
	load.Look()
}
