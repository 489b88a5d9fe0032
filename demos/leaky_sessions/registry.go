package main

import (
	"bytes"
	"fmt"
	"sync"
	"time"
)

// Session is what the service remembers of a visitor.
type Session struct {
	ID      string
	Started time.Time
	Buf     *bytes.Buffer // the replies so far, for a reconnect
}

// Registry finds sessions by id. Nothing ever removes one: this is the leak.
type Registry struct {
	mu       sync.Mutex
	sessions map[string]*Session
}

var registry = &Registry{sessions: make(map[string]*Session)}

// Open returns the visitor's session, and makes it at the first visit.
func (r *Registry) Open(user int) *Session {
	id := fmt.Sprintf("u-%d", user)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[id]
	if s == nil {
		s = &Session{ID: id, Started: time.Now(), Buf: bytes.NewBuffer(make([]byte, 0, replyBuffer))}
		r.sessions[id] = s
	}
	return s
}
