// Channels as people read them: what they are called, how full they are, who waits for them. Several threads may ask;
// nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "view/channel_names.h"
#include "view/names.h"
#include "view/sentence.h"

namespace holdfast::view {

// It owns its texts.
struct ChannelFacts {
  Sentence name;        // after the package variable that leads to it (view/channel_names.h), or empty
  std::string element;  // the type of its elements; empty if it is not known
  Address address;
  std::uint64_t length = 0;    // elements in its buffer
  std::uint64_t capacity = 0;  // 0: it has no buffer
  bool closed = false;
  std::uint64_t senders = 0;  // goroutines that wait in it, those of a select as well
  std::uint64_t receivers = 0;

  bool operator==(const ChannelFacts&) const = default;
};

// The channels that some goroutines wait for.
struct WaitedChannels {
  std::uint64_t count = 0;          // different ones
  std::optional<ChannelFacts> one;  // if there is but one
  std::string element;              // of all of them; empty if they differ or it is not known
  // If there are several: those that each of the goroutines waits for, the ones with names first, in their order.
  std::vector<ChannelFacts> common;
};

class Channels {
 public:
  // `names` must outlive this.
  explicit Channels(const Names& names);

  // Names are looked for when the first facts are asked about, or now.
  void find_names() const { channel_names_.find(); }

  ChannelFacts facts(ChannelId channel) const;
  WaitedChannels waited_by(std::span<const GoroutineId> goroutines) const;

 private:
  struct Counts {
    std::uint64_t senders = 0, receivers = 0;
  };

  std::vector<ChannelId> channels_of(GoroutineId goroutine) const;
  std::string element_of(ChannelId channel) const;

  const Names& names_;
  const heap::Snapshot& snapshot_;
  ChannelNames channel_names_;
  std::vector<Counts> counts_;  // by ChannelId
};

// "512 of 512 filled, closed", "unbuffered"
std::string filling_text(const ChannelFacts& channel);
// The same, and who waits: "512 of 512 filled, 88 senders wait"
std::string state_text(const ChannelFacts& channel);

// To be said behind "chan send", "chan receive" and "select": " to main.queue (chan *main.job, 512 of 512 filled)",
// " from 100 channels (chan int)", " on main.queue (...), main.pool.done (...) and 88 other channels". Empty for other
// reasons, and if nothing is known. `goroutines` is how many wait.
Sentence waited_text(WaitReason reason, const WaitedChannels& channels, std::uint64_t goroutines);

}  // namespace holdfast::view
