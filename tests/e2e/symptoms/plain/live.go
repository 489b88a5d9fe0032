package main

import (
	"fmt"
	"time"

	"holdfast.test/symptoms/run"
)

// What lives grows.

type session struct {
	user  string
	state [1 << 10]byte
}

var sessions = map[string]*session{}

func growCache() {
	run.Grow(run.MiB, func(round int) {
		for i := 0; i < 1000; i++ {
			key := fmt.Sprint(round, i)
			sessions[key] = &session{user: key}
		}
	})
}

type event struct {
	before *event
	body   []byte
}

var last *event

func growHistory() {
	run.Grow(run.MiB, func(int) {
		for i := 0; i < 16; i++ {
			last = &event{last, run.Buffer(64 << 10)}
		}
	})
}

func growTimers() {
	run.Grow(run.MiB, func(int) {
		for i := 0; i < 256; i++ {
			request := run.Buffer(4 << 10)
			time.AfterFunc(time.Hour, func() { request[0]++ })
		}
	})
}
