#include "capture/content.h"

#include <algorithm>
#include <span>

#include "base/architecture.h"
#include "base/ranges.h"
#include "base/wire.h"
#include "base/zeros.h"

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

// Texts that the program was built with, as keys of maps can be: finds those that words of the content name.
class NamedConstants {
 public:
  // The arguments must outlive this.
  NamedConstants(const MemorySource& memory, const std::vector<AddressRange>& constants)
      : memory_(memory), constants_(constants) {}

  // Looks at bytes from `begin` on, whole words. A header may begin in one page and end in the next.
  void look_at(Address begin, std::span<const std::byte> bytes) {
    for (std::uint64_t at = 0; at + 8 <= bytes.size(); at += 8) {
      const auto word = load_le<std::uint64_t>(bytes.data() + at);
      if (text_ && length_at_ == begin + at && word > 0 && word <= kLongest) take({text_, text_ + word});
      text_ = is_constant(Address(word)) ? Address(word) : Address();
      length_at_ = begin + at + 8;
    }
  }
  std::vector<AddressRange> found() { return joined(std::move(found_)); }

 private:
  static constexpr std::uint64_t kLongest = 1 << 16;   // longer ones are files that were built in, seldom values
  static constexpr std::size_t kMostApart = 1U << 16;  // ranges, before they are joined

  bool is_constant(Address at) const {
    return std::ranges::any_of(constants_, [&](const AddressRange& range) { return range.contains(at); });
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
  std::vector<AddressRange> found_;
  std::size_t joined_ = 0;  // what found_ had after it was joined last
  Address text_, length_at_;
};

// Takes the pages of the range that hold anything, and shows them to `constants`. Programs ask for much memory that
// they never write to; it would take as much of ours.
void add_filled(const MemorySource& memory, AddressRange range, std::span<std::byte> scratch,
                std::vector<AddressRange>& out, NamedConstants& constants, LossLedger& losses) {
  for_each_page(range, [&](AddressRange page) {
    const auto bytes = scratch.first(page.size());
    if (!memory.try_read(page.begin, bytes)) return losses.add(LossKind::kUnreadableContent, page.begin);
    if (is_zero(bytes)) return;
    append_range(out, page);
    constants.look_at(page.begin, bytes);
  });
}

}  // namespace

void add_content(const go::Runtime& runtime, const std::vector<AddressRange>& constants,
                 const std::vector<AddressRange>& holes, heap::Snapshot& snapshot, LossLedger& losses) {
  std::vector<AddressRange> wanted;
  wanted.reserve(snapshot.spans.size() + 4 * runtime.modules.size());
  for (const heap::Span& span : snapshot.spans) wanted.push_back({span.base, span.base + span.bytes()});
  for (const go::Module& module : runtime.modules)
    for (const AddressRange& range : module.variables()) wanted.push_back(range);
  std::vector<AddressRange> ranges;
  NamedConstants named(runtime.memory, constants);
  std::vector<std::byte> scratch(kSystemPage);
  for (const AddressRange& range : without(joined(std::move(wanted)), holes))
    add_filled(runtime.memory, range, scratch, ranges, named, losses);
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
