// The words for owners (view/owners.h). Any thread may ask; nothing throws.
#pragma once

#include "heap/snapshot.h"
#include "view/owners.h"
#include "view/sentence.h"

namespace holdfast::view {

// "main.cache", "600 goroutines in chan send at main.work main.go:17", "goroutine 7 at main.serve main.go:9", "the
// runtime", "4,096 words from global of main.main (bss+0x97c0) on", "finalizers"
Sentence owner_text(const heap::Snapshot& snapshot, const Owners& owners, std::uint32_t owner);
Sentence owner_text(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const OwnerRow& row);

// Of a home that is too large for names: "more than 256 owners: package variables, goroutines".
Sentence kinds_text(const Home& home);

}  // namespace holdfast::view
