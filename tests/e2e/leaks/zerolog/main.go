// zerolog: a log whose lines are short, but for a few. The buffer of an event went back to the pool however large it
// had grown (golang/go#23199, which the mended version refers to), and the pool is in use.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const workers = 8

// written makes an event take long enough that others need buffers of their own.
type written struct{}

func (written) Write(line []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return len(line), nil
}

// together lets several log at once, as the handlers of requests do.
func together(log zerolog.Logger, text string) {
	var done sync.WaitGroup
	for i := 0; i < workers; i++ {
		done.Add(1)
		go func() {
			log.Info().Str("text", text).Msg("what happened")
			done.Done()
		}()
	}
	done.Wait()
}

func main() {
	log := zerolog.New(written{})
	together(log, strings.Repeat("a line of a dump ", 200_000))
	go func() {
		for {
			together(log, "all is well")
			time.Sleep(20 * time.Millisecond)
		}
	}()
	ready()
}

// ready prints a line when the program may be looked at, and returns when its input ends. The collections are those that
// a program has had after some hours.
func ready() {
	for i := 0; i < 25; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
