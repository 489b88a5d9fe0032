#include "view/channel_names.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/parallel.h"
#include "view/labels.h"

namespace holdfast::view {
namespace {

constexpr unsigned kScanParts = 64;  // of the edges
constexpr std::uint32_t kNoStep = ~std::uint32_t{0};

using Bits = HugeArray<std::uint64_t>;

Bits no_bits(const heap::Snapshot& snapshot) {
  return Bits((std::uint64_t{snapshot.objects} + 63) / 64);
}

}  // namespace

// Goes back from the channels to see which objects lead to one, then on from the variables over such objects alone.
class ChannelNames::Finder {
 public:
  Finder(const Names& names, std::vector<Step>& steps, std::vector<std::uint32_t>& last_step)
      : names_(names), snapshot_(names.snapshot()), steps_(steps), last_step_(last_step) {}

  void run() {
    find_variables();
    left_ = snapshot_.channels.size();
    near_[0] = no_bits(snapshot_);
    for (const heap::Channel& channel : snapshot_.channels) heap::set_bit(near_[0], channel.object.row);
    enter_from_variables(0);
    std::uint32_t most = 0;
    while (left_ > 0 && most < kMostBetween && find_nearer(most + 1)) ++most;
    if (most == 0) return;
    seen_ = no_bits(snapshot_);
    std::size_t begin = steps_.size();
    for (std::uint32_t distance = 1; distance <= most; ++distance) enter_from_variables(distance);
    for (std::uint32_t left = most; left > 0 && left_ > 0; --left) {
      const std::size_t end = steps_.size();
      for (std::size_t step = begin; step < end; ++step) go_on(static_cast<std::uint32_t>(step), left - 1);
      begin = end;
    }
  }

 private:
  void find_variables() {
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (root.kind == heap::RootKind::kGlobal && !is_of_runtime(snapshot_, root)) variables_.emplace_back(r);
    }
  }

  void enter_from_variables(std::uint32_t distance) {
    for (const RootId variable : variables_) {
      const heap::Root& root = snapshot_.roots[variable.row];
      for (const heap::RootTarget& target :
           std::span(snapshot_.root_targets).subspan(root.first_target, root.target_count))
        if (heap::test_bit(near_[distance], target.object.row)) enter({target.object, kNoStep, variable}, distance > 0);
    }
  }

  // A channel has its name then.
  void enter(const Step& step, bool is_between) {
    if (!is_between) {
      const ChannelId channel = heap::find_channel(snapshot_, step.object);
      if (!channel || last_step_[channel.row] != kNoStep) return;
      last_step_[channel.row] = static_cast<std::uint32_t>(steps_.size());
      --left_;
    } else {
      if (heap::test_bit(seen_, step.object.row)) return;
      heap::set_bit(seen_, step.object.row);
    }
    steps_.push_back(step);
  }

  // Finds the objects that refer to one of the distance below; false if there are none.
  bool find_nearer(std::uint32_t distance) {
    std::array<std::vector<ObjectId>, kScanParts> found;
    for_each_part(snapshot_.pointerful, kScanParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t row = begin; row < end; ++row) {
        const std::span targets = targets_of(ObjectId(static_cast<std::uint32_t>(row)));
        if (std::ranges::any_of(targets, [&](std::uint32_t t) { return heap::test_bit(near_[distance - 1], t); }))
          found[part].emplace_back(static_cast<std::uint32_t>(row));
      }
    });
    near_[distance] = no_bits(snapshot_);
    bool any = false;
    for (const std::vector<ObjectId>& part : found)
      for (const ObjectId object : part) {
        if (heap::test_bit(near_[0], object.row) || names_.is_container(object)) continue;
        heap::set_bit(near_[distance], object.row);
        any = true;
      }
    return any;
  }

  // To channels, and to objects that lead to one over at most `most` others.
  void go_on(std::uint32_t at, std::uint32_t most) {
    const ObjectId object = steps_[at].object;
    for (const std::uint32_t target : targets_of(object)) {
      const bool is_channel = heap::test_bit(near_[0], target);
      bool leads = is_channel;
      for (std::uint32_t distance = 1; distance <= most && !leads; ++distance)
        leads = heap::test_bit(near_[distance], target) && !heap::test_bit(seen_, target);
      if (!leads || (is_channel && has_name(ObjectId(target)))) continue;
      const auto field = names_.field(object, ObjectId(target));
      if (field && field->is_named) enter({ObjectId(target), at, {}}, !is_channel);
    }
  }

  bool has_name(ObjectId channel) const {
    const ChannelId id = heap::find_channel(snapshot_, channel);
    return !id || last_step_[id.row] != kNoStep;
  }

  std::span<const std::uint32_t> targets_of(ObjectId object) const {
    if (object.row >= snapshot_.pointerful) return {};
    const heap::Edges& edges = snapshot_.edges;
    const std::uint32_t begin = edges.row_begin[object.row];
    return edges.target.span().subspan(begin, edges.row_begin[object.row + 1] - begin);
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  std::vector<Step>& steps_;
  std::vector<std::uint32_t>& last_step_;
  std::vector<RootId> variables_;
  std::array<Bits, kMostBetween + 1>
      near_;              // by distance: what leads to a channel over so many objects, itself included
  Bits seen_;             // objects between that have a step
  std::size_t left_ = 0;  // channels without a name
};

// Whoever waits for parts of this must not begin with other work meanwhile, which could ask for a name.
void ChannelNames::find() const {
  std::call_once(found_, [&] {
    last_step_.assign(names_.snapshot().channels.size(), kNoStep);
    if (!last_step_.empty()) run_alone([&] { Finder(names_, steps_, last_step_).run(); });
  });
}

Sentence ChannelNames::name(ChannelId channel) const {
  find();
  const std::uint32_t last = last_step_[channel.row];
  if (last == kNoStep) return {};
  std::vector<std::uint32_t> way;
  for (std::uint32_t at = last; at != kNoStep; at = steps_[at].before) way.push_back(at);
  std::ranges::reverse(way);
  const RootId variable = steps_[way.front()].variable;
  Sentence name = named(names_.snapshot(), names_.snapshot().roots[variable.row]);
  graph::NodeId before = variable;
  for (const std::uint32_t at : way) {
    if (const auto field = names_.field(before, steps_[at].object); field && field->is_named)
      name += sentence("{}", field->text);
    before = steps_[at].object;
  }
  return name;
}

}  // namespace holdfast::view
