//go:build go1.21

package main

import (
	"context"
	"fmt"
	"io"

	"holdfast.test/programs/truth"
)

var (
	finished, detached context.Context
	stops              []func() bool
	loggers            []context.Context
)

// The functions stay, since the context is never cancelled, and with them what they have captured.
func afterwards() {
	finished, _ = context.WithCancel(context.Background())
	for i := 0; i < 900; i++ {
		p := &payload{}
		context.AfterFunc(finished, func() { fmt.Fprintln(io.Discard, p) })
	}
	detached, _ = context.WithCancel(context.Background())
	for i := 0; i < 1000; i++ {
		request := keep(context.WithCancel(context.WithValue(detached, key(i), &payload{})))
		if i < 950 {
			stops = append(stops, context.AfterFunc(context.WithoutCancel(request), func() {}))
		} else {
			loggers = append(loggers, context.WithoutCancel(request))
		}
	}
	children("main.finished", 900, 900*(contextSize+payloadSize))
	children("main.detached", 1000, 1000*(contextSize+payloadSize))
	truth.Owned("func context.AfterFunc", 950, 950*(16+contextSize), "main.stops")
}
