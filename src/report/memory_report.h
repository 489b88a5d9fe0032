// Renders where the memory of the whole process is, and what is not Go's heap: as text and as JSON (schema
// holdfast.account/1). The notes are also those of the report's first screen. Any thread may call these; nothing
// throws.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "report/text_style.h"
#include "view/report.h"

namespace holdfast::report {

constexpr std::size_t kAccountRows = 10;  // of each list

// What the account of a core is of.
inline constexpr std::string_view kOfCore =
    "a core does not say what was resident: counted are pages that hold anything but zeros, and files as mapped";

// `rows` is the most of each list; 0 = all.
std::string memory_text(const view::Report& report, const TextStyle& style, std::size_t rows = kAccountRows);
nlohmann::ordered_json memory_json(const view::Report& report);
// Its parts, which are those of the report, too: the sums, and what they are made of.
nlohmann::ordered_json account_json(const heap::Account& account);
nlohmann::ordered_json memory_parts_json(const view::MemoryAccount& memory);

// Each says what a line of the account is made of, or of what most; empty if there is nothing to say.
std::string free_note(const view::MemoryAccount& memory);
std::string stacks_note(const view::Report& report);
std::string c_heap_note(const view::MemoryAccount& memory);
std::string mapping_note(const view::MemoryAccount& memory, heap::MappingUse use);
// Says what a holder outside of the live heap is: "the C heap: 4.0 MiB in 120 blocks, 1.0 KiB free".
std::string outside_words(const view::Report& report, const view::ProcessHolder& holder);
// Says how the collector is told to work, and how it works: "GOGC=100, GOMEMLIMIT 80.0 MiB of which 79.1 MiB are used;
// 12.1 collections a second, ...". Empty if it is not known.
std::string pace_text(const view::Report& report);

}  // namespace holdfast::report
