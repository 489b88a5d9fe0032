#include "capture/content.h"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/architecture.h"
#include "base/ranges.h"
#include "base/wire.h"
#include "base/zeros.h"
#include "go/package_names.h"

namespace holdfast::capture {
namespace {

// Calls `visit` with each page of the range, or part of one at its ends.
template <class Visit>
void for_each_page(AddressRange range, Visit&& visit) {
  for (Address at = range.begin; at < range.end;) {
    const std::uint64_t to_page_end = kSystemPage - at.value % kSystemPage;
    const AddressRange page{at, at + std::min<std::uint64_t>(range.end - at, to_page_end)};
    visit(page);
    at = page.end;
  }
}

bool is_in(const std::vector<AddressRange>& ranges, Address at) {
  return std::ranges::any_of(ranges, [&](const AddressRange& range) { return range.contains(at); });
}

// What the program was built with and that words of the content name: texts, as keys of maps can be, and values that
// interfaces hold.
class NamedConstants {
 public:
  // The arguments must outlive this.
  NamedConstants(const MemorySource& memory, const std::vector<AddressRange>& constants,
                 const std::vector<AddressRange>& data)
      : memory_(memory), constants_(constants), data_(data) {}

  // Looks at bytes from `begin` on, whole words. A header may begin in one page and end in the next.
  void look_at(Address begin, std::span<const std::byte> bytes) {
    for (std::uint64_t at = 0; at + 8 <= bytes.size(); at += 8) {
      const auto word = load_le<std::uint64_t>(bytes.data() + at);
      const bool is_constant = is_in(constants_, Address(word));
      if (next_at_ == begin + at) {
        if (text_ && word > 0 && word <= kLongest) take({text_, text_ + word});
        if (is_constant && is_in(data_, before_)) take_value(before_, Address(word));
      }
      text_ = is_constant ? Address(word) : Address();
      before_ = Address(word);
      next_at_ = begin + at + 8;
    }
  }
  std::vector<AddressRange> found() { return joined(std::move(found_)); }

 private:
  static constexpr std::uint64_t kLongest = 1 << 16;   // longer ones are files that were built in, seldom values
  static constexpr std::size_t kMostApart = 1U << 16;  // ranges, before they are joined

  // The first word of an interface is a type, which begins with its size, or an itab, whose second word is one.
  void take_value(Address first, Address value) {
    const auto [known, is_new] = sizes_.try_emplace(first, 0);
    if (is_new) {
      const auto word = memory_.try_pointer(first);
      const auto type = memory_.try_pointer(first + 8);
      const auto size = word && word->value > kLongest && type ? memory_.try_pointer(*type) : word;
      if (size && size->value <= kLongest) known->second = size->value;
    }
    if (known->second > 0) take({value, value + known->second});
  }
  void take(AddressRange text) {
    std::vector<std::byte> bytes(text.size());
    if (!memory_.try_read(text.begin, bytes)) return;  // no text: a number that looks like an address
    found_.push_back(text);
    if (found_.size() < 2 * joined_ + kMostApart) return;
    found_ = joined(std::move(found_));
    joined_ = found_.size();
  }

  const MemorySource& memory_;
  const std::vector<AddressRange>& constants_;
  const std::vector<AddressRange>& data_;
  std::vector<AddressRange> found_;
  std::size_t joined_ = 0;                            // what found_ had after it was joined last
  std::unordered_map<Address, std::uint64_t> sizes_;  // by first word of an interface; 0 = it is none
  Address text_;                                      // the word before, if it may be the address of a text
  Address before_;                                    // the word before
  Address next_at_;                                   // where the word behind it lies
};

// Function values that have captured nothing lie in the program's files, as one word: where the function begins.
class NamedFunctions {
 public:
  // The arguments must outlive this.
  NamedFunctions(const MemorySource& memory, const go::FunctionTables& functions, const std::vector<AddressRange>& data,
                 heap::Snapshot& snapshot)
      : memory_(memory), functions_(functions), data_(data), snapshot_(snapshot) {}

  void look_at(std::span<const std::byte> bytes) {
    for (std::uint64_t at = 0; at + 8 <= bytes.size(); at += 8) {
      const Address word(load_le<std::uint64_t>(bytes.data() + at));
      if (is_in(data_, word) && seen_.insert(word).second) take(word);
    }
  }

 private:
  void take(Address word) {
    const auto code = memory_.try_pointer(word);
    const auto found = code ? functions_.find(*code) : std::nullopt;
    if (found && found->function.entry == *code)
      snapshot_.named_words.push_back({word, {}, false, go::add_name(snapshot_.strings, found->function.name)});
  }

  const MemorySource& memory_;
  const go::FunctionTables& functions_;
  const std::vector<AddressRange>& data_;
  heap::Snapshot& snapshot_;
  std::unordered_set<Address> seen_;
};

// Takes the pages of the range that hold anything, and shows them to `constants` and `functions`. Programs ask for much
// memory that they never write to; it would take as much of ours.
void add_filled(const MemorySource& memory, AddressRange range, std::span<std::byte> scratch,
                std::vector<AddressRange>& out, NamedConstants& constants, NamedFunctions& functions,
                LossLedger& losses) {
  for_each_page(range, [&](AddressRange page) {
    const auto bytes = scratch.first(page.size());
    if (!memory.try_read(page.begin, bytes)) return losses.add(LossKind::kUnreadableContent, page.begin);
    if (is_zero(bytes)) return;
    append_range(out, page);
    constants.look_at(page.begin, bytes);
    functions.look_at(bytes);
  });
}

}  // namespace

void add_content(const go::Runtime& runtime, const go::FunctionTables& functions,
                 const std::vector<AddressRange>& constants, const std::vector<AddressRange>& data,
                 const std::vector<AddressRange>& holes, bool all, heap::Snapshot& snapshot, LossLedger& losses) {
  std::vector<AddressRange> wanted;
  wanted.reserve(snapshot.spans.size() + 4 * runtime.modules.size());
  for (const heap::Span& span : snapshot.spans)
    if (all || span.has_pointers) wanted.push_back({span.base, span.base + span.bytes()});
  for (const go::Module& module : runtime.modules)
    for (const AddressRange& range : module.variables()) wanted.push_back(range);
  std::vector<AddressRange> ranges;
  NamedConstants named(runtime.memory, constants, data);
  NamedFunctions named_functions(runtime.memory, functions, data, snapshot);
  std::vector<std::byte> scratch(kSystemPage);
  for (const AddressRange& range : without(joined(std::move(wanted)), holes))
    add_filled(runtime.memory, range, scratch, ranges, named, named_functions, losses);
  std::ranges::sort(snapshot.named_words, {}, &heap::NamedWord::word);
  const std::vector<AddressRange> texts = named.found();
  ranges.insert(ranges.end(), texts.begin(), texts.end());
  ranges = joined(std::move(ranges));
  HugeArray<std::uint8_t> bytes(total_bytes(ranges));
  std::uint64_t at = 0;
  for (const AddressRange& range : ranges)
    for_each_page(range, [&](AddressRange page) {
      const auto to = bytes.span().subspan(at, page.size());
      HOLDFAST_CHECK(runtime.memory.try_read(page.begin, std::as_writable_bytes(to)));
      at += page.size();
    });
  snapshot.content.ranges = std::move(ranges);
  snapshot.content.bytes = std::move(bytes);
}

}  // namespace holdfast::capture
