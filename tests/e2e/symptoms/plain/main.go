// plain: the symptoms that take no C. `plain NAME` shows one of them; tests/e2e/symptoms.py says which program is for what.
package main

import "holdfast.test/symptoms/run"

func main() {
	run.Main(map[string]func(){
		"mapped_memory":    growMappedMemory,
		"mapped_file":      growMappedFile,
		"shared_memory":    growSharedMemory,
		"high_gogc":        churnUnderHighGOGC,
		"collector_off":    churnWithoutCollector,
		"unsampled":        growUnsampled,
		"cache":            growCache,
		"history":          growHistory,
		"pending_timers":   growTimers,
		"limit_only":       churnUpToLimit,
		"gogc_raised":      churnUnderRisingGOGC,
		"rarely_collected": churnRarelyCollected,
		"blocked_senders":  growSenders,
		"open_contexts":    growContexts,
		"held_lock":        growWaitersForLock,
		"lazily_freed":     freeLazily,
		"peak":             peakOnce,
		"bursts":           burst,
		"survivors":        keepSurvivors,
		"size_classes":     keepOfEachClass,
		"large_neighbours": keepAmongLarge,
	})
}
