// The loaded half of the fixture plugin.
package main

import "fmt"

type record struct {
	name string
	next *record
}

// PluginGlobal lies in the plugin's own data: a root that the program's tables do not know.
var PluginGlobal map[int]*record

type result interface{ count() int }

func (r *record) count() int { return len(r.name) }

// Start fills the global, leaves a goroutine blocked in the plugin's code, and hands back a value of its own type.
func Start(n int) any {
	PluginGlobal = make(map[int]*record)
	for i := 0; i < n; i++ {
		PluginGlobal[i] = &record{name: fmt.Sprint("record ", i), next: PluginGlobal[i-1]}
	}
	own := &record{name: "only on the plugin's stack"}
	ready := make(chan int)
	go func() {
		ready <- 1
		<-ready
		PluginGlobal[0] = own
	}()
	<-ready
	var r result = &record{name: "result"}
	return r
}

func main() {}
