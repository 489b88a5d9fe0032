// lumberjack: a program that logs each job to a file of its own and closes the log with the job. The goroutine of each
// log, which is to compress what was rotated, waits on for ever (natefinch/lumberjack#205). A fork of it, timberjack, ends
// it; fixed.mod takes that.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	lumberjack "gopkg.in/natefinch/lumberjack.v2"
)

func job(folder string, i int) {
	log := &lumberjack.Logger{Filename: filepath.Join(folder, fmt.Sprintf("job-%d.log", i%8)), MaxSize: 1, MaxBackups: 2}
	fmt.Fprintf(log, "job %d begins\n", i)
	fmt.Fprintf(log, "job %d has ended\n", i)
	log.Close()
}

func main() {
	folder, err := os.MkdirTemp("", "jobs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	for i := 0; i < 2000; i++ {
		job(folder, i)
	}
	go func() { // and so on, while it is looked at
		for i := 2000; ; i++ {
			job(folder, i)
			time.Sleep(5 * time.Millisecond)
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
