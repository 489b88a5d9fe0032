#include "go/library_layouts.h"

#include <string_view>

namespace holdfast::go {
namespace {

// Takes places one by one, and remembers whether all of them were there.
class Taker {
 public:
  explicit Taker(const LayoutSource& layouts) : layouts_(layouts) {}

  std::uint32_t at(std::string_view type, std::string_view name) {
    const auto found = layouts_.find(type, name);
    whole_ = whole_ && found.has_value();
    return found ? found->offset : 0;
  }
  std::uint64_t size(std::string_view type) {
    const auto found = layouts_.size_of(type);
    whole_ = whole_ && found.has_value();
    return found.value_or(0);
  }
  template <typename Layout>
  std::optional<Layout> result(const Layout& layout) const {
    return whole_ ? std::optional(layout) : std::nullopt;
  }

 private:
  const LayoutSource& layouts_;
  bool whole_ = true;
};

std::optional<HashMapLayout> hash_map(const LayoutSource& layouts) {
  constexpr std::string_view kMap = "runtime.hmap";
  constexpr std::string_view kExtra = "runtime.mapextra";
  Taker take(layouts);
  return take.result(HashMapLayout{.bytes = take.size(kMap),
                                   .count = take.at(kMap, "count"),
                                   .flags = take.at(kMap, "flags"),
                                   .log2_buckets = take.at(kMap, "B"),
                                   .buckets = take.at(kMap, "buckets"),
                                   .old_buckets = take.at(kMap, "oldbuckets"),
                                   .extra = take.at(kMap, "extra"),
                                   .extra_bytes = take.size(kExtra),
                                   .overflow = take.at(kExtra, "overflow"),
                                   .old_overflow = take.at(kExtra, "oldoverflow"),
                                   .next_overflow = take.at(kExtra, "nextOverflow")});
}

std::optional<SwissMapLayout> swiss_map(const LayoutSource& layouts) {
  constexpr std::string_view kMap = "internal/runtime/maps.Map";
  constexpr std::string_view kTable = "internal/runtime/maps.table";
  constexpr std::string_view kGroups = "internal/runtime/maps.groupsReference";
  Taker take(layouts);
  const std::uint32_t groups = take.at(kTable, "groups");
  return take.result(SwissMapLayout{.bytes = take.size(kMap),
                                    .count = take.at(kMap, "used"),
                                    .directory = take.at(kMap, "dirPtr"),
                                    .directory_length = take.at(kMap, "dirLen"),
                                    .table_bytes = take.size(kTable),
                                    .groups = groups + take.at(kGroups, "data"),
                                    .groups_mask = groups + take.at(kGroups, "lengthMask"),
                                    .table_index = take.at(kTable, "index"),
                                    .clears = take.at(kMap, "clearSeq"),
                                    .table_used = take.at(kTable, "used"),
                                    .table_capacity = take.at(kTable, "capacity"),
                                    .growth_left = take.at(kTable, "growthLeft")});
}

std::optional<ChannelLayout> channel(const LayoutSource& layouts) {
  constexpr std::string_view kChannel = "runtime.hchan";
  Taker take(layouts);
  return take.result(ChannelLayout{.bytes = take.size(kChannel),
                                   .count = take.at(kChannel, "qcount"),
                                   .capacity = take.at(kChannel, "dataqsiz"),
                                   .buffer = take.at(kChannel, "buf"),
                                   .elem_type = take.at(kChannel, "elemtype"),
                                   .elem_size = take.at(kChannel, "elemsize"),
                                   .closed = take.at(kChannel, "closed"),
                                   .receive_index = take.at(kChannel, "recvx"),
                                   .receivers = take.at(kChannel, "recvq"),
                                   .senders = take.at(kChannel, "sendq")});
}

std::optional<WaiterLayout> waiter(const LayoutSource& layouts) {
  constexpr std::string_view kWaiter = "runtime.sudog";
  // Since Go 1.26 the pointer is a pair, whose second word is the real pointer.
  const auto pair = layouts.find("runtime.maybeTraceablePtr", "vu");
  const std::uint32_t real = pair ? pair->offset : 0;
  Taker take(layouts);
  return take.result(WaiterLayout{.bytes = take.size(kWaiter),
                                  .goroutine = take.at(kWaiter, "g"),
                                  .next = take.at(kWaiter, "next"),
                                  .previous = take.at(kWaiter, "prev"),
                                  .elem = take.at(kWaiter, "elem") + real,
                                  .channel = take.at(kWaiter, "c") + real,
                                  .wait_link = take.at(kWaiter, "waitlink"),
                                  .is_select = take.at(kWaiter, "isSelect")});
}

std::optional<PoolLayout> pool(const LayoutSource& layouts) {
  constexpr std::string_view kPool = "sync.Pool";
  Taker take(layouts);
  return take.result(PoolLayout{.bytes = take.size(kPool),
                                .local = take.at(kPool, "local"),
                                .local_size = take.at(kPool, "localSize"),
                                .victim = take.at(kPool, "victim"),
                                .victim_size = take.at(kPool, "victimSize"),
                                .local_bytes = take.size("sync.poolLocal")});
}

}  // namespace

LibraryLayouts read_library_layouts(const LayoutSource& layouts) {
  return {.hash_map = hash_map(layouts),
          .swiss_map = swiss_map(layouts),
          .channel = channel(layouts),
          .waiter = waiter(layouts),
          .pool = pool(layouts)};
}

}  // namespace holdfast::go
