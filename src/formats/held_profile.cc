#include "formats/held_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/string_table.h"
#include "base/units.h"
#include "base/version.h"
#include "formats/gzip.h"
#include "formats/profile_fields.h"
#include "formats/proto_writer.h"

namespace holdfast::formats {
namespace {

std::string_view word_of(view::HeldKind kind) {
  switch (kind) {
    case view::HeldKind::kOwner:
      return "owner";
    case view::HeldKind::kRoot:
      return "root";
    case view::HeldKind::kThing:
      return "type";
    case view::HeldKind::kSmaller:
      return "folded";
  }
  return {};
}

std::vector<std::string> comments(const view::HeldTree& tree) {
  std::vector<std::string> lines = {fmt::format("holdfast {}: {} of {}", holdfast_version(), format_bytes(tree.bytes),
                                                format_count(tree.objects, "live object"))};
  if (tree.by == view::HeldBy::kWays)
    lines.emplace_back(
        "each object stands below what leads to it on a shortest way from the roots; what is shared stands below one "
        "of "
        "its holders");
  else
    lines.emplace_back(
        "each object stands below its dominator, so what a frame has in all is what would be free without it");
  if (tree.folded_nodes > 0)
    lines.push_back(fmt::format("{} in {} is not told apart: frame \"(smaller)\"", format_bytes(tree.folded_bytes),
                                format_count(tree.folded_nodes, "small place")));
  return lines;
}

class HeldProfileWriter {
 public:
  HeldProfileWriter(const heap::Snapshot& snapshot, const view::HeldTree& tree) : snapshot_(snapshot), tree_(tree) {}

  std::string run() {
    strings_.add("");  // the first must be empty
    profile_.entry(kSampleType, value_type("inuse_objects", "count"));
    profile_.entry(kSampleType, value_type("inuse_space", "bytes"));
    add_mapping();
    location_of_.resize(tree_.frames.size());
    for (std::uint32_t node = 1; node < tree_.nodes.size(); ++node)
      if (tree_.nodes[node].objects > 0) add_sample(node);
    profile_.integer(kTimeNanos,
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, snapshot_.target.captured_at_ns)));
    profile_.entry(kPeriodType, value_type("space", "bytes"));
    profile_.integer(kPeriod, 1);
    std::vector<std::uint64_t> rows;
    for (const std::string& line : comments(tree_)) rows.push_back(text(line));
    profile_.packed(kComment, rows);
    profile_.integer(kDefaultSampleType, text("inuse_space"));
    for (std::uint32_t row = 0; row < strings_.size(); ++row) profile_.entry(kStringTable, strings_[StringId(row)]);
    return profile_.text();
  }

 private:
  std::uint64_t text(std::string_view text) { return strings_.add(text).row; }

  ProtoWriter value_type(std::string_view type, std::string_view unit) {
    ProtoWriter message;
    message.integer(1, text(type));
    message.integer(2, text(unit));
    return message;
  }

  // The program, for its name and build id. Nothing lies at an address of it.
  void add_mapping() {
    ProtoWriter message;
    message.integer(1, 1);
    const auto& known = snapshot_.profile.mappings;
    if (!known.empty()) {
      message.integer(2, known.front().range.begin.value);
      message.integer(3, known.front().range.end.value);
      message.integer(4, known.front().file_offset);
    }
    message.integer(5, text(known.empty() ? snapshot_.target.exe : known.front().file));
    message.integer(6, text(known.empty() ? snapshot_.target.build_id : known.front().build_id));
    for (const std::uint32_t has : {7U, 8U, 9U, 10U}) message.integer(has, 1);  // nothing is left to be looked up
    profile_.entry(kMapping, message);
  }

  std::uint64_t location_of(std::uint32_t row) {
    if (location_of_[row] != 0) return location_of_[row];
    const std::uint64_t id = location_of_[row] = ++locations_;
    const view::HeldFrame& frame = tree_.frames[row];
    ProtoWriter function;
    function.integer(1, id);
    function.integer(2, text(frame.name));
    function.integer(3, text(fmt::format("{}:{}", word_of(frame.kind), frame.full)));
    function.integer(4, text(frame.file));
    function.integer(5, frame.line);
    profile_.entry(kFunction, function);
    ProtoWriter line;
    line.integer(1, id);
    line.integer(2, frame.line);
    ProtoWriter location;
    location.integer(1, id);
    location.integer(2, 1);
    location.entry(4, line);
    profile_.entry(kLocation, location);
    return id;
  }

  void add_label(ProtoWriter& sample, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    ProtoWriter label;
    label.integer(1, text(key));
    label.integer(2, text(value));
    sample.entry(3, label);
  }

  void add_sample(std::uint32_t row) {
    const view::HeldNode& node = tree_.nodes[row];
    std::vector<std::uint64_t> stack;
    std::uint32_t outermost = row;
    for (std::uint32_t at = row; at != 0; at = tree_.nodes[at].parent) {
      stack.push_back(location_of(tree_.nodes[at].frame));
      outermost = at;
    }
    ProtoWriter sample;
    sample.packed(1, stack);
    sample.packed(2, {node.objects, node.bytes});
    add_label(sample, "type", tree_.frames[node.frame].type);
    add_label(sample, "owner", tree_.frames[tree_.nodes[outermost].frame].full);
    profile_.entry(kSample, sample);
  }

  const heap::Snapshot& snapshot_;
  const view::HeldTree& tree_;
  ProtoWriter profile_;
  StringTable strings_;
  std::vector<std::uint64_t> location_of_;  // by frame: number of its location and its function; 0 = none yet
  std::uint64_t locations_ = 0;
};

}  // namespace

std::string held_profile(const heap::Snapshot& snapshot, const view::HeldTree& tree) {
  return gzip(HeldProfileWriter(snapshot, tree).run());
}

}  // namespace holdfast::formats
