#include "view/profile_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/units.h"
#include "profile/pattern.h"

namespace holdfast::view {
namespace {

using profile::Site;
using profile::Sums;

constexpr std::int64_t kAround = 3;  // lines without samples before and behind one with some

struct ListRow {
  std::int64_t flat = 0, cumulative = 0;
  std::string function;
  std::string_view file, found;
};

constexpr ColumnOf<ListRow> kListColumns[] = {
    {{"flat", Unit::kBytes, "of samples whose innermost call is in this function", Shown::kUsually, nullptr,
      Sign::kMinus},
     [](const ListRow& r) { return Cell(r.flat); }},
    {{"cumulative", Unit::kBytes, "of samples that pass through it, each once", Shown::kUsually, nullptr, Sign::kMinus},
     [](const ListRow& r) { return Cell(r.cumulative); }},
    {{"function", Unit::kText, "its name"}, [](const ListRow& r) { return text_cell(r.function); }},
    {{"file", Unit::kText, "where its source was when it was compiled"},
     [](const ListRow& r) { return text_cell(r.file); }},
    {{"found", Unit::kText, "where the source was found, if elsewhere", Shown::kIfAny},
     [](const ListRow& r) { return text_cell(r.found == r.file ? std::string_view() : r.found); }},
};

struct SourceLine {
  std::int64_t line = 0;
  std::optional<std::int64_t> flat, cumulative;
  std::optional<std::string> source;  // none if the file is not found or shorter
};

struct Listing {
  Profiles profiles;
  Sums lines, functions;
  std::vector<std::vector<SourceLine>> sources;  // by row
};

// Tabs are four columns wide, as in narrow editors: Go's own width of eight leaves no room for the numbers.
std::string without_tabs(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t')
      out += std::string(4 - out.size() % 4, ' ');
    else
      out += c;
  }
  return out;
}

std::vector<SourceLine> lines_with_source(const std::map<std::int64_t, std::size_t>& sites, const Sums& sums,
                                          std::size_t type, std::int64_t start_line, const SourceText& source) {
  std::set<std::int64_t> shown;
  for (const auto& [line, site] : sites) {
    shown.insert(line);
    const auto last = source.lines == nullptr ? 0 : static_cast<std::int64_t>(source.lines->size());
    for (std::int64_t near = std::max<std::int64_t>(1, line - kAround); near <= std::min(last, line + kAround); ++near)
      if (near >= start_line) shown.insert(near);
  }
  if (source.lines != nullptr && start_line > 0) shown.insert(start_line);
  std::vector<SourceLine> out;
  for (const std::int64_t line : shown) {
    SourceLine& one = out.emplace_back();
    one.line = line;
    if (const auto site = sites.find(line); site != sites.end()) {
      one.flat = sums.flat(site->second, type);
      one.cumulative = sums.cumulative(site->second, type);
    }
    if (source.lines != nullptr && line > 0 && line <= static_cast<std::int64_t>(source.lines->size()))
      one.source = without_tabs((*source.lines)[static_cast<std::size_t>(line - 1)]);
  }
  return out;
}

RowsBelow source_rows(const std::shared_ptr<const Listing>& listing, Unit unit) {
  return {"lines",
          {{"line", Unit::kId, ""},
           {"flat", unit, "", Shown::kUsually, nullptr, Sign::kMinus},
           {"cumulative", unit, "", Shown::kUsually, nullptr, Sign::kMinus},
           {"source", Unit::kText, "", Shown::kIfAny}},
          [listing](std::uint32_t row) { return static_cast<std::uint32_t>(listing->sources[row].size()); },
          [listing](std::uint32_t row, std::uint32_t below, std::size_t column) -> Cell {
            const SourceLine& line = listing->sources[row][below];
            if (column == 0) return line.line > 0 ? Cell(static_cast<std::uint64_t>(line.line)) : Cell();
            if (column == 1) return line.flat ? Cell(*line.flat) : Cell();
            if (column == 2) return line.cumulative ? Cell(*line.cumulative) : Cell();
            return line.source ? Cell(std::string_view(*line.source)) : Cell();
          }};
}

// By name and file, since the lines of one function are of one file.
using Place = std::pair<std::string_view, std::string_view>;

std::map<Place, std::int64_t> start_lines(const Profiles& profiles) {
  std::map<Place, std::int64_t> out;
  for (const profile::FilteredProfile& one : *profiles)
    for (const profile::Function& function : one.profile().functions())
      if (function.start_line > 0) out[{function.name, function.file}] = function.start_line;
  return out;
}

std::string missing_words(const std::set<std::string_view>& missing, const std::set<std::string_view>& shorter) {
  std::string out;
  if (!missing.empty())
    out +=
        fmt::format(" Not found: the source of {}; --source-root FOLDER says where to look.", fmt::join(missing, ", "));
  if (!shorter.empty())
    out += fmt::format(" Beware: {} {} fewer lines than the profile speaks of: it is another version.",
                       fmt::join(shorter, ", "), shorter.size() == 1 ? "has" : "have");
  return out;
}

}  // namespace

TableShape profile_list_shape() {
  return make_shape<ListRow>("profile-list", "function", "cumulative", kListColumns, "flat");
}

Table profile_list_table(const Profiles& profiles, const ProfileQuestion& question, const std::string& expression,
                         const FindSource& find) {
  const profile::Profile& first = profiles->front().profile();
  const std::size_t type = find_sample_type(first, question.type);
  const profile::Pattern pattern(expression, "FUNC");
  const auto listing = std::make_shared<Listing>(Listing{profiles,
                                                         profile::sum_up(*profiles, profile::By::kLine),
                                                         profile::sum_up(*profiles, profile::By::kFunction),
                                                         {}});
  std::map<Place, std::map<std::int64_t, std::size_t>> found;
  for (std::size_t site = 0; site < listing->lines.sites().size(); ++site) {
    const Site& one = listing->lines.sites()[site];
    const bool has_any = listing->lines.cumulative(site, type) != 0 || listing->lines.flat(site, type) != 0;
    if (has_any && pattern.matches(one.function)) found[{one.function, one.file}][one.line] = site;
  }
  std::map<std::string_view, std::size_t> function_sites;
  for (std::size_t site = 0; site < listing->functions.sites().size(); ++site)
    function_sites[listing->functions.sites()[site].function] = site;
  const std::map<Place, std::int64_t> starts = start_lines(profiles);
  std::vector<ListRow> rows;
  std::set<std::string_view> missing, shorter;
  for (const auto& [place, sites] : found) {
    const SourceText source = find(place.second);
    if (source.lines == nullptr) missing.insert(place.second);
    if (source.lines != nullptr && static_cast<std::int64_t>(source.lines->size()) < sites.rbegin()->first)
      shorter.insert(source.path);
    ListRow row{.function = std::string(place.first), .file = place.second, .found = source.path};
    for (const auto& [line, site] : sites) row.flat += listing->lines.flat(site, type);
    row.cumulative = listing->functions.cumulative(function_sites[place.first], type);
    rows.push_back(std::move(row));
    const auto start = starts.find(place);
    listing->sources.push_back(
        lines_with_source(sites, listing->lines, type, start == starts.end() ? 0 : start->second, source));
  }
  TableShape shape = profile_list_shape();
  const Unit unit = unit_of(first.sample_types()[type]);
  count_in(shape, unit);
  Table table = make_table<ListRow>(std::move(shape), kListColumns, std::move(rows));
  table.remark = remark_on(*profiles, listing->lines, type) + missing_words(missing, shorter);
  table.below = source_rows(listing, unit);
  keep_with(table, listing);
  return table;
}

}  // namespace holdfast::view
