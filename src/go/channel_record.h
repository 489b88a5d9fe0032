// Reads the headers of channels (runtime.hchan) and who waits in their queues (runtime.waitq and runtime.sudog). Values
// of Go 1.19-1.27 (reference 6.6); sizes in bytes. For one thread. Nothing throws: memory that was not copied, as that
// of pointer-free channels of a live target for which nobody waits, is a channel of which nothing is known.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "go/library_layouts.h"
#include "go/record.h"
#include "go/runtime.h"

namespace holdfast::go {

struct ChannelRecord {
  std::uint64_t length = 0;    // elements in the buffer
  std::uint64_t capacity = 0;  // elements that it has room for
  std::uint64_t elem_size = 0;
  std::uint64_t closed = 0;  // 1: it is
  Address buffer;            // `capacity` elements, if these have a size; in the channel's own object or in another one
  Address elem_type;         // null: the channel is being made, and nothing else is true yet
  Address first_receiver, first_sender;  // sudogs

  // Bytes of all elements that there is room for; the most that there can be where the record is damaged.
  std::uint64_t buffer_bytes() const;
  // Whether a channel can be like that.
  bool is_sound() const { return length <= capacity && closed <= 1; }
};

class ChannelReader {
 public:
  explicit ChannelReader(const Runtime& runtime);

  // None if it cannot be read, or if the layouts do not tell. What it says must be asked whether it is sound.
  std::optional<ChannelRecord> read(Address channel);

  // Appends the sudogs of a queue from its first one on. It ends where the list leaves the channel or gets longer than
  // `most`.
  void add_queue(Address channel, Address first, std::uint64_t most, std::vector<Address>& sudogs);

 private:
  std::optional<ChannelLayout> layout_;
  std::optional<WaiterLayout> waiter_layout_;
  std::optional<Record> record_, waiter_;
};

}  // namespace holdfast::go
