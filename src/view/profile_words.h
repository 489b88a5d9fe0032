// What tables of profiles have in common: which sample type is meant, in which unit it counts, and what everybody has
// to know of its numbers. Any thread may call these.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "profile/filtered_profile.h"
#include "profile/sums.h"
#include "view/table.h"

namespace holdfast::view {

// Profiles of one kind, in the order in which they are named. Tables made of them keep them.
using Profiles = std::shared_ptr<const std::vector<profile::FilteredProfile>>;

// Which of the sample types `name` means: a whole name, or its end ("space" where that is one alone); of no name the
// one that the first profile means. Fails with kUsage.
std::size_t find_sample_type(const profile::Profile& profile, const std::string& name);

Unit unit_of(const profile::SampleType& type);
// "1.5 MiB", "3 s", "17".
std::string quantity_text(std::uint64_t number, Unit unit);
// "main.go:17", "main.serve main.go:17", "main.serve": a site in a few words.
std::string place_words(const profile::Site& site);

// Of allocations beside what is in use: columns of bytes and of objects. None if the profile is not of a heap.
struct HeapTypes {
  std::size_t allocated = 0, in_use = 0, allocated_objects = 0, in_use_objects = 0;
};
std::optional<HeapTypes> heap_types(const profile::Profile& profile);

// What everybody has to know of all numbers: the sum, how they were sampled, what was filtered, what is missing.
std::string remark_on(std::span<const profile::FilteredProfile> profiles, const profile::Sums& sums, std::size_t type);

// Gives columns that are said to be bytes the unit of the sample type.
void count_in(TableShape& shape, Unit unit);
// Keeps in the text what tells places apart, even where there is little room: by line and address their files and
// lines, by file the file and no function.
void show_places(TableShape& shape, profile::By by);
// Makes a table keep what its texts belong to.
void keep_with(Table& table, std::shared_ptr<const void> what);

}  // namespace holdfast::view
