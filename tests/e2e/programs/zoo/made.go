package main

import (
	"bytes"
	"reflect"

	"holdfast.test/programs/truth"
)

// Types that exist only on the heap: the runtime builds their descriptors and pointer masks as the program runs.
type madeTypes struct {
	structs   []any
	functions []any
	maps      []reflect.Value
	slices    []reflect.Value
	channels  []reflect.Value
	arrays    []reflect.Value
	values    []reflect.Value
}

var zooMade madeTypes

func holdMadeTypes() {
	nodePointer := reflect.TypeOf((*node)(nil))
	text := reflect.TypeOf("")
	for i := 1; i <= 8; i++ {
		made := reflect.StructOf([]reflect.StructField{
			{Name: "Plain", Type: reflect.ArrayOf(i*3, reflect.TypeOf(byte(0)))},
			{Name: "Node", Type: nodePointer, Tag: `json:"node"`},
			{Name: "Many", Type: reflect.ArrayOf(i*7, nodePointer)},
			{Name: "Text", Type: text},
		})
		v := reflect.New(made)
		v.Elem().Field(1).Set(reflect.ValueOf(newNode(i)))
		for j := 0; j < i*7; j++ {
			v.Elem().Field(2).Index(j).Set(reflect.ValueOf(newNode(j)))
		}
		v.Elem().Field(3).SetString(newNode(i).name)
		zooMade.structs = append(zooMade.structs, v.Interface())

		m := reflect.MakeMap(reflect.MapOf(text, reflect.PtrTo(made)))
		for j := 0; j < 20*i; j++ {
			m.SetMapIndex(reflect.ValueOf(newNode(j).name), v)
		}
		zooMade.maps = append(zooMade.maps, m)
		s := reflect.MakeSlice(reflect.SliceOf(made), 5, 9)
		s.Index(3).Set(v.Elem())
		zooMade.slices = append(zooMade.slices, s)
		c := reflect.MakeChan(reflect.ChanOf(reflect.BothDir, made), 4)
		c.Send(v.Elem())
		zooMade.channels = append(zooMade.channels, c)
		zooMade.arrays = append(zooMade.arrays, reflect.New(reflect.ArrayOf(4000*i, nodePointer)))
		zooMade.arrays[i-1].Elem().Index(4000*i - 1).Set(reflect.ValueOf(newNode(i)))
	}
	// Of the last one: the value that the map has, the array of a slice, the buffer of a channel.
	truth.Fact("objects of struct { Plain [24]uint8; Node *main.node; Many [56]*main.node; Text string }", 3)
	signature := reflect.FuncOf([]reflect.Type{nodePointer, text}, []reflect.Type{text}, false)
	for i := 0; i < 5; i++ {
		n := newNode(i)
		f := reflect.MakeFunc(signature, func(in []reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(n.name + in[1].String())}
		})
		f.Call([]reflect.Value{reflect.ValueOf(n), reflect.ValueOf("x")})
		zooMade.functions = append(zooMade.functions, f.Interface())
		zooMade.values = append(zooMade.values, reflect.ValueOf(bytes.NewBufferString(n.name)).MethodByName("Len"))
	}
	spawn(blockInMakeFunc)
}

// A goroutine that blocks under a call made by reflect: the frames between have stack maps of their own kind.
func blockInMakeFunc() {
	f := reflect.MakeFunc(reflect.TypeOf(keep), func(in []reflect.Value) []reflect.Value {
		<-neverSent
		keep(in[0].Interface().(*payload))
		return nil
	})
	f.Interface().(func(*payload))(chain(3))
}
