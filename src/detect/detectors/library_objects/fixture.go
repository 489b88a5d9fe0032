// A time zone that is loaded for each user, and one that is loaded once.
//
// expects: strong
package library_objects

import "time"

type user struct {
	zone *time.Location
	name [64]byte
}

var users []*user

// What LoadLocation gives, on machines that have no zones installed as well.
func load(data []byte) *time.Location {
	zone, err := time.LoadLocationFromTZData("Example/City", data)
	if err != nil {
		panic(err)
	}
	return zone
}

// A file of version 1 with 100 changes between two sorts of time.
func zoneData() []byte {
	const changes = 100
	data := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []int{0, 0, 0, changes, 2, 8} {
		data = append(data, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	for i := 0; i < changes; i++ {
		at := i * 1_000_000
		data = append(data, byte(at>>24), byte(at>>16), byte(at>>8), byte(at))
	}
	for i := 0; i < changes; i++ {
		data = append(data, byte(i%2))
	}
	data = append(data, 0, 0, 14, 16, 0, 0)
	data = append(data, 0, 0, 28, 32, 1, 4)
	return append(data, "CET\x00CST\x00"...)
}

func Fault() {
	data := zoneData()
	for i := 0; i < 2000; i++ {
		users = append(users, &user{zone: load(data)})
	}
}

func Twin() {
	zone := load(zoneData())
	for i := 0; i < 2000; i++ {
		users = append(users, &user{zone: zone})
	}
}
