#include "view/one_span.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "view/holders.h"
#include "view/shown_object.h"
#include "view/span_table.h"

namespace holdfast::view {
namespace {

class SpanViewer {
 public:
  SpanViewer(const Groundwork& groundwork, const graph::Reachability& reached, std::size_t top)
      : groundwork_(groundwork),
        snapshot_(groundwork.snapshot()),
        index_(groundwork.names().index()),
        reached_(reached),
        top_(top) {}

  OneSpan run(Address address) {
    const SpanId id = index_.find_page(address);
    if (!id)
      fail(ErrorCode::kNotFound, "there is no span at {}: it is in {}", hex(address),
           place_without_object(snapshot_, index_, address));
    out_.span = snapshot_.spans[id.row];
    if (id.row < snapshot_.span_records.size()) out_.record = snapshot_.span_records[id.row];
    add_slots();
    add_residency();
    out_.stays = stays();
    add_keepers();
    return std::move(out_);
  }

 private:
  void add_slots() {
    const heap::Span& span = out_.span;
    out_.slots.assign(span.slots, SlotState::kFree);
    std::uint32_t object = span.first_object;
    for (std::uint32_t slot = 0; slot < span.slots; ++slot) {
      if (!heap::test_bit(snapshot_.allocated, std::uint64_t{span.bits_at} * 64 + slot)) continue;
      const bool lives = reached_.contains(ObjectId(object++));
      out_.slots[slot] = lives ? SlotState::kLive : SlotState::kGarbage;
      ++(lives ? out_.live : out_.garbage);
    }
    out_.marked = count_bits(snapshot_.marked, span.first_object, span.objects);
    out_.left_behind = span.bytes() - span.slots * span.slot_size;
  }

  void add_residency() {
    out_.residency_known = snapshot_.account.known && !snapshot_.account.of_mappings;
    const AddressRange pages{out_.span.base, out_.span.base + out_.span.bytes()};
    for (const AddressRange& range : snapshot_.absent) {
      const AddressRange part{std::max(range.begin, pages.begin), std::min(range.end, pages.end)};
      if (!part.empty()) out_.absent += part.size();
    }
  }

  SpanStays stays() const {
    if (out_.live > 0) return SpanStays::kLive;
    if (out_.record && out_.record->processor != heap::SpanRecord::kNobody) return SpanStays::kCached;
    const heap::SweepState sweep = out_.record ? out_.record->sweep : heap::SweepState::kUnknown;
    const bool is_unswept = sweep == heap::SweepState::kWaits || sweep == heap::SweepState::kBeingSwept;
    if (is_unswept && out_.span.has_marks && out_.marked == 0) return SpanStays::kNotSwept;
    if (out_.garbage == 0) return SpanStays::kEmpty;
    return out_.span.has_marks && out_.marked > 0 ? SpanStays::kMarked : SpanStays::kGarbage;
  }

  Sentence type_of(ObjectId object) const {
    const std::string type = groundwork_.names().type_of(object);
    return type.empty() ? sentence("an object of {}", format_bytes(out_.span.slot_size)) : named(type);
  }

  void add_keepers() {
    PlaceFinder places(groundwork_);
    std::map<std::string, SpanKeeper> keepers;
    for (std::uint32_t o = 0; o < out_.span.objects; ++o) {
      const ObjectId object(out_.span.first_object + o);
      if (!reached_.contains(object)) continue;
      Sentence who = places.place_of(object).text;
      if (who.empty()) who = sentence("memory of the runtime");
      SpanKeeper& keeper = keepers[who.full];
      if (keeper.objects++ > 0) continue;
      keeper.who = std::move(who);
      keeper.example = index_.address_of(object);
      keeper.type = type_of(object);
    }
    for (auto& [name, keeper] : keepers) out_.keepers.push_back(std::move(keeper));
    std::ranges::stable_sort(out_.keepers, std::ranges::greater(), &SpanKeeper::objects);
    if (top_ == 0 || out_.keepers.size() <= top_) return;
    for (std::size_t k = top_; k < out_.keepers.size(); ++k) out_.left_out_objects += out_.keepers[k].objects;
    out_.left_out_keepers = out_.keepers.size() - top_;
    out_.keepers.resize(top_);
  }

  const Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const graph::Reachability& reached_;
  std::size_t top_;
  OneSpan out_;
};

}  // namespace

OneSpan one_span(const Groundwork& groundwork, const graph::Reachability& reached, Address address, std::size_t top) {
  return SpanViewer(groundwork, reached, top).run(address);
}

}  // namespace holdfast::view
