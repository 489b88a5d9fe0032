#include "view/profile_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/units.h"
#include "profile/call_graph.h"
#include "profile/pattern.h"

namespace holdfast::view {
namespace {

using profile::CallEdge;
using profile::CallGraph;
using profile::FilteredProfile;
using profile::Label;
using profile::Profile;
using profile::Sample;
using profile::Site;

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}
std::string share(std::int64_t part, std::int64_t whole) {
  return fmt::format("{}{}", part < 0 ? "-" : "", format_share(magnitude(part), magnitude(whole)));
}

struct TreeRow {
  std::int64_t flat = 0, cumulative = 0;
  std::string flat_share, cumulative_share;
  std::string place;
  const Site* site = nullptr;
};

constexpr ColumnOf<TreeRow> kTreeColumns[] = {
    {{"flat", Unit::kBytes, "of samples whose innermost call is there", Shown::kUsually, nullptr, Sign::kMinus},
     [](const TreeRow& r) { return Cell(r.flat); }},
    {{"of_all", Unit::kText, "which share of all flat is"}, [](const TreeRow& r) { return text_cell(r.flat_share); }},
    {{"cumulative", Unit::kBytes, "of samples that pass through there, each once", Shown::kUsually, nullptr,
      Sign::kMinus},
     [](const TreeRow& r) { return Cell(r.cumulative); }},
    {{"through", Unit::kText, "which share of all cumulative is"},
     [](const TreeRow& r) { return text_cell(r.cumulative_share); }},
    {{"place", Unit::kText, "the function, with file and line where these were asked for"},
     [](const TreeRow& r) { return text_cell(r.place); }},
};

// What stands under a place: who calls it, then what it calls.
struct Neighbour {
  bool calls = false;  // it calls the place
  std::int64_t value = 0;
  std::string share, place;
};

struct Tree {
  Profiles profiles;
  CallGraph graph;
  std::vector<std::vector<Neighbour>> neighbours;  // by row
};

std::vector<Neighbour> neighbours_of(const CallGraph& graph, std::uint32_t site, std::size_t type) {
  std::vector<Neighbour> out;
  const std::int64_t whole = graph.sums.cumulative(site, type);
  const auto add = [&](std::uint32_t row, bool calls) {
    const CallEdge& edge = graph.edges[row];
    const std::uint32_t other = calls ? edge.caller : edge.callee;
    out.push_back({calls, edge.value, share(edge.value, whole), place_words(graph.sums.sites()[other])});
  };
  for (const std::uint32_t row : graph.callers_of[site]) add(row, true);
  for (const std::uint32_t row : graph.callees_of[site]) add(row, false);
  return out;
}

RowsBelow neighbour_rows(const std::shared_ptr<const Tree>& tree, Unit unit) {
  return {"neighbours",
          {{"relation", Unit::kText, ""},
           {"value", unit, "", Shown::kUsually, nullptr, Sign::kMinus},
           {"share", Unit::kText, ""},
           {"place", Unit::kText, ""}},
          [tree](std::uint32_t row) { return static_cast<std::uint32_t>(tree->neighbours[row].size()); },
          [tree](std::uint32_t row, std::uint32_t below, std::size_t column) -> Cell {
            const Neighbour& one = tree->neighbours[row][below];
            if (column == 0) return std::string_view(one.calls ? "called by" : "calls");
            if (column == 1) return one.value;
            return text_cell(column == 2 ? one.share : one.place);
          }};
}

}  // namespace

TableShape profile_tree_shape() {
  return make_shape<TreeRow>("profile-tree", "place", "cumulative", kTreeColumns, "flat");
}

Table profile_tree_table(const Profiles& profiles, const ProfileQuestion& question, const std::string& expression) {
  const Profile& first = profiles->front().profile();
  const std::size_t type = find_sample_type(first, question.type);
  const std::optional<profile::Pattern> pattern =
      expression.empty() ? std::nullopt : std::optional<profile::Pattern>(std::in_place, expression, "REGEX");
  const auto tree = std::make_shared<Tree>(Tree{profiles, profile::call_graph(*profiles, question.by, type), {}});
  const profile::Sums& sums = tree->graph.sums;
  std::vector<TreeRow> rows;
  for (std::uint32_t site = 0; site < sums.sites().size(); ++site) {
    TreeRow row{sums.flat(site, type),           sums.cumulative(site, type), {}, {},
                place_words(sums.sites()[site]), &sums.sites()[site]};
    if ((row.flat == 0 && row.cumulative == 0) || (pattern && !pattern->matches(row.place))) continue;
    row.flat_share = share(row.flat, sums.total(type));
    row.cumulative_share = share(row.cumulative, sums.total(type));
    tree->neighbours.push_back(neighbours_of(tree->graph, site, type));
    rows.push_back(std::move(row));
  }
  TableShape shape = profile_tree_shape();
  const Unit unit = unit_of(first.sample_types()[type]);
  count_in(shape, unit);
  Table table = make_table<TreeRow>(std::move(shape), kTreeColumns, std::move(rows));
  table.remark = remark_on(*profiles, sums, type);
  table.below = neighbour_rows(tree, unit);
  keep_with(table, tree);
  return table;
}

