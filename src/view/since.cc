#include "view/since.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "view/growth.h"

namespace holdfast::view {
namespace {

HugeArray<std::uint64_t> copied(const HugeArray<std::uint64_t>& bits) {
  HugeArray<std::uint64_t> out(bits.size());
  std::ranges::copy(bits.span(), out.span().begin());
  return out;
}

// The columns of a snapshot as a picture, which it gets back in the end.
class LentPicture {
 public:
  LentPicture(heap::Snapshot& snapshot, const HugeArray<std::uint64_t>& live, TypeNumbers& numbers)
      : snapshot_(snapshot), picture_(take_named_picture(snapshot, copied(live), numbers)) {}
  LentPicture(const LentPicture&) = delete;
  LentPicture& operator=(const LentPicture&) = delete;
  ~LentPicture() {
    graph::SlotPicture& slots = picture_.slots;
    snapshot_.spans = std::move(slots.spans);
    snapshot_.allocated = std::move(slots.allocated);
    snapshot_.marked = std::move(slots.marked);
    snapshot_.fresh = std::move(slots.fresh);
    snapshot_.object_type = std::move(slots.object_type);
  }
  const NamedPicture& picture() const { return picture_; }

 private:
  heap::Snapshot& snapshot_;
  NamedPicture picture_;
};

std::vector<GrownPath> grown_paths(const MomentList& before, const MomentList& now, bool loose) {
  const auto key_of = [&](const MomentRow& row) -> const std::string& { return loose ? row.loose_key : row.key; };
  std::unordered_map<std::string_view, MomentSum> old;
  for (const MomentRow& row : before.rows) old[key_of(row)] += row.sum;
  std::unordered_map<std::string_view, std::size_t> known;
  std::vector<GrownPath> paths;
  for (const MomentRow& row : now.rows) {
    const auto [at, is_first] = known.try_emplace(key_of(row), paths.size());
    if (is_first) {
      const auto found = old.find(key_of(row));
      const bool is_new = found == old.end();
      const MomentSum most{0, before.smallest, before.smallest};
      paths.push_back({row.text, row.example, is_new ? most : found->second, {}, is_new});
    }
    paths[at->second].now += row.sum;
  }
  std::erase_if(paths, [](const GrownPath& path) { return path.now.bytes <= path.before.bytes; });
  std::ranges::stable_sort(paths, std::greater(), &GrownPath::grown);
  return paths;
}

}  // namespace

const Flow* Since::flow_of(const std::string& type) const {
  const auto found = std::ranges::find(flows, type, &TypeFlow::type);
  return found == flows.end() ? nullptr : &found->flow;
}

const GrownSlice* Since::grown_slice(Address at) const {
  const auto found = std::ranges::lower_bound(slices, at, {}, &GrownSlice::at);
  return found == slices.end() || found->at != at ? nullptr : &*found;
}

EarlierLook keep_earlier_look(Moment moment, heap::Snapshot& snapshot, HugeArray<std::uint64_t> live) {
  EarlierLook look;
  look.moment = std::move(moment);
  look.slices = kept_slices(snapshot);
  snapshot.edges = {};
  look.picture = take_named_picture(snapshot, std::move(live), look.numbers);
  return look;
}

Since changes_since(EarlierLook& before, const Moment& now, heap::Snapshot& snapshot,
                    const HugeArray<std::uint64_t>& live) {
  const Kinship kinship = kinship_of(before.moment, now);
  check_order(kinship, before.moment, now);
  constexpr auto kPaths = static_cast<std::size_t>(ChangeBy::kPath);
  Since out;
  out.name = before.moment.name;
  out.is_one_process = is_one_process(kinship);
  out.live_before = before.moment.live;
  out.live_now = now.live;
  out.grown = grown_paths(before.moment.lists[kPaths], now.lists[kPaths], kinship == Kinship::kOneProgram);
  if (!out.is_one_process) return out;
  if (before.moment.at_ns != 0 && now.at_ns > before.moment.at_ns)
    out.seconds = static_cast<double>(now.at_ns - before.moment.at_ns) / 1e9;
  out.slices = grown_slices(before.slices, snapshot);
  const LentPicture lent(snapshot, live, before.numbers);
  StepFlow flow = flow_between(before.picture, lent.picture(), before.numbers);
  out.collections = flow.collections;
  out.flows = std::move(flow.types);
  return out;
}

}  // namespace holdfast::view
