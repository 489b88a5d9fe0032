module holdfast.test/leaks/failsafe

go 1.21

require github.com/failsafe-go/failsafe-go v0.9.5

require github.com/bits-and-blooms/bitset v1.24.4 // indirect