namespace {

struct TagRow {
  std::string_view key;
  std::string tag, of_all;
  std::int64_t number = 0;
  bool is_number = false;
  std::int64_t value = 0;
  std::uint64_t samples = 0;
};

constexpr ColumnOf<TagRow> kTagColumns[] = {
    {{"key", Unit::kText, "what the label is called"}, [](const TagRow& r) { return text_cell(r.key); }},
    {{"value", Unit::kBytes, "of samples that have the label", Shown::kUsually, nullptr, Sign::kMinus},
     [](const TagRow& r) { return Cell(r.value); }},
    {{"of_all", Unit::kText, "which share of all that is"}, [](const TagRow& r) { return text_cell(r.of_all); }},
    {{"samples", Unit::kCount, "how many stacks have it"}, [](const TagRow& r) { return Cell(r.samples); }},
    {{"tag", Unit::kText, "its text, or its number with its unit"}, [](const TagRow& r) { return text_cell(r.tag); }},
    {{"number", Unit::kCount, "of a label that is a number", Shown::kWhenAsked, nullptr, Sign::kMinus},
     [](const TagRow& r) { return r.is_number ? Cell(r.number) : Cell(); }},
};

std::string tag_words(const Label& label) {
  if (!label.text.empty()) return std::string(label.text);
  const bool is_bytes = label.unit == "bytes" || (label.unit.empty() && label.key == "bytes");
  if (is_bytes && label.number >= 0) return format_bytes(static_cast<std::uint64_t>(label.number));
  return label.unit.empty() ? std::to_string(label.number) : fmt::format("{} {}", label.number, label.unit);
}

}  // namespace

TableShape profile_tags_shape() {
  return make_shape<TagRow>("profile-tags", "label", "value", kTagColumns);
}

Table profile_tags_table(const Profiles& profiles, const ProfileQuestion& question) {
  const Profile& first = profiles->front().profile();
  const std::size_t type = find_sample_type(first, question.type);
  std::map<std::tuple<std::string_view, std::string_view, std::int64_t, std::string_view>, TagRow> rows_of;
  std::uint64_t total = 0, without = 0;
  for (const FilteredProfile& profile : *profiles)
    profile.for_each_sample([&](const Sample& sample) {
      total += magnitude(sample.values[type]);
      if (sample.labels.empty()) without += magnitude(sample.values[type]);
      for (const Label& label : sample.labels) {
        TagRow& row = rows_of[{label.key, label.text, label.number, label.unit}];
        if (row.samples++ == 0) row = {label.key, tag_words(label), {}, label.number, label.text.empty(), 0, 1};
        row.value += sample.values[type];
      }
    });
  std::vector<TagRow> rows;
  for (auto& [label, row] : rows_of) {
    row.of_all = fmt::format("{}{}", row.value < 0 ? "-" : "", format_share(magnitude(row.value), total));
    rows.push_back(std::move(row));
  }
  TableShape shape = profile_tags_shape();
  const Unit unit = unit_of(first.sample_types()[type]);
  count_in(shape, unit);
  Table table = make_table<TagRow>(std::move(shape), kTagColumns, std::move(rows));
  table.remark = fmt::format("{}: {} in all, {} of it without any label.", first.sample_types()[type].type,
                             quantity_text(total, unit), quantity_text(without, unit));
  if (heap_types(first))
    table.remark +=
        " Profiles of the heap have one label, the size of an object's slot; those of pprof.Do are not in them.";
  keep_with(table, profiles);
  return table;
}

