#include "evidence/line_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "base/units.h"
#include "evidence/line_decisions.h"

namespace holdfast::evidence {
namespace {

using view::Cell;
using view::ColumnOf;
using view::Shown;
using view::text_cell;
using view::Unit;

constexpr std::string_view kExact = "exact", kAtMost = "at most", kOneOf = "one of several";

struct LineRow {
  const LineVerdict* line = nullptr;
  std::string survives, holder, share, agreement, place, decision;
};

// What only a memory profile tells.
Cell profiled(const LineRow& row, std::uint64_t value) {
  return row.line->by_code ? Cell() : Cell(value);
}

bool has_one_place(const LineRow& row) {
  return !row.line->by_code || row.line->by_code->places.size() == 1;
}

constexpr ColumnOf<LineRow> kColumns[] = {
    {{"alive", Unit::kBytes, "of the line's objects, what something still reaches at this moment, by the graph"},
     [](const LineRow& r) { return Cell(r.line->alive.bytes.value); }},
    {{"least", Unit::kBytes, "alive is so much at least, with 95 %", Shown::kIfRoom},
     [](const LineRow& r) { return Cell(r.line->alive.bytes.least); }},
    {{"most", Unit::kBytes, "alive is so much at most, with 95 %", Shown::kIfRoom},
     [](const LineRow& r) { return Cell(r.line->alive.bytes.most); }},
    {{"objects", Unit::kCount, "how many objects are alive", Shown::kWhenAsked},
     [](const LineRow& r) { return Cell(r.line->alive.objects.value); }},
    {{"samples", Unit::kCount, "the objects that alive was estimated from: each was looked at"},
     [](const LineRow& r) { return profiled(r, r.line->alive.samples); }},
    {{"in_use", Unit::kBytes, "by the profile: not freed by the end of the last collection"},
     [](const LineRow& r) { return profiled(r, r.line->in_use.bytes.value); }},
    {{"in_use_least", Unit::kBytes, "in_use is so much at least, with 95 %", Shown::kWhenAsked},
     [](const LineRow& r) { return profiled(r, r.line->in_use.bytes.least); }},
    {{"in_use_most", Unit::kBytes, "in_use is so much at most, with 95 %", Shown::kWhenAsked},
     [](const LineRow& r) { return profiled(r, r.line->in_use.bytes.most); }},
    {{"allocated", Unit::kBytes, "since the program began: by the profile, and what came after it"},
     [](const LineRow& r) { return profiled(r, r.line->allocated.bytes.value); }},
    {{"survives", Unit::kText, "which share of allocated is alive"},
     [](const LineRow& r) { return text_cell(r.survives); }},
    {{"dead", Unit::kBytes, "what nothing reaches and the collector has not freed yet", Shown::kIfRoom},
     [](const LineRow& r) { return profiled(r, r.line->dead.bytes.value); }},
    {{"recent", Unit::kCount, "samples alive that were allocated since the last mark", Shown::kWhenAsked},
     [](const LineRow& r) { return profiled(r, r.line->recent); }},
    {{"elsewhere", Unit::kBytes, "in use by the profile of --profile", Shown::kIfAny},
     [](const LineRow& r) { return r.line->elsewhere ? Cell(r.line->elsewhere->in_use.bytes.value) : Cell(); }},
    {{"agreement", Unit::kText,
      "agree, or why profile and graph differ: dead, newer, freed objects; without a profile, how well the code tells",
      Shown::kUsually,
      [] {
        return std::vector<std::string_view>{"agree",       "dead",        "newer",        "freed",
                                             "dead, newer", "dead, freed", "newer, freed", "dead, newer, freed",
                                             kExact,        kAtMost,       kOneOf};
      }},
     [](const LineRow& r) { return text_cell(r.agreement); }},
    {{"place", Unit::kText, "the innermost call outside of plumbing and of the standard library"},
     [](const LineRow& r) { return text_cell(r.place); }},
    {{"function", Unit::kText, "of place, with its import path; none: the runtime", Shown::kWhenAsked},
     [](const LineRow& r) { return has_one_place(r) ? text_cell(r.line->place.function) : Cell(); }},
    {{"file", Unit::kText, "where the source of place was when it was compiled", Shown::kWhenAsked},
     [](const LineRow& r) { return has_one_place(r) ? text_cell(r.line->place.file) : Cell(); }},
    {{"line", Unit::kId, "of the file", Shown::kWhenAsked},
     [](const LineRow& r) {
       return r.line->place.line > 0 && has_one_place(r) ? Cell(std::uint64_t{r.line->place.line}) : Cell();
     }},
    {{"through", Unit::kText, "the function that allocated for it, if another one did", Shown::kWhenAsked},
     [](const LineRow& r) { return text_cell(r.line->through.function); }},
    {{"compiler", Unit::kText, "what the compiler decided there, with --escape", Shown::kIfAny},
     [](const LineRow& r) { return text_cell(r.decision); }},
    {{"type", Unit::kText, "of most objects alive", Shown::kWhenAsked},
     [](const LineRow& r) { return text_cell(r.line->type.name); }},
    {{"of_type", Unit::kBytes, "what something reaches of that type, wherever it was allocated: exact",
      Shown::kWhenAsked},
     [](const LineRow& r) { return r.line->type.objects > 0 ? Cell(r.line->type.bytes) : Cell(); }},
    {{"type_alone", Unit::kFlag,
      "every sampled object of that type is of this line; by the code: no other line can make one", Shown::kWhenAsked},
     [](const LineRow& r) {
       if (r.line->by_code) return view::flag_cell(r.agreement == kExact);
       return r.line->type.samples > 0 ? view::flag_cell(r.line->type.is_of_this_line_alone()) : Cell();
     }},
    {{"held_by", Unit::kText, "who has most of what is alive", Shown::kWhenAsked},
     [](const LineRow& r) { return text_cell(r.holder); }},
    {{"of_alive", Unit::kText, "which share of what is alive held_by has", Shown::kWhenAsked},
     [](const LineRow& r) { return text_cell(r.share); }},
};

std::string held_sentence(const LineVerdict& line) {
  std::string out;
  for (const HeldPart& part : line.held)
    out += fmt::format("{}{} ({})", out.empty() ? "held by " : ", ", part.who.brief,
                       format_share(part.bytes, line.alive.bytes.value));
  return out;
}

// "4.0 MiB, 12.1 MiB, 20.3 MiB", and whether that rises from each to the next by more than chance.
std::string series_words(const ProfiledElsewhere& other) {
  std::vector<Sampled> all = other.earlier;
  all.push_back(other.in_use);
  std::string out;
  bool rises = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ", ", format_bytes(all[i].bytes.value));
    if (i > 0 && all[i].bytes.value <= all[i - 1].bytes.value) rises = false;
  }
  if (!rises) return out;
  return out + (all.back().bytes.least > all.front().bytes.most ? ": it rises from each to the next"
                                                                : ": it may rise, or that is chance");
}

