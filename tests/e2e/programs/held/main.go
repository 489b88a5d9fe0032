// held has objects that variables and goroutines hold in several ways. It says who holds some of them, what every way
// to them goes through, and what would be free if references went.
package main

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"holdfast.test/programs/truth"
)

type user struct { // 64 bytes
	picture []byte
	id      uint64
	rest    [4]uint64
}

type session struct { // 64 bytes
	owner, again *user
	rest         [6]uint64
}

const (
	inMap, inList = 100, 10
	userBytes     = 64
	pictureBytes  = 1024
	bytesOfOne    = userBytes + pictureBytes
	one, deep     = 1, 2
)

var (
	byName  = map[int]*user{}
	list    []*user
	waiting []*user
	current *session
	never   = make(chan bool)
)

func newUser() *user { return &user{picture: make([]byte, pictureBytes)} }

func at(p unsafe.Pointer) string { return fmt.Sprintf("0x%x", uintptr(p)) }

//go:noinline
func wait(u *user) {
	<-never
	runtime.KeepAlive(u)
}

// build returns the addresses of those that facts are about.
//
//go:noinline
func build() (shared, alone, waited, array string) {
	for i := 0; i < inMap; i++ {
		byName[i] = newUser()
	}
	list = make([]*user, inList+1)
	list[0] = byName[7]
	for i := 1; i <= inList; i++ {
		list[i] = newUser()
	}
	u := newUser()
	current = &session{owner: u, again: u}
	waiting = make([]*user, 1)
	waiting[0] = newUser()
	go wait(waiting[0])
	return at(unsafe.Pointer(list[0])), at(unsafe.Pointer(u)), at(unsafe.Pointer(waiting[0])), at(unsafe.Pointer(&list[0]))
}

func main() {
	shared, alone, waited, array := build()
	for runtime.NumGoroutine() < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // until it waits
	entries := "entries:" + at(*(*unsafe.Pointer)(unsafe.Pointer(&byName)))
	session := at(unsafe.Pointer(current))

	truth.Fact("why "+shared+" holders", 2)
	truth.Fact("why "+shared+" through", 0)
	truth.Fact("why "+shared+" steps", deep) // main.list, its array, the user
	truth.Fact("why "+shared+" retained", bytesOfOne)
	truth.Fact("why "+alone+" holders", 0)
	truth.Fact("why "+alone+" through", deep) // main.current, the session
	truth.Fact("why "+alone+" steps", deep)
	truth.Fact("why "+alone+" retained", bytesOfOne)
	truth.Fact("why "+waited+" holders", 2)
	truth.Fact("why "+waited+" through", 0)
	truth.Fact("why "+waited+" retained", bytesOfOne)

	truth.Fact("free "+shared+" pointers", 2)
	truth.Fact("free "+shared+" freed", bytesOfOne)
	truth.Fact("free "+alone+" pointers", one) // main.current; the session has two
	truth.Fact("free "+waited+" pointers", 2)

	truth.Fact("cut --drop "+entries+" freed", (inMap-1)*bytesOfOne)
	truth.Fact("cut --drop "+entries+" kept", bytesOfOne)
	truth.Fact("cut --drop "+entries+" --drop "+array+"->"+shared+" freed", inMap*bytesOfOne)
	truth.Fact("cut --drop "+entries+" --drop entries:"+array+" freed", (inMap+inList)*bytesOfOne)
	truth.Fact("cut --drop "+session+".owner freed", 0)
	truth.Fact("cut --drop "+session+".owner --drop "+session+".again freed", bytesOfOne)
	truth.Fact("cut --drop "+alone+" freed", bytesOfOne)
	truth.Fact("cut --drop type:main.user freed", (inMap+inList+2)*bytesOfOne)
	truth.Ready()
}
