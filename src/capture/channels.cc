#include "capture/channels.h"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "base/parallel.h"
#include "go/channel_record.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kTypeParts = 64;  // of the walk over the types of all objects
// So many sudogs in queues may belong to goroutines that have been woken by another case of their select and have not
// left the queue yet.
constexpr std::uint64_t kMostLeftOver = 1 << 16;

class ChannelPass {
 public:
  ChannelPass(const go::Runtime& runtime, const go::Scheduler& scheduler, const heap::ObjectIndex& index,
              heap::Snapshot& snapshot, LossLedger& losses)
      : scheduler_(scheduler), index_(index), snapshot_(snapshot), losses_(losses), reader_(runtime) {}

  void run() {
    const std::vector<ObjectId> waited = waited_channels();
    std::vector<ObjectId> all = typed_channels();
    all.insert(all.end(), waited.begin(), waited.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    for (const ObjectId object : all) add_channel(object);
    for (const ObjectId object : waited) read_queues(object);
    add_waits();
  }

 private:
  struct Queued {
    ChannelId channel;
    bool sends = false;
  };

  std::vector<ObjectId> waited_channels() const {
    std::vector<ObjectId> objects;
    for (const go::WaitTarget& wait : scheduler_.waits)
      if (wait.kind == go::WaitTargetKind::kChannel)
        if (const ObjectId object = index_.find_object(wait.object); object && address_of(object) == wait.object)
          objects.push_back(object);
    std::sort(objects.begin(), objects.end());
    objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
    return objects;
  }

  // Returns them in no order that matters.
  std::vector<ObjectId> typed_channels() const {
    std::vector<bool> is_channel(snapshot_.types.size());
    for (std::size_t t = 0; t < is_channel.size(); ++t)
      is_channel[t] = snapshot_.types[t].role == heap::TypeRole::kChannel;
    std::vector<std::vector<ObjectId>> found(kTypeParts);
    for_each_part(snapshot_.object_type.size(), kTypeParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t row = begin; row < end; ++row)
        if (const TypeId type = snapshot_.object_type[row].type(); type && is_channel[type.row])
          found[part].emplace_back(static_cast<std::uint32_t>(row));
    });
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

  void read_queues(ObjectId object) {
    const ChannelId channel = heap::find_channel(snapshot_, object);
    const Address at = address_of(object);
    const auto record = channel ? reader_.read(at) : std::nullopt;
    if (!record) return;
    for (const bool sends : {false, true}) {
      std::vector<Address> sudogs;
      reader_.add_queue(at, sends ? record->first_sender : record->first_receiver, left_, sudogs);
      left_ -= sudogs.size();
      for (const Address sudog : sudogs) queued_.emplace(sudog, Queued{channel, sends});
    }
  }

  // Takes of the queues what goroutines that wait say of themselves, too.
  void add_waits() {
    auto& waits = snapshot_.channel_waits;
    for (std::uint32_t g = 0; g < scheduler_.goroutines.size(); ++g) {
      const go::Goroutine& goroutine = scheduler_.goroutines[g];
      for (const go::WaitTarget& wait :
           std::span(scheduler_.waits).subspan(goroutine.first_wait, goroutine.wait_count)) {
        const auto found = queued_.find(wait.sudog);
        if (wait.kind == go::WaitTargetKind::kChannel && found != queued_.end())
          waits.push_back({GoroutineId(g), found->second.channel, found->second.sends});
      }
    }
    std::sort(waits.begin(), waits.end());
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
  }

  const go::Scheduler& scheduler_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  go::ChannelReader reader_;
  std::unordered_map<Address, Queued> queued_;                    // by sudog
  std::uint64_t left_ = scheduler_.waits.size() + kMostLeftOver;  // so many sudogs there may still be
};

}  // namespace

void add_channels(const go::Runtime& runtime, const go::Scheduler& scheduler, const heap::ObjectIndex& index,
                  heap::Snapshot& snapshot, LossLedger& losses) {
  ChannelPass(runtime, scheduler, index, snapshot, losses).run();
}

}  // namespace holdfast::capture
