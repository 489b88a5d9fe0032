// What grew since an earlier look at the same program, for a report about now. The earlier look leaves sums, and of one
// process also the slots of its objects, so that it is known what became of them. Sizes are in bytes. It owns its
// texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "view/grown_slices.h"
#include "view/moment.h"
#include "view/object_flow.h"

namespace holdfast::view {

// What has to be kept of the earlier look.
struct EarlierLook {
  Moment moment;
  TypeNumbers numbers;
  NamedPicture picture;
  std::vector<KeptSlice> slices;
};

// Something that holds more than it did: a path as `holdfast diff` has them.
struct GrownPath {
  Sentence what;    // as the later look says it: "16,000 × main.Session in the map main.registry.sessions"
  Address example;  // of one of these, at the later look; null if it is no object
  MomentSum before, now;
  // Nothing was known of it at the earlier look but that it had no more bytes than `before` says.
  bool is_new = false;

  std::uint64_t grown() const { return now.bytes - before.bytes; }
};

struct Since {
  std::string name;                          // of the earlier look's target, as the user gave it
  std::optional<double> seconds;             // between the looks; none if not known
  std::optional<std::uint64_t> collections;  // completed between them; none if not known, or not of one process
  bool is_one_process = false;
  MomentSum live_before, live_now;  // objects
  std::vector<GrownPath> grown;     // those with more bytes than before, by how many more
  std::vector<TypeFlow> flows;      // what became of objects, by type; of one process
  std::vector<GrownSlice> slices;   // of one process, ascending by address

  // Null if nothing is known of the type.
  const Flow* flow_of(const std::string& type) const;
  // Null if no slice that is longer than it was begins there.
  const GrownSlice* grown_slice(Address at) const;
};

// Takes columns of the snapshot away, as take_named_picture() does.
EarlierLook keep_earlier_look(Moment moment, heap::Snapshot& snapshot, HugeArray<std::uint64_t> live);

// The snapshot is that of `now`, and as it was when this returns. Fails with kUsage if the looks are at different
// programs, or if the earlier one is not. Throws when cancelled.
Since changes_since(EarlierLook& before, const Moment& now, heap::Snapshot& snapshot,
                    const HugeArray<std::uint64_t>& live);

}  // namespace holdfast::view
