// Says where the parts of the structures lie that the runtime builds by itself: map headers, channels, waiters, pools.
// They have no usable type descriptors, so the layouts tell (reference 6.4 to 6.7). Numbers are offsets in bytes,
// except for members that end in `bytes`, which are sizes.
#pragma once

#include <cstdint>
#include <optional>

#include "go/runtime.h"

namespace holdfast::go {

// runtime.hmap (up to Go 1.23, and later without swiss maps). It has 2^log2_buckets buckets and, while it grows, the
// old ones too.
struct HashMapLayout {
  std::uint64_t bytes = 0;
  std::uint32_t count = 0;         // u64
  std::uint32_t flags = 0;         // u8; 8 = it grows at the same size
  std::uint32_t log2_buckets = 0;  // u8
  std::uint32_t buckets = 0, old_buckets = 0;
  std::uint32_t extra = 0;  // pointer to runtime.mapextra or null
  std::uint64_t extra_bytes = 0;
  std::uint32_t overflow = 0, old_overflow = 0;  // in mapextra: pointers to []*bucket
  std::uint32_t next_overflow = 0;               // in mapextra: pointer into the bucket array
};

// internal/runtime/maps.Map (Go 1.24+). If directory_length is 0, `directory` is one group; else it is an array of
// *table.
struct SwissMapLayout {
  std::uint64_t bytes = 0;
  std::uint32_t count = 0;  // u64
  std::uint32_t directory = 0, directory_length = 0;
  std::uint64_t table_bytes = 0;
  std::uint32_t groups = 0;       // in the table: a pointer to the array of groups
  std::uint32_t groups_mask = 0;  // in the table: the number of groups - 1
  std::uint32_t table_index = 0;  // in the table: its first place in the directory
  std::uint32_t clears = 0;       // u64: how often the map was cleared
  // In the table, each u16: entries, slots, and how many slots can still be filled before it grows.
  std::uint32_t table_used = 0, table_capacity = 0, growth_left = 0;
};

// runtime.hchan. If the capacity is 0 or elements have no pointers, `buffer` points into the channel itself.
struct ChannelLayout {
  std::uint64_t bytes = 0;
  std::uint32_t count = 0, capacity = 0, buffer = 0, elem_type = 0;
  std::uint32_t elem_size = 0;               // u16
  std::uint32_t closed = 0;                  // u32
  std::uint32_t receive_index = 0;           // u64: the element of the buffer that is received next
  std::uint32_t receivers = 0, senders = 0;  // runtime.waitq: the first and last waiter
};

// runtime.sudog: one goroutine in one wait queue. From Go 1.26 on, its element and channel are pairs of a traced and a
// real pointer; these are the places of the real ones.
struct WaiterLayout {
  std::uint64_t bytes = 0;
  std::uint32_t goroutine = 0, next = 0, previous = 0, elem = 0, channel = 0;
  std::uint32_t wait_link = 0;  // the next waiter of the same goroutine, or of the same semaphore
  std::uint32_t is_select = 0;  // bool
};

// sync.Pool and its per-P parts.
struct PoolLayout {
  std::uint64_t bytes = 0;
  std::uint32_t local = 0, local_size = 0, victim = 0, victim_size = 0;
  std::uint64_t local_bytes = 0;  // of one sync.poolLocal
};

// A member is nullopt if the layouts do not have all of it.
struct LibraryLayouts {
  std::optional<HashMapLayout> hash_map;
  std::optional<SwissMapLayout> swiss_map;
  std::optional<ChannelLayout> channel;
  std::optional<WaiterLayout> waiter;
  std::optional<PoolLayout> pool;
};

LibraryLayouts read_library_layouts(const LayoutSource& layouts);

}  // namespace holdfast::go
