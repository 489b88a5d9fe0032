// contexts derives contexts and cancels none of them: of a package variable and of a context that only a server's
// goroutine knows, with values and with timers, below chains of values as net/http makes them, stored beside what they
// belong to, and, from Go 1.21 on, with functions that are to run afterwards. It says who has how many of them.
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"holdfast.test/programs/truth"
)

// What the allocator spends at least on a context that can be cancelled, and on a payload.
const contextSize, payloadSize = 64, 1024

type key int

type payload struct{ body [1000]byte }

type session struct {
	ctx  context.Context
	body [500]byte
}

var (
	base, parent, tracked, requests, quiet, noted, chain context.Context

	sessions []*session
	ready    = make(chan struct{})
	release  = make(chan struct{})
	sink     context.Context
)

// keep has what it is given for a moment, so that the compiler knows of no cancel that is not called.
func keep(ctx context.Context, cancel context.CancelFunc) context.Context {
	sink = ctx
	return ctx
}

//go:noinline
func derive(n int) {
	for i := 0; i < n; i++ {
		ctx := keep(context.WithCancel(base))
		if i%2 == 0 {
			ctx.Done()
		}
	}
}

// The payloads lie between the children and their parent, so only the children have them.
//
//go:noinline
func deriveWithValues(n int) {
	for i := 0; i < n; i++ {
		keep(context.WithCancel(context.WithValue(parent, key(i), &payload{})))
	}
}

//go:noinline
func expire(n int) {
	for i := 0; i < n; i++ {
		keep(context.WithTimeout(context.Background(), 100*time.Hour))
	}
}

//go:noinline
func expireBelow(n int) {
	for i := 0; i < n; i++ {
		keep(context.WithTimeout(context.WithValue(tracked, key(i), &payload{}), 100*time.Hour))
	}
}

// The runtime knows the timers, and they know the contexts: everything here but the values is shared.
//
//go:noinline
func note(n int) {
	for i := 0; i < n; i++ {
		keep(context.WithTimeout(noted, 100*time.Hour)).Done()
	}
}

// Each is the parent of the next.
//
//go:noinline
func chainOf(n int) {
	ctx := chain
	for i := 0; i < n; i++ {
		ctx = keep(context.WithCancel(ctx))
	}
}

// A request has a context of its own below that of its connection; handlers put values above and a deadline around.
//
//go:noinline
func request(n int) {
	for i := 0; i < n; i++ {
		ctx := keep(context.WithCancel(context.WithValue(requests, key(1), &payload{})))
		ctx = context.WithValue(context.WithValue(ctx, key(2), &payload{}), key(3), "id")
		keep(context.WithCancel(ctx))
	}
}

//go:noinline
func open(n int) {
	for i := 0; i < n; i++ {
		sessions = append(sessions, &session{ctx: keep(context.WithCancel(quiet))})
	}
}

// serve is the only one who knows its context.
//
//go:noinline
func serve(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i := 0; i < n; i++ {
		keep(context.WithCancel(context.WithValue(ctx, key(i), &payload{})))
	}
	sink = nil
	close(ready)
	<-release
	fmt.Fprintln(io.Discard, ctx)
}

// children says that the variable or goroutine alone has the children of its context.
func children(name string, count, bytes uint64) {
	truth.OwnedIn("context", "children of the context", count, bytes, name)
}

func main() {
	base, _ = context.WithCancel(context.Background())
	parent, _ = context.WithCancel(context.WithValue(context.Background(), key(0), "parent"))
	tracked, _ = context.WithCancel(context.Background())
	requests, _ = context.WithCancel(context.WithValue(context.Background(), key(0), "server"))
	quiet, _ = context.WithCancel(context.Background())
	noted, _ = context.WithCancel(context.Background())
	chain, _ = context.WithCancel(context.Background())
	derive(5000)
	deriveWithValues(700)
	expire(4000)
	expireBelow(600)
	request(800)
	open(850)
	note(650)
	chainOf(1102)
	go serve(500)
	<-ready
	afterwards()
	sink = nil

	children("main.base", 5000, 5000*contextSize+2500*96) // every second one has a Done channel
	children("main.parent", 700, 700*(contextSize+payloadSize))
	children("main.tracked", 600, 600*(contextSize+payloadSize))
	children("main.requests", 800, 800*2*(contextSize+payloadSize))
	children("main.noted", 650, 650*(contextSize+80+96)) // with timers and Done channels
	truth.OwnedIn("context", "descendants of the context main.chain.children[…].children[…]", 1100, 1102*contextSize, "main.chain")
	children("main.serve", 500, 500*(contextSize+payloadSize))
	truth.OwnedIn("context", "children of the context main.quiet, not cancelled", 850, 850*contextSize, "main.quiet", "main.sessions")
	truth.Owned("pending timers, each with a context.Context", 4000, 4000*(contextSize+80), "the runtime")
	truth.Owned("session", 850, 850*576, "main.sessions")
	truth.Ready()
	fmt.Fprintln(io.Discard, base, parent, tracked, requests, quiet, noted, chain, sessions)
	close(release)
}
