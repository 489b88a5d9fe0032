module holdfast.test/collector

go 1.19
