// labels: goroutines with pprof labels, set by pprof.Do and inherited by go statements, that hold buffers of their own,
// one in common, and one that a package variable holds as well.
package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"

	"holdfast.test/programs/truth"
)

const (
	acmeBytes   = 256 << 10
	betaBytes   = 512 << 10
	commonBytes = 1 << 20
	configBytes = 128 << 10
	manyBytes   = 64 << 10
	manyLabels  = 12
)

var (
	config  = make([]byte, configBytes)
	never   = make(chan struct{})
	started sync.WaitGroup
)

//go:noinline
func serve(own, more []byte) {
	started.Done()
	<-never
	runtime.KeepAlive(own)
	runtime.KeepAlive(more)
}

func start(own int, more []byte) {
	started.Add(1)
	go serve(make([]byte, own), more)
}

// labelled runs f with the labels added to those of ctx; the goroutines that f starts inherit them.
func labelled(ctx context.Context, f func(context.Context), labels ...string) {
	pprof.Do(ctx, pprof.Labels(labels...), f)
}

func startTenants(ctx context.Context) {
	common := make([]byte, commonBytes)
	labelled(ctx, func(ctx context.Context) {
		labelled(ctx, func(context.Context) {
			start(acmeBytes, common)
			start(acmeBytes, nil)
		}, "route", "/pay")
		start(acmeBytes, nil)
	}, "tenant", "acme")
	labelled(ctx, func(ctx context.Context) {
		labelled(ctx, func(context.Context) { start(betaBytes, common) }, "route", "/pay")
		// This one sets its labels itself, and waits within.
		started.Add(1)
		go labelled(ctx, func(context.Context) { serve(make([]byte, betaBytes), config) }, "route", "/list")
	}, "tenant", "beta")
}

// state says what is true of the goroutines with one label.
func state(label string, goroutines, exclusive, shared uint64) {
	truth.Fact("label "+label+" goroutines", goroutines)
	truth.Fact("label "+label+" exclusive", exclusive)
	truth.Fact("label "+label+" shared", shared)
}

func main() {
	ctx := context.Background()
	startTenants(ctx)
	start(betaBytes, nil) // without labels
	// More labels than one bucket of a map has room for, with texts that are on the heap.
	labels := []string{}
	for i := 0; i < manyLabels; i++ {
		labels = append(labels, "key"+strconv.Itoa(i), fmt.Sprintf("value %d", i*i))
	}
	labelled(ctx, func(context.Context) { start(manyBytes, nil) }, labels...)
	started.Wait()

	state("tenant=acme", 3, 3*acmeBytes, commonBytes)
	state("tenant=beta", 2, 2*betaBytes, commonBytes+configBytes)
	state("route=/pay", 3, 2*acmeBytes+betaBytes+commonBytes, 0)
	state("route=/list", 1, betaBytes, configBytes)
	for i := 0; i < manyLabels; i++ {
		state(labels[2*i]+"="+labels[2*i+1], 1, manyBytes, 0)
	}
	truth.Ready()
	runtime.KeepAlive(config)
}
