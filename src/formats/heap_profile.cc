#include "formats/heap_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <unordered_map>

#include "base/error.h"
#include "formats/gzip.h"
#include "formats/profile_fields.h"
#include "formats/proto_writer.h"

namespace holdfast::formats {
namespace {

using Frames = std::span<const heap::Frame>;

// What a profile needs, or why there is none.
std::uint64_t rate_of(const heap::Snapshot& snapshot) {
  const heap::MemoryProfile& profile = snapshot.profile;
  const std::string& name = snapshot.target.name;
  if (!profile.known || !profile.rate)
    fail(ErrorCode::kUnsupported, "{}: the runtime's memory profile was not found{}", name,
         snapshot.target.from_file ? "; captures have it only if a holdfast with the verb export wrote them" : "");
  if (!profile.records.empty()) return *profile.rate;
  if (profile.switched_off)
    fail(
        ErrorCode::kUnsupported,
        "{}: there is no memory profile: no code of the program reads it, so the linker has switched the profiler off; "
        "a program that imports net/http/pprof has one",
        name);
  if (*profile.rate == 0) fail(ErrorCode::kUnsupported, "{}: runtime.MemProfileRate is 0: the profiler is off", name);
  fail(ErrorCode::kUnsupported, "{}: no object was sampled yet: the profiler takes one for each {} bytes", name,
       *profile.rate);
}

Frames frames_of(const heap::Snapshot& snapshot, const heap::ProfileRecord& record) {
  const heap::AllocationStack& stack = snapshot.allocation_stacks[record.stack.row];
  return Frames(snapshot.frames).subspan(stack.first_frame, stack.frame_count);
}

// Leaves out the runtime's frames at the innermost end, so that the first one is the program's; if all are the
// runtime's, they stay. The outermost one of every goroutine, runtime.goexit, is never shown.
Frames shown(const heap::Snapshot& snapshot, Frames frames) {
  const auto name = [&](const heap::Frame& frame) {
    return frame.function ? snapshot.strings[frame.function] : std::string_view();
  };
  if (!frames.empty() && name(frames.back()) == "runtime.goexit") frames = frames.first(frames.size() - 1);
  const auto first = std::find_if(frames.begin(), frames.end(), [&](const heap::Frame& frame) {
    return !name(frame).starts_with("runtime.") && !name(frame).starts_with("internal/runtime/");
  });
  return first == frames.end() ? frames : frames.subspan(static_cast<std::size_t>(first - frames.begin()));
}

class ProfileWriter {
 public:
  ProfileWriter(const heap::Snapshot& snapshot, std::uint64_t rate) : snapshot_(snapshot), rate_(rate) {}

  std::string run() {
    text("");  // the first must be empty
    for (const auto& [type, unit] : {std::pair("alloc_objects", "count"), std::pair("alloc_space", "bytes"),
                                     std::pair("inuse_objects", "count"), std::pair("inuse_space", "bytes")})
      profile_.entry(kSampleType, value_type(type, unit));
    for (const heap::CodeMapping& mapping : snapshot_.profile.mappings) add(mapping);
    for (const heap::ProfileRecord& record : snapshot_.profile.records) add(record);
    profile_.integer(kTimeNanos,
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, snapshot_.target.captured_at_ns)));
    profile_.entry(kPeriodType, value_type("space", "bytes"));
    profile_.integer(kPeriod, rate_);
    for (const std::string& one : texts_in_order_) profile_.entry(kStringTable, one);
    return profile_.text();
  }

 private:
  // Returns the row of the string table.
  std::uint64_t text(std::string_view text) {
    const auto [at, is_new] = texts_.try_emplace(std::string(text), texts_.size());
    if (is_new) texts_in_order_.emplace_back(text);
    return at->second;
  }
  std::uint64_t text(StringId id) { return text(id ? snapshot_.strings[id] : std::string_view()); }

  ProtoWriter value_type(std::string_view type, std::string_view unit) {
    ProtoWriter message;
    message.integer(1, text(type));
    message.integer(2, text(unit));
    return message;
  }

  void add(const heap::CodeMapping& mapping) {
    ProtoWriter message;
    message.integer(1, ++mappings_);
    message.integer(2, mapping.range.begin.value);
    message.integer(3, mapping.range.end.value);
    message.integer(4, mapping.file_offset);
    message.integer(5, text(mapping.file));
    message.integer(6, text(mapping.build_id));
    message.integer(7, 1);  // functions, files, lines and inlined calls are all there
    message.integer(8, 1);
    message.integer(9, 1);
    message.integer(10, 1);
    profile_.entry(kMapping, message);
  }

