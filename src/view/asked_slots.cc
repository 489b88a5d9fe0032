#include "view/asked_slots.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/architecture.h"
#include "base/error.h"
#include "base/text.h"
#include "heap/field_path.h"
#include "view/freed_slot.h"
#include "view/shown_object.h"

namespace holdfast::view {

AskedSlots::AskedSlots(const Names& names, const heap::FreedMemory& freed, std::span<const dumps::AskedAddress> asked)
    : names_(names), asked_(asked) {
  const heap::ObjectIndex& index = names.index();
  for (const dumps::AskedAddress& each : asked) {
    if (each.is_holder) continue;
    if (const auto hit = index.find(each.address)) {
      const heap::Span& span = names.snapshot().spans[hit->span.row];
      const Address begin = span.base + hit->slot * span.slot_size;
      slots_.push_back({{begin, begin + span.slot_size}, hit->allocated});
    } else if (freed.has(each.address)) {
      const Address page(each.address.value / kGoPage * kGoPage);
      slots_.push_back({{page, page + kGoPage}, false});
    } else if (each.what.empty()) {
      fail(ErrorCode::kNotFound, "{} is in {}, and not in the Go heap", hex(each.address),
           place_without_object(names.snapshot(), index, each.address));
    }
  }
}

const AskedSlots::Slot* AskedSlots::find(Address value) const {
  const auto found = std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.range.contains(value); });
  return found == slots_.end() ? nullptr : &*found;
}

std::string AskedSlots::text() const {
  std::string text;
  for (const dumps::AskedAddress& each : asked_) text += text_of(each) + " ";
  return text;
}

std::string AskedSlots::text_of(const dumps::AskedAddress& asked) const {
  const heap::Snapshot& snapshot = names_.snapshot();
  const heap::ObjectIndex& index = names_.index();
  const std::string address =
      asked.what.empty() ? hex(asked.address) : fmt::format("{}, {},", hex(asked.address), asked.what);
  const ObjectId object = index.find_object(asked.address);
  if (!object)
    return fmt::format("{} is in {}{}.", address, place_without_object(snapshot, index, asked.address),
                       history_of_slot(snapshot, index, asked.address));
  const std::string place = place_in_object(asked.address, object);
  if (asked.is_holder) return fmt::format("{} is in {}.", address, place);
  return fmt::format("{} is in {}, so if it was freed, it is in use again; pointers to it are no fault and not listed.",
                     address, place);
}

std::string AskedSlots::place_in_object(Address address, ObjectId object) const {
  const heap::Snapshot& snapshot = names_.snapshot();
  const std::string type = names_.type_of(object);
  const Address start = names_.index().address_of(object);
  const heap::Span& span = snapshot.spans[names_.index().find_span(object).row];
  std::string text =
      fmt::format("an object: {} at {}", type.empty() ? "of unknown type" : short_type(type), hex(start));
  const std::uint64_t offset = address - start;
  const heap::ObjectType known = snapshot.object_type[object.row];
  if (!known || offset <= span.header || known.known_by() == heap::KnownBy::kPart) return text;
  const heap::FieldPath path =
      heap::field_path(snapshot, known.type(), offset - span.header, span.slot_size - span.header);
  return path.is_named ? fmt::format("{} ({})", text, path.text) : text;
}

}  // namespace holdfast::view
