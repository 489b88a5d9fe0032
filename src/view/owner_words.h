// The words for owners (view/owners.h). Any thread may ask; nothing throws.
#pragma once

#include <cstdint>
#include <span>
#include <string>

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

// Of many the first eight; the report's JSON has all.
std::string owners_text(const heap::Snapshot& snapshot, const Owners& owners, std::span<const std::uint32_t> some);

// Whose it is: one owner, or those who share it, of many the first eight: "main.cache, main.index and 3 more".
std::string home_text(const heap::Snapshot& snapshot, const Owners& owners, const Home& home);

}  // namespace holdfast::view
