module holdfast.test/leaks/ttlcache

go 1.19

require github.com/ReneKroon/ttlcache/v2 v2.11.0

require golang.org/x/sync v0.0.0-20210220032951-036812b2e83c // indirect
