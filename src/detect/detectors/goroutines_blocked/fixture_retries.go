// Goroutines that try again for ever, each after a while, and the same that end when a context is cancelled. They are
// made in one go.
//
// expects: possible
package goroutines_blocked_retries

import (
	"context"
	"runtime"
	"time"
)

var background, cancel = context.WithCancel(context.Background())

//go:noinline
func deliver(ctx context.Context, body []byte) {
	for {
		timer := time.NewTimer(time.Minute)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		runtime.KeepAlive(&body)
	}
}

func start(ctx context.Context) {
	for i := 0; i < 150; i++ {
		go deliver(ctx, make([]byte, 64<<10))
	}
	time.Sleep(50 * time.Millisecond)
}

func Fault() { start(context.Background()) }

func Twin() { start(background) }
