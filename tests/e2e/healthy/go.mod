module holdfast.test/healthy

go 1.19
