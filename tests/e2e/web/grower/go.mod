module example.com/grower

go 1.19
