// shutdown has goroutines that wait for the end of the program, as each part of a server does: on a context, a channel,
// a wait group, a signal. Nothing else ever wakes them.
package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"holdfast.test/healthy/load"
)

type part struct {
	name  string
	state [64 << 10]byte
	done  chan struct{}
}

func (p *part) run(ctx context.Context, all *sync.WaitGroup) {
	defer all.Done()
	<-ctx.Done()
	p.state[0]++
	close(p.done)
}

func watchSignals(stop context.CancelFunc) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	<-signals
	stop()
}

func onHangup(reload func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	for range hangups {
		reload()
	}
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	parts := make([]*part, 100)
	for i := range parts {
		parts[i] = &part{name: "part", done: make(chan struct{})}
		all.Add(1)
		go parts[i].run(ctx, &all)
	}
	go watchSignals(stop)
	go onHangup(func() {})
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	for _, p := range parts {
		go func(p *part) { <-p.done }(p)
	}
	load.Look()
	stop()
	<-ended
}
