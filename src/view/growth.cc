#include "view/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace holdfast::view {
namespace {

std::int64_t difference(std::uint64_t before, std::uint64_t after) {
  return static_cast<std::int64_t>(after - before);
}

std::string program_of(const Moment& moment) {
  const heap::TargetInfo& target = moment.target;
  return fmt::format("{} ({})", moment.name, target.main_module.empty() ? target.name : target.main_module);
}

bool is_one_program(const heap::TargetInfo& a, const heap::TargetInfo& b) {
  if (!a.build_id.empty() && a.build_id == b.build_id) return true;
  if (!a.main_module.empty() && !b.main_module.empty()) return a.main_module == b.main_module;
  return a.name == b.name;
}

// What a process counts upwards. Returns less than 0 if `b` has counted less than `a`, and 0 if nothing tells.
int order_by_counters(const Moment& a, const Moment& b) {
  const auto compare = [](std::uint64_t x, std::uint64_t y) { return x == 0 || y == 0 || x == y ? 0 : y < x ? -1 : 1; };
  const int by_collections = compare(a.sweep_generation, b.sweep_generation);
  return by_collections != 0 ? by_collections : compare(a.mallocs, b.mallocs);
}

// The rows of one list at all looks.
class ListOfChanges {
 public:
  ListOfChanges(const std::vector<Moment>& moments, ChangeBy by, bool loose)
      : moments_(moments), at_(static_cast<std::size_t>(by)), loose_(loose) {
    list_.by = by;
  }

  ChangeList run() {
    const std::size_t looks = moments_.size();
    list_.settled.steps = list_.unchanged.steps = list_.rest.steps = std::vector<MomentSum>(looks);
    for (std::size_t look = 0; look < looks; ++look) add_look(look);
    if (list_.absent) return std::move(list_);
    list_.settled_below = most_bytes() / kSettledShare;
    list_.rest.steps = list_.all;
    for (Row& row : rows_) place(row);
    sort();
    return std::move(list_);
  }

 private:
  struct Row {
    ChangeRow change;
    std::optional<heap::EstimatedNumber> first_estimate, last_estimate;
  };

  void add_look(std::size_t look) {
    const MomentList& list = moments_[look].lists[at_];
    list_.all.push_back(list.all);
    list_.smallest = std::max(list_.smallest, list.smallest);
    if (list.absent && !list_.absent) list_.absent = sentence("of {}, {}", moments_[look].name, *list.absent);
    for (const MomentRow& row : list.rows) {
      const std::string& key = loose_ ? row.loose_key : row.key;
      const auto [it, is_new] = by_key_.try_emplace(key, rows_.size());
      if (is_new) {
        rows_.emplace_back().change.key = key;
        rows_.back().change.steps.resize(moments_.size());
      }
      Row& to = rows_[it->second];
      to.change.text = row.text;
      to.change.filter = row.filter;
      to.change.subject = row.subject;
      to.change.is_above = row.is_above;
      to.change.seen_at = look;
      std::optional<MomentSum>& step = to.change.steps[look];
      if (!step) step.emplace();
      *step += row.sum;
      // Of one of several places at two builds, the estimate would have to be made anew.
      if (look == 0) to.first_estimate = loose_ ? std::nullopt : row.estimate;
      if (look + 1 == moments_.size()) to.last_estimate = loose_ ? std::nullopt : row.estimate;
    }
  }

  std::uint64_t most_bytes() const {
    std::uint64_t most = 0;
    for (const MomentSum& sum : list_.all) most = std::max(most, sum.bytes);
    return most;
  }

  // Where every row of a look is known, one that is not there has nothing.
  void fill(ChangeRow& row) const {
    for (std::optional<MomentSum>& step : row.steps)
      if (!step && list_.is_complete()) step.emplace();
  }

  void place(Row& row) {
    ChangeRow& change = row.change;
    fill(change);
    for (std::size_t look = 0; look < change.steps.size(); ++look)
      if (change.steps[look]) take_from(list_.rest.steps[look], *change.steps[look]);
    change.rises = rises(change);
    if (is_unchanged(change))
      fold(change, list_.unchanged);
    else if (is_settled(row))
      fold(change, list_.settled);
    else
      list_.rows.push_back(std::move(change));
  }

  // Of estimates the parts may be more than the whole.
  static void take_from(MomentSum& rest, const MomentSum& sum) {
    rest.count -= std::min(rest.count, sum.count);
    rest.bytes -= std::min(rest.bytes, sum.bytes);
    rest.retained -= std::min(rest.retained, sum.retained);
  }

  static bool rises(const ChangeRow& row) {
    for (std::size_t look = 0; look < row.steps.size(); ++look) {
      if (!row.steps[look]) return false;
      if (look > 0 && row.steps[look]->bytes <= row.steps[look - 1]->bytes) return false;
    }
    return true;
  }

  static bool is_unchanged(const ChangeRow& row) {
    return std::ranges::all_of(row.steps, [&](const auto& step) { return step && *step == row.steps.front(); });
  }

  template <typename Get>
  static std::uint64_t spread_of(const ChangeRow& row, const Get& get) {
    std::uint64_t least = get(*row.steps.front()), most = least;
    for (const auto& step : row.steps) {
      least = std::min(least, get(*step));
      most = std::max(most, get(*step));
    }
    return most - least;
  }

  bool is_settled(const Row& row) const {
    const ChangeRow& change = row.change;
    if (std::ranges::any_of(change.steps, [](const auto& step) { return !step; })) return false;
    if (row.first_estimate && row.last_estimate && row.first_estimate->least <= row.last_estimate->most &&
        row.last_estimate->least <= row.first_estimate->most)
      return true;
    if (change.rises && change.steps.size() > 2) return false;
    return spread_of(change, [](const MomentSum& sum) { return sum.bytes; }) < list_.settled_below &&
           spread_of(change, [](const MomentSum& sum) { return sum.retained; }) < list_.settled_below;
  }

