#include "capture/channels.h"

#include <algorithm>
#include <span>

#include "capture/typed_objects.h"
#include "go/channel_record.h"

namespace holdfast::capture {
namespace {

class ChannelPass {
 public:
  ChannelPass(const go::Runtime& runtime, const go::Scheduler& scheduler, const go::ChannelQueues& queues,
              const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses)
      : scheduler_(scheduler), queues_(queues), index_(index), snapshot_(snapshot), losses_(losses), reader_(runtime) {}

  void run() {
    std::vector<ObjectId> all = typed_channels();
    for (const go::WaitTarget& wait : scheduler_.waits)
      if (wait.kind == go::WaitTargetKind::kChannel)
        if (const ObjectId object = channel_at(wait.object)) all.push_back(object);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    for (const ObjectId object : all) add_channel(object);
    add_waits();
  }

 private:
  // Returns the object that begins with this channel; none if none does.
  ObjectId channel_at(Address channel) const {
    const ObjectId object = index_.find_object(channel);
    return object && address_of(object) == channel ? object : ObjectId();
  }

  // Returns them in no order that matters.
  std::vector<ObjectId> typed_channels() const {
    std::vector<std::vector<ObjectId>> found(kTypeParts);
    for_each_of_role(snapshot_, heap::TypeRole::kChannel,
                     [&](unsigned part, ObjectId object) { found[part].push_back(object); });
    std::vector<ObjectId> all;
    for (const std::vector<ObjectId>& part : found) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

  Address address_of(ObjectId object) const {
    return index_.address_of(object) + snapshot_.spans[index_.find_span(object).row].header;
  }

  void add_channel(ObjectId object) {
    const Address at = address_of(object);
    const auto record = reader_.read(at);
    if (!record || !record->elem_type) return;
    if (record->is_sound() && has_room(*record))
      snapshot_.channels.push_back({object, record->length, record->capacity, record->closed != 0});
    else if (is_in_use(object))
      losses_.add(LossKind::kBadChannel, at);
  }

  // The buffer of a channel that nobody holds may have been freed before it.
  bool is_in_use(ObjectId object) const {
    return heap::test_bit(snapshot_.marked, object.row) || heap::test_bit(snapshot_.fresh, object.row);
  }

  // Whether the buffer lies within one object.
  bool has_room(const go::ChannelRecord& record) const {
    const std::uint64_t bytes = record.buffer_bytes();
    if (bytes == 0) return true;
    const ObjectId object = index_.find_object(record.buffer);
    if (!object) return false;
    return bytes <= index_.size_of(object) - (record.buffer - index_.address_of(object));
  }

  // Takes of the queues what goroutines that wait say of themselves, too.
  void add_waits() {
    auto& waits = snapshot_.channel_waits;
    for (std::uint32_t g = 0; g < scheduler_.goroutines.size(); ++g) {
      const go::Goroutine& goroutine = scheduler_.goroutines[g];
      for (const go::WaitTarget& wait :
           std::span(scheduler_.waits).subspan(goroutine.first_wait, goroutine.wait_count)) {
        const go::QueuedWaiter* const queued =
            wait.kind == go::WaitTargetKind::kChannel ? queues_.find(wait.sudog) : nullptr;
        const ObjectId object = queued != nullptr ? channel_at(queued->channel) : ObjectId();
        const ChannelId channel = object ? heap::find_channel(snapshot_, object) : ChannelId();
        if (channel) waits.push_back({GoroutineId(g), channel, queued->sends});
      }
    }
    std::sort(waits.begin(), waits.end());
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
  }

  const go::Scheduler& scheduler_;
  const go::ChannelQueues& queues_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  go::ChannelReader reader_;
};

}  // namespace

void add_channels(const go::Runtime& runtime, const go::Scheduler& scheduler, const go::ChannelQueues& queues,
                  const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses) {
  ChannelPass(runtime, scheduler, queues, index, snapshot, losses).run();
}

}  // namespace holdfast::capture
