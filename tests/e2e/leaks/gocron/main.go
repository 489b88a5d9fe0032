// gocron: jobs that are to run once at a time that has passed by then, and are refused. The context that was made for
// each stayed among the children of the scheduler's own (go-co-op/gocron#857).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/go-co-op/gocron/v2"
)

func main() {
	scheduler, err := gocron.NewScheduler()
	if err != nil {
		panic(err)
	}
	scheduler.Start()
	refused := 0
	add := func() {
		past := gocron.OneTimeJobStartDateTime(time.Now().Add(-time.Hour))
		if _, err := scheduler.NewJob(gocron.OneTimeJob(past), gocron.NewTask(func() {})); err != nil {
			refused++
		}
	}
	for i := 0; i < 30000; i++ {
		add()
	}
	if refused == 0 {
		panic("no job was refused")
	}
	go func() { // and so on, while it is looked at
		for {
			add()
			time.Sleep(time.Millisecond)
		}
	}()
	ready()
	scheduler.Shutdown()
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