  // Numbers count from 1; 0 = none.
  std::uint64_t mapping_of(Address pc) const {
    const auto& all = snapshot_.profile.mappings;
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.range.contains(pc); });
    return at == all.end() ? 0 : static_cast<std::uint64_t>(at - all.begin()) + 1;
  }

  std::uint64_t function_of(const heap::Frame& frame) {
    const auto [at, is_new] = functions_.try_emplace({frame.function, frame.file}, functions_.size() + 1);
    if (!is_new) return at->second;
    ProtoWriter message;
    message.integer(1, at->second);
    message.integer(2, text(frame.function));
    message.integer(3, text(frame.function));
    message.integer(4, text(frame.file));
    profile_.entry(kFunction, message);
    return at->second;
  }

  // Inlined calls and the function that they are inlined into are one location, at the innermost call's address.
  std::uint64_t location_of(Frames frames) {
    std::vector<std::uint64_t> pcs;
    for (const heap::Frame& frame : frames) pcs.push_back(frame.pc.value);
    const auto [at, is_new] = locations_.try_emplace(std::move(pcs), locations_.size() + 1);
    if (!is_new) return at->second;
    const Address call = frames.front().pc - 1;
    ProtoWriter message;
    message.integer(1, at->second);
    message.integer(2, mapping_of(call));
    message.integer(3, call.value);
    for (const heap::Frame& frame : frames) {
      ProtoWriter line;
      line.integer(1, function_of(frame));
      line.integer(2, frame.line);
      message.entry(4, line);
    }
    profile_.entry(kLocation, message);
    return at->second;
  }

  std::vector<std::uint64_t> locations_of(Frames frames) {
    std::vector<std::uint64_t> locations;
    for (std::size_t from = 0; from < frames.size();) {
      std::size_t to = from + 1;
      while (to < frames.size() && frames[to - 1].inlined && frames[to].function != frames[to - 1].function) ++to;
      locations.push_back(location_of(frames.subspan(from, to - from)));
      from = to;
    }
    return locations;
  }

  void add(const heap::ProfileRecord& record) {
    const auto [alloc_objects, alloc_bytes] = estimate(record.allocs, record.alloc_bytes(), rate_);
    const auto [objects, bytes] = estimate(record.in_use(), record.in_use_bytes(), rate_);
    ProtoWriter message;
    message.packed(1, locations_of(shown(snapshot_, frames_of(snapshot_, record))));
    message.packed(2, {alloc_objects, alloc_bytes, objects, bytes});
    ProtoWriter label;
    label.integer(1, text("bytes"));
    label.integer(3, record.object_size);
    message.entry(3, label);
    profile_.entry(kSample, message);
  }

  const heap::Snapshot& snapshot_;
  std::uint64_t rate_;
  ProtoWriter profile_;
  std::uint64_t mappings_ = 0;
  std::unordered_map<std::string, std::uint64_t> texts_;
  std::vector<std::string> texts_in_order_;
  std::map<std::pair<StringId, StringId>, std::uint64_t> functions_;
  std::map<std::vector<std::uint64_t>, std::uint64_t> locations_;
};

// Objects and bytes, in use and ever allocated.
struct Counts {
  std::uint64_t in_use = 0, in_use_bytes = 0, allocs = 0, alloc_bytes = 0;

  void add(const heap::ProfileRecord& record) {
    in_use += record.in_use();
    in_use_bytes += record.in_use_bytes();
    allocs += record.allocs;
    alloc_bytes += record.alloc_bytes();
  }
  std::string text() const { return fmt::format("{}: {} [{}: {}] @", in_use, in_use_bytes, allocs, alloc_bytes); }
};

void add_stack(const heap::Snapshot& snapshot, Frames frames, std::string& out) {
  for (const heap::Frame& frame : frames) out += fmt::format(" {:#x}", frame.pc.value);
  out += "\n";
  for (const heap::Frame& frame : shown(snapshot, frames)) {
    const std::string_view name = frame.function ? snapshot.strings[frame.function] : std::string_view();
    const std::string_view file = frame.file ? snapshot.strings[frame.file] : std::string_view();
    out += fmt::format("#\t{:#x}\t{}\t{}:{}\n", frame.pc.value - 1, name, file, frame.line);
  }
  out += "\n";
}

class AllocationTreeBuilder {
 public:
  AllocationTreeBuilder(const heap::Snapshot& snapshot, std::uint64_t rate) : snapshot_(snapshot), rate_(rate) {
    add_node(0, 0);
  }

