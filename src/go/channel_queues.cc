#include "go/channel_queues.h"

#include <algorithm>
#include <vector>

#include "go/channel_record.h"

namespace holdfast::go {
namespace {

// So many sudogs in queues may belong to goroutines that have been woken by another case of their select and have not
// left the queue yet.
constexpr std::uint64_t kMostLeftOver = 1 << 16;

std::vector<Address> awaited_channels(const Scheduler& scheduler) {
  std::vector<Address> channels;
  for (const WaitTarget& wait : scheduler.waits)
    if (wait.kind == WaitTargetKind::kChannel) channels.push_back(wait.object);
  std::ranges::sort(channels);
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  return channels;
}

}  // namespace

ChannelQueues::ChannelQueues(const Runtime& runtime, const Scheduler& scheduler) {
  ChannelReader reader(runtime);
  std::uint64_t left = scheduler.waits.size() + kMostLeftOver;
  std::vector<Address> sudogs;
  for (const Address channel : awaited_channels(scheduler)) {
    const auto record = reader.read(channel);
    if (!record || !record->is_sound()) continue;
    for (const bool sends : {false, true}) {
      sudogs.clear();
      reader.add_queue(channel, sends ? record->first_sender : record->first_receiver, left, sudogs);
      left -= sudogs.size();
      for (const Address sudog : sudogs) queued_.emplace(sudog, QueuedWaiter{channel, sends});
    }
  }
}

const QueuedWaiter* ChannelQueues::find(Address sudog) const {
  const auto found = queued_.find(sudog);
  return found == queued_.end() ? nullptr : &found->second;
}

}  // namespace holdfast::go
