module holdfast.test/leaks/wazero

go 1.19

require github.com/tetratelabs/wazero v1.3.1