namespace {

struct RawRow {
  std::int64_t value = 0;
  std::string values, labels;
  std::string_view profile;
};

// The stacks of all samples as rows of locations; calls are looked up when they are shown.
struct Raw {
  struct Stack {
    const FilteredProfile* profile = nullptr;
    std::size_t first = 0, locations = 0;
  };
  Profiles profiles;
  std::vector<std::uint32_t> locations;
  std::vector<Stack> stacks;  // by row
};

// One call.
struct RawFrame {
  std::string_view function, file;
  std::int64_t line = 0;
  std::uint64_t address = 0;
  bool is_inlined = false;
};

constexpr ColumnOf<RawRow> kRawColumns[] = {
    {{"value", Unit::kBytes, "of the sample type that is asked for", Shown::kUsually, nullptr, Sign::kMinus},
     [](const RawRow& r) { return Cell(r.value); }},
    {{"values", Unit::kText, "exactly, of each sample type of the profile"},
     [](const RawRow& r) { return text_cell(r.values); }},
    {{"labels", Unit::kText, "KEY=TEXT or KEY=NUMBER", Shown::kIfAny},
     [](const RawRow& r) { return text_cell(r.labels); }},
    {{"profile", Unit::kText, "of several: the file", Shown::kWhenAsked},
     [](const RawRow& r) { return text_cell(r.profile); }},
};

// Calls that were inlined at one location are several; a location without a name is one.
std::uint32_t frames_of(const Raw& raw, const Raw::Stack& stack) {
  std::size_t frames = 0;
  for (std::size_t i = 0; i < stack.locations; ++i)
    frames += std::max<std::size_t>(stack.profile->lines(raw.locations[stack.first + i]).size(), 1);
  return static_cast<std::uint32_t>(frames);
}

RawFrame frame_of(const Raw& raw, const Raw::Stack& stack, std::size_t number) {
  const Profile& profile = stack.profile->profile();
  for (std::size_t i = 0; i < stack.locations; ++i) {
    const std::uint32_t row = raw.locations[stack.first + i];
    const std::span<const profile::Line> lines = stack.profile->lines(row);
    const std::uint64_t address = profile.locations()[row].address;
    if (number >= std::max<std::size_t>(lines.size(), 1)) {
      number -= std::max<std::size_t>(lines.size(), 1);
      continue;
    }
    if (lines.empty()) return {{}, {}, 0, address, false};
    const profile::Function& function = profile.functions()[lines[number].function];
    return {function.name, function.file, lines[number].line, address, number + 1 < lines.size()};
  }
  return {};
}

RawRow raw_row(const FilteredProfile& filtered, const Sample& sample, std::size_t type) {
  RawRow row{.value = sample.values[type], .values = {}, .labels = {}, .profile = filtered.profile().name()};
  row.values = fmt::format("{}", fmt::join(sample.values, " "));
  for (const Label& label : sample.labels) {
    row.labels += fmt::format("{}{}=", row.labels.empty() ? "" : " ", label.key);
    row.labels += label.text.empty() ? fmt::format("{}{}", label.number, label.unit) : std::string(label.text);
  }
  return row;
}

RowsBelow frame_rows(const std::shared_ptr<const Raw>& raw) {
  return {"stack",
          {{"address", Unit::kAddress, "", Shown::kIfAny},
           {"function", Unit::kText, ""},
           {"file", Unit::kText, ""},
           {"line", Unit::kId, ""},
           {"inlined", Unit::kFlag, ""}},
          [raw](std::uint32_t row) { return frames_of(*raw, raw->stacks[row]); },
          [raw](std::uint32_t row, std::uint32_t below, std::size_t column) -> Cell {
            const RawFrame frame = frame_of(*raw, raw->stacks[row], below);
            if (column == 0) return frame.address > 0 ? Cell(frame.address) : Cell();
            if (column == 1) return text_cell(frame.function);
            if (column == 2) return text_cell(frame.file);
            if (column == 3) return frame.line > 0 ? Cell(static_cast<std::uint64_t>(frame.line)) : Cell();
            return flag_cell(frame.is_inlined);
          }};
}

}  // namespace

TableShape profile_raw_shape() {
  return make_shape<RawRow>("profile-raw", "sample", "value", kRawColumns);
}

Table profile_raw_table(const Profiles& profiles, const ProfileQuestion& question) {
  const Profile& first = profiles->front().profile();
  const std::size_t type = find_sample_type(first, question.type);
  const auto raw = std::make_shared<Raw>(Raw{profiles, {}, {}});
  std::vector<RawRow> rows;
  for (const FilteredProfile& profile : *profiles)
    profile.for_each_sample([&](const Sample& sample) {
      rows.push_back(raw_row(profile, sample, type));
      raw->stacks.push_back({&profile, raw->locations.size(), sample.locations.size()});
      raw->locations.insert(raw->locations.end(), sample.locations.begin(), sample.locations.end());
    });
  TableShape shape = profile_raw_shape();
  count_in(shape, unit_of(first.sample_types()[type]));
  Table table = make_table<RawRow>(std::move(shape), kRawColumns, std::move(rows));
  std::string types;
  for (const profile::SampleType& one : first.sample_types())
    types += fmt::format("{}{}/{}", types.empty() ? "" : " ", one.type, one.unit);
  table.remark = fmt::format("values: {}.", types);
  if (first.period() > 0) table.remark += fmt::format(" Period: {} {}.", first.period(), first.period_type().unit);
  if (first.time_ns() > 0) table.remark += fmt::format(" Taken at {}.", format_moment(first.time_ns()));
  for (const FilteredProfile& one : *profiles)
    if (!one.profile().remark().empty())
      table.remark += fmt::format(" Beware: {}: {}.", one.profile().name(), one.profile().remark());
  table.below = frame_rows(raw);
  keep_with(table, raw);
  return table;
}

}  // namespace holdfast::view
