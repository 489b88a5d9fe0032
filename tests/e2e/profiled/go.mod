module holdfast.test/profiled

go 1.19
