// For tests: goroutines that wait for channels of elements without pointers, each in its queue.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "capture/target_for_tests.h"

namespace holdfast::capture {

// The parameter is the minor number of the release.
class WaitingTest : public testing::TestWithParam<int> {
 protected:
  static constexpr unsigned kSlots128 = 10;  // the size class of 128 bytes: every runtime.hchan fits

  // The buffer is the rest of the object.
  Address make_channel(std::uint64_t length, std::uint64_t capacity) {
    if (!span_) span_ = target_.heap.add_span(kSlots128, false);
    const Address channel = target_.heap.keep(span_);
    set(channel, "qcount", length);
    set(channel, "dataqsiz", capacity);
    set(channel, "elemsize", 2);
    set(channel, "elemtype", 0x400000);
    set(channel, "buf", channel.value + 112);
    return channel;
  }
  void set(Address channel, std::string_view field, std::uint64_t value) {
    target_.image.set(channel, "runtime.hchan", field, value);
  }
  Address add_goroutine(std::string_view reason) {
    const Address g = target_.goroutine(++goid_, go::GoroutineStatus::kWaiting, {});
    const auto number = target_.image.layouts->constant("runtime.waitReason" + std::string(reason));
    target_.image.set(g, "runtime.g", "waitreason", static_cast<std::uint64_t>(number.value()));
    return g;
  }
  // From Go 1.26 on, sudog.c is {traced, real}.
  Address make_sudog(Address g, Address channel, bool is_select) {
    const Address sudog = target_.image.make("runtime.sudog");
    target_.image.set(sudog, "runtime.sudog", "g", g);
    target_.image.set(sudog, "runtime.sudog", "isSelect", is_select ? 1 : 0);
    target_.image.put(sudog + target_.image.layouts->offset("runtime.sudog", "c") + (GetParam() >= 26 ? 8 : 0),
                      channel);
    return sudog;
  }
  void wait(Address g, Address sudog) { target_.image.set(g, "runtime.g", "waiting", sudog); }
  void link(Address sudog, std::string_view field, Address next) {
    target_.image.set(sudog, "runtime.sudog", field, next);
  }
  // Adds a goroutine that waits for this channel alone; it is the only one in the queue.
  void park(Address channel, bool sends) {
    const Address g = add_goroutine(sends ? "ChanSend" : "ChanReceive");
    const Address sudog = make_sudog(g, channel, false);
    wait(g, sudog);
    set(channel, sends ? "sendq.first" : "recvq.first", sudog.value);
  }

  TargetImage target_{GetParam()};
  Address span_;
  std::uint64_t goid_ = 0;
};

}  // namespace holdfast::capture
