module holdfast.test/leaks/fastcache

go 1.21

require github.com/VictoriaMetrics/fastcache v1.5.7

require (
	github.com/cespare/xxhash/v2 v2.1.1 // indirect
	github.com/golang/snappy v0.0.1 // indirect
)
