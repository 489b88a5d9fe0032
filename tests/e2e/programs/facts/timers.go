package main

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"holdfast.test/programs/truth"
)

var (
	alarms  []*time.Timer
	ticker  *time.Ticker
	stopped *time.Timer
	later   context.Context
	cancel  context.CancelFunc
)

//go:noinline
func expire() { println("too early") }

// startTimers starts those that no release forgets while they are pending: functions, and channels that somebody waits
// for.
func startTimers() {
	for i := 0; i < 5; i++ {
		alarms = append(alarms, time.AfterFunc(time.Hour, expire))
	}
	alarms[4].Reset(3 * time.Hour)
	stopped = time.AfterFunc(2*time.Hour, expire)
	stopped.Stop()
	later, cancel = context.WithTimeout(context.Background(), 90*time.Minute)
	ticker = time.NewTicker(time.Hour)
	goids := make(chan uint64)
	go func() {
		goids <- goid()
		<-ticker.C
	}()
	<-goids
	go func() {
		goids <- goid()
		time.Sleep(2 * time.Hour)
	}()
	truth.Fact("sleeper", <-goids)
	truth.Fact("ticker", uint64(uintptr(unsafe.Pointer(ticker))))
	truth.Fact("alarms", uint64(len(alarms)))
	truth.Fact("first alarm", uint64(uintptr(unsafe.Pointer(alarms[0]))))
	truth.Fact("reset alarm", uint64(uintptr(unsafe.Pointer(alarms[4]))))
	truth.Fact("stopped", uint64(uintptr(unsafe.Pointer(stopped))))
	time.Sleep(100 * time.Millisecond) // both wait by now
}

func goid() uint64 {
	text := make([]byte, 64)
	text = text[:runtime.Stack(text, false)]
	number, err := strconv.ParseUint(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		panic(err)
	}
	return number
}