void add_elsewhere(const LineVerdict& line, const LineVerdicts& all, std::vector<std::string>& out) {
  const ProfiledElsewhere& other = *line.elsewhere;
  const std::string in_use =
      fmt::format("{} says {} in use ({} to {})", all.elsewhere.back(), format_bytes(other.in_use.bytes.value),
                  format_bytes(other.in_use.bytes.least), format_bytes(other.in_use.bytes.most));
  const bool is_same = other.in_use.bytes == line.alive.bytes && other.in_use.samples == line.alive.samples;
  out.push_back(is_same      ? in_use + ": the same"
                : other.fits ? in_use + ", which may be the same number"
                : other.in_use.bytes.value < line.alive.bytes.value
                    ? in_use + ": less than is alive now, so it was taken before the rest came"
                    : in_use + ": more than is alive now, so the rest has died since, or was dead and not freed yet");
  if (!other.earlier.empty())
    out.push_back(fmt::format("in use by the {} in turn: {}", format_count(all.elsewhere.size(), "profile"),
                              series_words(other)));
  if (other.moved) out.push_back("that profile has the function at other lines: it is of another build");
}

}  // namespace

std::string agreement_word(const Differences& differences) {
  std::string out;
  for (const auto& [count, word] : {std::pair(differences.dead, "dead"), std::pair(differences.newer, "newer"),
                                    std::pair(differences.freed, "freed")})
    if (count > 0) out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
  return out.empty() ? "agree" : out;
}

std::string place_words(const LineVerdict& line) {
  std::string out = line.place.empty() ? "the runtime" : view::code_text(line.place, view::Detail::kBrief);
  if (line.by_code && line.by_code->places.size() > 1)
    out += fmt::format(" or {} more", line.by_code->places.size() - 1);
  return out;
}

