module holdfast.bench/service_heap

go 1.19
