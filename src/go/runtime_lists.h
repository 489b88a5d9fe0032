// The runtime's own lists of goroutines and of processors, as the addresses of their records. Nothing else walks
// runtime.allgs or runtime.allp. Source: src/runtime/proc.go of Go 1.19-1.27 (reference 5.1).
#pragma once

#include <cstdint>
#include <vector>

#include "go/runtime.h"

namespace holdfast::go {

// No list of a damaged target is followed further than this.
constexpr std::uint64_t kMostGoroutines = 1 << 28;
constexpr std::uint64_t kMostProcessors = 1 << 16;

// Returns every runtime.g, dead ones included, in the order of runtime.allgs. In a running process the list is from one
// moment, or a little older than its length. Fails with kNotFound if the program does not tell where the list is, and
// with kDamaged if it claims to be too long or cannot be read.
std::vector<Address> list_goroutines(const Runtime& runtime);

// Returns how many list_goroutines() returns. Fails likewise.
std::uint64_t goroutine_list_length(const Runtime& runtime);

// Returns every runtime.p, in order, without empty places of the list. Fails likewise.
std::vector<Address> list_processors(const Runtime& runtime);

// The same for passes that can do without: empty instead of a failure.
std::vector<Address> try_list_goroutines(const Runtime& runtime);
std::vector<Address> try_list_processors(const Runtime& runtime);

}  // namespace holdfast::go
