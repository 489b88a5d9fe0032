#include "capture/mapping_holders.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/architecture.h"
#include "base/parallel.h"
#include "capture/roots.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kHeapParts = 64;
constexpr std::size_t kKept = 16;      // words of a mapping by which it may be explained
constexpr std::size_t kLookedAt = 64;  // the first words of each part of the walk; some may be the runtime's own
// Of one object into one mapping: records of the runtime have many such words, and others must not be crowded out.
constexpr std::size_t kOfOneObject = 2;
// Less than this is not worth a walk through the heap: at least, and in parts of all resident bytes.
constexpr std::uint64_t kLeastBytes = 1 << 20;
constexpr std::uint64_t kLeastShare = 100;

struct PointingWord {
  std::uint32_t mapping = 0;
  Address at;
  Address value;
};

// What one part of the walk found: words are counted, and the first of each mapping are kept.
class Found {
 public:
  // What is added from here on is of another object.
  void begin_object() { ++object_; }
  void add(const PointingWord& word) {
    if (counts_.size() <= word.mapping) {
      counts_.resize(word.mapping + std::size_t{1});
      kept_.resize(counts_.size());
    }
    ++counts_[word.mapping];
    Kept& kept = kept_[word.mapping];
    if (kept.object != object_) kept.object = object_, kept.of_object = 0;
    if (kept.words == kLookedAt || kept.of_object == kOfOneObject) return;
    ++kept.words;
    ++kept.of_object;
    words_.push_back(word);
  }
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  const std::vector<PointingWord>& words() const { return words_; }

 private:
  struct Kept {
    std::size_t words = 0, of_object = 0;
    std::uint64_t object = 0;  // the last one
  };
  std::vector<std::uint64_t> counts_;  // by row of the mapping, up to the last one found
  std::vector<Kept> kept_;             // by the same
  std::uint64_t object_ = 0;
  std::vector<PointingWord> words_;
};

class Search {
 public:
  Search(const std::vector<heap::Mapping>& mappings, std::span<const AddressRange> records) : records_(records) {
    std::set<StringId> programs;
    for (const heap::Mapping& mapping : mappings)
      if (mapping.use == heap::MappingUse::kGlobals && mapping.name) programs.insert(mapping.name);
    for (std::uint32_t row = 0; row < mappings.size(); ++row) {
      const heap::Mapping& mapping = mappings[row];
      const bool explained = mapping.use == heap::MappingUse::kOther || mapping.use == heap::MappingUse::kCHeap ||
                             (mapping.use == heap::MappingUse::kFile && !programs.contains(mapping.name));
      if (!explained) continue;
      bytes_ += mapping.resident;
      rows_.push_back(row);
      ranges_.push_back(mapping.range);
    }
    if (!ranges_.empty()) hull_ = {ranges_.front().begin, ranges_.back().end};
  }

  std::uint64_t bytes() const { return bytes_; }

  void look_at(Address at, std::span<const std::byte> bytes, Found& found) const {
    for (std::uint64_t i = 0; i + kWord <= bytes.size(); i += kWord) {
      const Address value(load_le<std::uint64_t>(bytes.data() + i));
      if (!hull_.contains(value)) continue;
      const auto it = std::ranges::partition_point(ranges_, [&](const AddressRange& r) { return r.end <= value; });
      if (it != ranges_.end() && it->contains(value) && !is_in_record(value))
        found.add({rows_[static_cast<std::size_t>(it - ranges_.begin())], at + i, value});
    }
  }

 private:
  bool is_in_record(Address value) const {
    const auto it = std::ranges::partition_point(records_, [&](const AddressRange& r) { return r.end <= value; });
    return it != records_.end() && it->contains(value);
  }

  std::span<const AddressRange> records_;
  std::uint64_t bytes_ = 0;
  std::vector<AddressRange> ranges_;
  std::vector<std::uint32_t> rows_;  // of the same places
  AddressRange hull_;
};

// Looks at every object of a span. What cannot be read has been counted by the pass over the edges.
void look_at_span(const Search& search, const MemorySource& memory, const heap::Snapshot& snapshot,
                  const heap::Span& span, Found& found) {
  for (std::uint64_t slot = 0; slot < span.slots; ++slot) {
    if (!heap::test_bit(snapshot.allocated, std::uint64_t{span.bits_at} * 64 + slot)) continue;
    const Address at = span.base + slot * span.slot_size;
    found.begin_object();
    if (const std::byte* bytes = memory.try_view(at, span.slot_size))
      search.look_at(at, {bytes, span.slot_size}, found);
  }
}

// Each word of a section counts as a variable.
void look_at_section(const Search& search, const MemorySource& memory, const AddressRange& section, Found& found) {
  std::vector<std::byte> bytes(section.size());
  if (!memory.try_read(section.begin, bytes)) return;
  for (std::uint64_t i = 0; i + kWord <= bytes.size(); i += kWord) {
    found.begin_object();
    search.look_at(section.begin + i, std::span(bytes).subspan(i, kWord), found);
  }
}

void keep(const Found& found, heap::Snapshot& snapshot, std::vector<PointingWord>& words) {
  for (std::size_t row = 0; row < found.counts().size(); ++row) snapshot.mappings[row].pointers += found.counts()[row];
  words.insert(words.end(), found.words().begin(), found.words().end());
}

}  // namespace

void add_mapping_holders(const go::Runtime& runtime, const go::Symbols& symbols, std::span<const AddressRange> records,
                         RootWriter& forest, heap::Snapshot& snapshot) {
  const Search search(snapshot.mappings, records);
  if (search.bytes() < std::max(kLeastBytes, snapshot.account.rss / kLeastShare)) return;
  std::vector<Found> parts(kHeapParts);
  for_each_part(snapshot.spans.size(), kHeapParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t s = begin; s < end; ++s)
      if (snapshot.spans[s].has_pointers)
        look_at_span(search, runtime.memory, snapshot, snapshot.spans[s], parts[part]);
  });
  // Variables first: they say more than an object.
  std::vector<PointingWord> words;
  for (const go::Module& module : runtime.modules)
    for (const AddressRange& section : {module.data, module.bss}) {
      Found found;
      look_at_section(search, runtime.memory, section, found);
      keep(found, snapshot, words);
    }
  for (const Found& found : parts) keep(found, snapshot, words);
  std::ranges::stable_sort(words, {}, &PointingWord::mapping);
  std::size_t kept = 0, variables = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const PointingWord& word = words[i];
    if (i > 0 && words[i - 1].mapping != word.mapping) kept = variables = 0;
    if (kept == kKept) continue;
    heap::MappingHolder holder{word.mapping, forest.index().find_object(word.at), {}, 0, word.value};
    if (holder.object) {
      holder.offset = word.at - forest.index().address_of(holder.object);
    } else {
      const auto [label, begin] = variable_label(runtime, symbols, word.at, snapshot.strings);
      // Not all that the system joins with the program's mappings is a record that is known.
      if (variables == kKept / 2) continue;  // without symbols, many may be the runtime's
      if (label.variable && snapshot.strings[label.variable].starts_with("runtime.")) continue;
      holder.variable = forest.add_label(label);
      holder.offset = word.at - begin;
      ++variables;
    }
    ++kept;
    snapshot.mapping_holders.push_back(holder);
  }
}

}  // namespace holdfast::capture
