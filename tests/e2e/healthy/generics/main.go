// generics has containers of its own with type parameters: a tree, a set, and a queue that uses its room again.
package main

import (
	"fmt"
	"time"

	"holdfast.test/healthy/load"
)

type ordered interface{ ~int | ~string }

type node[K ordered, V any] struct {
	key         K
	value       V
	left, right *node[K, V]
}

type tree[K ordered, V any] struct {
	root *node[K, V]
	size int
}

func (t *tree[K, V]) set(key K, value V) {
	at := &t.root
	for *at != nil {
		switch {
		case key < (*at).key:
			at = &(*at).left
		case (*at).key < key:
			at = &(*at).right
		default:
			(*at).value = value
			return
		}
	}
	*at = &node[K, V]{key: key, value: value}
	t.size++
}

type set[T comparable] map[T]struct{}

type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) push(item T) { q.items = append(q.items, item) }

func (q *queue[T]) pop() T {
	var zero T
	item := q.items[q.head]
	q.items[q.head] = zero
	q.head++
	if q.head*2 >= len(q.items) {
		kept := copy(q.items, q.items[q.head:])
		for i := kept; i < len(q.items); i++ {
			q.items[i] = zero
		}
		q.items, q.head = q.items[:kept], 0
	}
	return item
}

type price struct {
	cents int
	note  [200]byte
}

func main() {
	var prices tree[string, *price]
	seen, waiting := set[int]{}, &queue[*price]{}
	for i := 0; i < 40000; i++ {
		n := i * 7919 % 99991
		prices.set(fmt.Sprint("item ", n), &price{cents: i})
		seen[n] = struct{}{}
	}
	go load.Forever(time.Millisecond, func(round int) {
		prices.set(fmt.Sprint("item ", round*7919%99991), &price{cents: round})
		for i := 0; i < 10; i++ {
			waiting.push(&price{cents: i})
		}
		for len(waiting.items)-waiting.head > 2000 {
			waiting.pop()
		}
	})
	load.Look()
}
