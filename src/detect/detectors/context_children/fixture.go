// Contexts that nobody can cancel any more, below a parent that stays; and contexts that were cancelled.
//
// expects: proven
package context_children

import "context"

type request struct {
	body [1 << 10]byte
}

type key struct{}

var (
	base, stop = context.WithCancel(context.Background())
	handled    int
)

func handle(ctx context.Context) {
	if ctx.Value(key{}) != nil {
		handled++
	}
}

func serve(cancelled bool) {
	for i := 0; i < 4000; i++ {
		ctx, cancel := context.WithCancel(context.WithValue(base, key{}, &request{}))
		handle(ctx)
		if cancelled {
			cancel()
		}
	}
}

func Fault() { serve(false) }

func Twin() { serve(true) }
