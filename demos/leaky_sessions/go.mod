module example.com/leaky_sessions

go 1.19