  static void fold(const ChangeRow& row, FoldedRows& into) {
    ++into.rows;
    for (std::size_t look = 0; look < row.steps.size(); ++look) into.steps[look] += *row.steps[look];
  }

  void sort() {
    const bool rising_first = moments_.size() > 2;
    const auto weight = [](const ChangeRow& row) {
      if (const auto change = row.change()) return static_cast<std::uint64_t>(std::llabs(*change));
      const auto& known = row.steps.back() ? row.steps.back() : row.steps.front();
      return known ? known->bytes : 0;
    };
    std::ranges::sort(list_.rows, [&](const ChangeRow& a, const ChangeRow& b) {
      if (rising_first && a.rises != b.rises) return a.rises;
      if (weight(a) != weight(b)) return weight(a) > weight(b);
      return a.key < b.key;
    });
  }

  const std::vector<Moment>& moments_;
  std::size_t at_;
  bool loose_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::vector<Row> rows_;
  ChangeList list_;
};

}  // namespace

std::optional<std::int64_t> ChangeRow::change() const {
  if (!steps.front() || !steps.back()) return std::nullopt;
  return difference(steps.front()->bytes, steps.back()->bytes);
}

std::optional<std::int64_t> ChangeRow::count_change() const {
  if (!steps.front() || !steps.back()) return std::nullopt;
  return difference(steps.front()->count, steps.back()->count);
}

Kinship kinship_of(const Moment& a, const Moment& b) {
  if (!is_one_program(a.target, b.target))
    fail(ErrorCode::kUsage, "{} and {} are different programs, whose names have nothing to do with each other",
         program_of(a), program_of(b));
  const std::string &build_a = a.target.build_id, &build_b = b.target.build_id;
  const bool builds_differ =
      (!build_a.empty() && !build_b.empty() && build_a != build_b) || a.target.go_version != b.target.go_version;
  const bool one_pid = a.target.pid > 0 && a.target.pid == b.target.pid;
  // A program need not say its build; where the system put the stack tells as much.
  if (one_pid && !builds_differ && a.main_stack && a.main_stack == b.main_stack) return Kinship::kOneProcess;
  if (build_a.empty() || build_a != build_b || a.target.go_version != b.target.go_version) return Kinship::kOneProgram;
  if (!one_pid || (a.main_stack && b.main_stack)) return Kinship::kOneBuild;
  // A core is looked at on any machine.
  const bool both_live = a.target.kind == heap::TargetKind::kLive && b.target.kind == heap::TargetKind::kLive;
  if (both_live && a.target.host != b.target.host) return Kinship::kOneBuild;
  const bool backwards = a.at_ns != 0 && b.at_ns > a.at_ns && order_by_counters(a, b) < 0;
  return backwards ? Kinship::kOneBuild : Kinship::kOneProcessAsItSeems;
}

void check_order(Kinship kinship, const Moment& before, const Moment& after) {
  if (!is_one_process(kinship)) return;
  const int order = order_by_counters(before, after);
  if (order < 0 || (order == 0 && after.at_ns != 0 && after.at_ns < before.at_ns))
    fail(ErrorCode::kUsage, "{} is an earlier moment of the process than {}: name them in the order of time",
         after.name, before.name);
}

void GrowthBuilder::add(Moment moment, heap::Snapshot& snapshot, HugeArray<std::uint64_t> live) {
  moments_.push_back(std::move(moment));
  NamedPicture picture = take_named_picture(snapshot, std::move(live), numbers_);
  if (moments_.size() > 1) {
    const Moment &before = moments_[moments_.size() - 2], &after = moments_.back();
    const Kinship kinship = kinship_of(before, after);
    kinship_ = std::max(kinship_, kinship);
    if (is_one_process(kinship)) {
      check_order(kinship, before, after);
      StepFlow flow = flow_between(last_, picture, numbers_);
      flow.from = moments_.size() - 2;
      add_goroutines(flow);
      flows_.push_back(std::move(flow));
    }
  }
  last_ = std::move(picture);
}

// A process gives each of its goroutines a number of its own.
void GrowthBuilder::add_goroutines(StepFlow& flow) const {
  const auto &before = moments_[flow.from].by_goid, &after = moments_[flow.from + 1].by_goid;
  for (const MomentGoroutine& one : before)
    flow.goroutines_stayed += std::ranges::binary_search(after, one.goid, {}, &MomentGoroutine::goid) ? 1 : 0;
  flow.goroutines_ended = before.size() - flow.goroutines_stayed;
  flow.goroutines_came = after.size() - flow.goroutines_stayed;
}

Growth GrowthBuilder::growth(std::uint64_t operations) {
  HOLDFAST_CHECK(moments_.size() > 1);
  last_ = {};
  Growth growth;
  growth.kinship = kinship_;
  growth.operations = operations;
  for (std::size_t list = 0; list < kChangeLists; ++list)
    growth.lists[list] = ListOfChanges(moments_, static_cast<ChangeBy>(list), kinship_ == Kinship::kOneProgram).run();
  const std::int64_t first = moments_.front().at_ns, last = moments_.back().at_ns;
  if (is_one_process(kinship_) && first != 0 && last > first) growth.seconds = static_cast<double>(last - first) / 1e9;
  growth.flows = std::move(flows_);
  growth.moments = std::move(moments_);
  for (Moment& moment : growth.moments) {
    moment.lists = {};
    moment.by_goid = {};
  }
  return growth;
}

}  // namespace holdfast::view