  AllocationTrees run() {
    for (const heap::ProfileRecord& record : snapshot_.profile.records) add(record);
    trees_.allocated.frames = trees_.in_use.frames;
    return std::move(trees_);
  }

 private:
  void add(const heap::ProfileRecord& record) {
    const Frames frames = shown(snapshot_, frames_of(snapshot_, record));
    std::uint32_t node = 0;
    for (std::size_t i = frames.size(); i-- > 0;) node = below(node, frame_of(frames[i]));
    if (frames.empty()) node = below(node, frame_of({}));
    add_to(trees_.allocated, node, estimate(record.allocs, record.alloc_bytes(), rate_));
    add_to(trees_.in_use, node, estimate(record.in_use(), record.in_use_bytes(), rate_));
  }

  static void add_to(view::HeldTree& tree, std::uint32_t node, std::pair<std::uint64_t, std::uint64_t> sums) {
    tree.nodes[node].objects += sums.first;
    tree.nodes[node].bytes += sums.second;
    tree.objects += sums.first;
    tree.bytes += sums.second;
  }

  std::uint32_t frame_of(const heap::Frame& frame) {
    auto& frames = trees_.in_use.frames;
    const auto [at, is_new] = frames_.try_emplace({frame.function, frame.file}, frames.size());
    if (!is_new) return at->second;
    const auto text = [&](StringId id) { return id ? std::string(snapshot_.strings[id]) : std::string(); };
    const std::string name = frame.function ? text(frame.function) : "(unknown)";
    frames.push_back({.name = name, .full = name, .file = text(frame.file)});
    return at->second;
  }

  std::uint32_t below(std::uint32_t node, std::uint32_t frame) {
    const auto [at, is_new] = below_.try_emplace({node, frame}, trees_.in_use.nodes.size());
    if (is_new) add_node(node, frame);
    return at->second;
  }

  void add_node(std::uint32_t parent, std::uint32_t frame) {
    for (view::HeldTree* const tree : {&trees_.in_use, &trees_.allocated})
      tree->nodes.push_back({.parent = parent, .frame = frame});
  }

  const heap::Snapshot& snapshot_;
  std::uint64_t rate_;
  AllocationTrees trees_;
  std::map<std::pair<StringId, StringId>, std::uint32_t> frames_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> below_;  // by node and frame: the node below
};

}  // namespace

AllocationTrees allocation_trees(const heap::Snapshot& snapshot) {
  return AllocationTreeBuilder(snapshot, rate_of(snapshot)).run();
}

std::pair<std::uint64_t, std::uint64_t> estimate(std::uint64_t objects, std::uint64_t bytes, std::uint64_t rate) {
  if (objects == 0 || bytes == 0) return {0, 0};
  if (rate <= 1) return {objects, bytes};
  const double size = static_cast<double>(bytes) / static_cast<double>(objects);
  const double scale = 1 / (1 - std::exp(-size / static_cast<double>(rate)));
  // Values are signed in a profile; a damaged capture may have counts that do not fit.
  const auto scaled = [&](std::uint64_t number) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    const double estimated = static_cast<double>(number) * scale;
    return static_cast<std::uint64_t>(estimated < static_cast<double>(kMost) ? static_cast<std::int64_t>(estimated)
                                                                             : kMost);
  };
  return {scaled(objects), scaled(bytes)};
}

std::string heap_profile_pprof(const heap::Snapshot& snapshot) {
  return gzip(ProfileWriter(snapshot, rate_of(snapshot)).run());
}

std::string heap_profile_text(const heap::Snapshot& snapshot) {
  const std::uint64_t rate = rate_of(snapshot);
  Counts sum;
  std::vector<const heap::ProfileRecord*> sorted;
  for (const heap::ProfileRecord& record : snapshot.profile.records) {
    sum.add(record);
    sorted.push_back(&record);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const heap::ProfileRecord* a, const heap::ProfileRecord* b) {
    return a->in_use_bytes() > b->in_use_bytes();
  });
  std::string out = fmt::format("heap profile: {} heap/{}\n", sum.text(), 2 * rate);
  for (const heap::ProfileRecord* record : sorted) {
    Counts counts;
    counts.add(*record);
    out += counts.text();
    add_stack(snapshot, frames_of(snapshot, *record), out);
  }
  out += "# runtime.MemStats\n";
  for (const auto& [name, value] : snapshot.mem_stats) out += fmt::format("# {} = {}\n", name, value);
  return out;
}

}  // namespace holdfast::formats
