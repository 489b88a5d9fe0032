//go:build !go1.24

package main

func makeCleaned(int) int { return 0 }
