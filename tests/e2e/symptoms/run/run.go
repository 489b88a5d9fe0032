// Package run starts one of the programs of this folder. Each shows one symptom of a process that has too much memory, and
// goes on showing it until its input ends, or until it would be in the way of others on the machine.
//
//	profile FILE     on standard input: writes the heap profile there, as it is after the last collection
//	goroutines FILE  writes all goroutines there, as a crash shows them
package run

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// MiB is what sizes in these programs are counted in.
const MiB = 1 << 20

// Most is what a program may grow to.
const Most = 512 * MiB

// Step is how often something grows.
const Step = 50 * time.Millisecond

// Main starts the program that the first argument names, prints a line of JSON, and answers the input until it ends.
func Main(programs map[string]func()) {
	if len(os.Args) != 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "one argument: the name of a program")
		os.Exit(2)
	}
	programs[os.Args[1]]()
	fmt.Printf("{\"ready\":true,\"pid\":%d,\"go_version\":%q,\"program\":%q}\n", os.Getpid(), runtime.Version(), os.Args[1])
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		what, file, _ := strings.Cut(input.Text(), " ")
		out := Must(os.Create(file))
		switch what {
		case "profile":
			Check(pprof.Lookup("heap").WriteTo(out, 0))
		case "goroutines":
			Check(pprof.Lookup("goroutine").WriteTo(out, 2))
		}
		Check(out.Close())
		fmt.Printf("{\"done\":%q}\n", what)
	}
}

// Grow does something again and again in the background, until it would be too much: each time is so many bytes.
func Grow(bytes int, do func(round int)) {
	go func() {
		for i := 0; i*bytes < Most; i++ {
			do(i)
			time.Sleep(Step)
		}
	}()
}

// Churn allocates garbage in the background for ever: so many bytes at each step, in pieces of that size.
func Churn(bytes, piece int) {
	go func() {
		for {
			for left := bytes; left > 0; left -= piece {
				garbage = Buffer(piece)
			}
			garbage = nil
			time.Sleep(Step)
		}
	}()
}

var garbage []byte

// Buffer allocates memory of the heap and writes to each page of it.
func Buffer(bytes int) []byte {
	buffer := make([]byte, bytes)
	Touch(buffer)
	return buffer
}

// Touch writes to each page.
func Touch(memory []byte) {
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
}

// Must and Check end the program if something went wrong that is no part of what is shown.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

func Check(err error) {
	if err != nil {
		panic(err)
	}
}
