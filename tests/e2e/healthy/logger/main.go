// logger writes its log in the background: a bounded queue, a goroutine that writes, batches that are sent when full or
// when it is time, and a configuration that is replaced as a whole.
package main

import (
	"bufio"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"holdfast.test/healthy/load"
)

type entry struct {
	level int
	text  string
	spans []span
}

type span struct {
	name       string
	begin, end time.Time
}

type logger struct {
	entries chan *entry
	flush   chan chan struct{}
}

func (l *logger) write(out io.Writer) {
	buffered, ticker := bufio.NewWriterSize(out, 1<<20), time.NewTicker(100*time.Millisecond)
	defer ticker.Stop()
	batch := make([]*entry, 0, 4096)
	send := func() {
		for i, one := range batch {
			fmt.Fprintln(buffered, one.level, one.text, len(one.spans))
			batch[i] = nil
		}
		batch = batch[:0]
	}
	for {
		select {
		case one := <-l.entries:
			if batch = append(batch, one); len(batch) == cap(batch) {
				send()
			}
		case <-ticker.C:
			send()
		case done := <-l.flush:
			send()
			buffered.Flush()
			close(done)
		}
	}
}

type settings struct {
	version int
	rules   map[string]string
}

var current atomic.Value

func configure(version int) {
	rules := make(map[string]string, 5000)
	for i := 0; i < 5000; i++ {
		rules[fmt.Sprint("rule", i)] = fmt.Sprint("version ", version)
	}
	current.Store(&settings{version, rules})
}

func main() {
	configure(0)
	l := &logger{entries: make(chan *entry, 10000), flush: make(chan chan struct{})}
	go l.write(io.Discard)
	go load.Forever(50*time.Millisecond, func(round int) { configure(round) })
	go load.Forever(time.Millisecond, func(round int) {
		for i := 0; i < 10; i++ {
			text := fmt.Sprintf("round %d under version %d", round, current.Load().(*settings).version)
			select {
			case l.entries <- &entry{level: i, text: text, spans: make([]span, 4)}:
			default:
			}
		}
	})
	load.Look()
	done := make(chan struct{})
	l.flush <- done
	<-done
}