namespace {

std::string_view code_word(const MadeByCode& made) {
  return made.places.size() > 1 ? kOneOf : made.has_doubt() ? kAtMost : kExact;
}

void add_made(const MadeByCode& made, std::vector<std::string>& out) {
  if (made.places.size() > 1) {
    std::string places;
    for (const view::CodePlace& place : made.places)
      places += (places.empty() ? "" : ", ") + view::code_text(place, view::Detail::kBrief);
    out.push_back(fmt::format("which of them made how much is not known: {}", places));
  }
  constexpr std::size_t kMostTypes = 4;
  std::string types;
  std::map<std::string, std::string> doubts;  // with the types that they are about
  for (std::size_t i = 0; i < made.types.size(); ++i) {
    const MadeObjects& one = made.types[i];
    const std::string name = view::short_type(one.type);
    if (i < kMostTypes)
      types += fmt::format("{}{} of {} ({})", i == 0 ? "made " : ", ", format_count(one.objects), name,
                           format_bytes(one.bytes));
    if (!one.doubt.empty()) (doubts[one.doubt] += doubts[one.doubt].empty() ? "" : ", ") += name;
  }
  if (made.types.size() > kMostTypes)
    types += fmt::format(", and of {}", format_count(made.types.size() - kMostTypes, "more type"));
  out.push_back(std::move(types));
  for (const auto& [doubt, names] : doubts) out.push_back(fmt::format("at most, of {}: {}", names, doubt));
}

}  // namespace

std::vector<std::string> sentences_of(const LineVerdict& line, const LineVerdicts& all) {
  const bool are_samples = all.has_estimates && all.facts.rate != 1;
  std::vector<std::string> out;
  if (!line.held.empty()) out.push_back(held_sentence(line));
  if (line.by_code) add_made(*line.by_code, out);
  if (const LineType& type = line.type; type.is_of_this_line_alone() && type.samples >= kFewSamples)
    out.push_back(fmt::format("exactly {} of {} are alive, and all {} of the type are of this line",
                              format_bytes(type.bytes), view::short_type(type.name),
                              format_count(type.samples, are_samples ? "sampled object" : "object")));
  for (const LineDecision& decision : line.decisions)
    out.push_back(fmt::format("compiler: {}{}", decision_words(decision),
                              decision.cure.empty() ? "" : "; usually helps: " + decision.cure));
  if (!line.through.function.empty())
    out.push_back(fmt::format("it asks {} for memory, which allocates", view::short_type(line.through.function)));
  const auto objects = [&](std::uint64_t count) {
    return format_count(count, are_samples ? "sampled object" : "object");
  };
  const Differences& d = line.differences;
  if (d.dead > 0)
    out.push_back(
        fmt::format("dead, and in the profile until the next collection has freed them: {}", objects(d.dead)));
  if (d.newer > 0)
    out.push_back(fmt::format(
        "not in the profile before the next collection, since they came after the last one: {}{}", objects(d.newer),
        d.newer_dead > 0 ? fmt::format(", {} of them dead already", format_count(d.newer_dead)) : ""));
  if (d.freed > 0)
    out.push_back(fmt::format("freed already, and in the profile until the next collection: {}", objects(d.freed)));
  if (line.elsewhere) add_elsewhere(line, all, out);
  return out;
}

view::TableShape line_table_shape(bool has_profile) {
  view::TableShape shape = view::make_shape<LineRow>("lines", "line", "alive", kColumns, "alive");
  constexpr std::array kOfProfile =
      std::to_array<std::string_view>({"samples", "in_use", "allocated", "survives", "dead"});
  for (view::Column& column : shape.columns)
    if (!has_profile && std::ranges::find(kOfProfile, column.name) != kOfProfile.end())
      column.shown = Shown::kWhenAsked;
  return shape;
}

view::Table line_table(LineVerdicts verdicts) {
  const auto all = std::make_shared<const LineVerdicts>(std::move(verdicts));
  std::vector<LineRow> rows;
  for (const LineVerdict& line : all->lines) {
    LineRow& row = rows.emplace_back();
    row.line = &line;
    if (line.allocated.bytes.value > 0)
      row.survives =
          format_share(std::min(line.alive.bytes.value, line.allocated.bytes.value), line.allocated.bytes.value);
    row.agreement = line.by_code ? std::string(code_word(*line.by_code)) : agreement_word(line.differences);
    row.place = place_words(line);
    if (!line.decisions.empty())
      row.decision =
          fmt::format("{}{}", decision_words(line.decisions.front()),
                      line.decisions.size() > 1 ? fmt::format(" and {} more", line.decisions.size() - 1) : "");
    if (line.held.empty()) continue;
    row.holder = line.held.front().who.full;
    row.share = format_share(line.held.front().bytes, line.alive.bytes.value);
  }
  view::Table table = view::make_table<LineRow>(line_table_shape(!all->by_code), kColumns, std::move(rows));
  table.cell = [cell = std::move(table.cell), all](std::uint32_t row, std::size_t column) { return cell(row, column); };
  table.lines_name = "reasons";
  table.lines = [all](std::uint32_t row) { return sentences_of(all->lines[row], *all); };
  return table;
}

}  // namespace holdfast::evidence
