#include "go/channel_record.h"

#include <limits>

namespace holdfast::go {

std::uint64_t ChannelRecord::buffer_bytes() const {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(capacity, elem_size, &bytes)) return std::numeric_limits<std::uint64_t>::max();
  return bytes;
}

ChannelReader::ChannelReader(const Runtime& runtime) {
  const LibraryLayouts layouts = read_library_layouts(runtime.layouts);
  layout_ = layouts.channel;
  waiter_layout_ = layouts.waiter;
  if (layout_) record_.emplace(runtime.memory, layout_->bytes);
  if (waiter_layout_) waiter_.emplace(runtime.memory, waiter_layout_->bytes);
}

std::optional<ChannelRecord> ChannelReader::read(Address channel) {
  if (!record_ || !record_->read(channel)) return std::nullopt;
  const auto word = [&](std::uint32_t offset) { return record_->number(FieldLayout{offset, 8}); };
  return ChannelRecord{.length = word(layout_->count),
                       .capacity = word(layout_->capacity),
                       .elem_size = record_->number(FieldLayout{layout_->elem_size, 2}),
                       .closed = record_->number(FieldLayout{layout_->closed, 4}),
                       .buffer = Address(word(layout_->buffer)),
                       .elem_type = Address(word(layout_->elem_type)),
                       .first_receiver = Address(word(layout_->receivers)),
                       .first_sender = Address(word(layout_->senders))};
}

void ChannelReader::add_queue(Address channel, Address first, std::uint64_t most, std::vector<Address>& sudogs) {
  if (!waiter_) return;
  const auto pointer = [&](std::uint32_t offset) { return waiter_->pointer(FieldLayout{offset, 8}); };
  Address sudog = first;
  for (std::uint64_t i = 0; sudog && i < most && waiter_->read(sudog); ++i) {
    if (pointer(waiter_layout_->channel) != channel) return;
    sudogs.push_back(sudog);
    sudog = pointer(waiter_layout_->next);
  }
}

}  // namespace holdfast::go
