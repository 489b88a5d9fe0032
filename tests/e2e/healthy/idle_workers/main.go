// idle_workers starts its workers long before there is work, and has none for now. Only a global variable knows the
// queue: no goroutine that runs has it.
package main

import (
	"fmt"
	"sync"

	"holdfast.test/healthy/load"
)

type task struct{ id int }

var (
	queue = make(chan task, 64)
	ready sync.WaitGroup
	sums  [300]int
)

// Submit is what the program calls when somebody asks for something.
func Submit(id int) { queue <- task{id} }

func worker(n int) {
	table := make([]int, 8<<10)
	ready.Done()
	for one := range queue {
		table[one.id%len(table)]++
		sums[n]++
	}
	fmt.Println(table[0])
}

func main() {
	ready.Add(len(sums))
	for i := range sums {
		go worker(i)
	}
	ready.Wait()
	load.Look()
	Submit(1)
}
