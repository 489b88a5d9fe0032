#include "web/evidence_answers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "evidence/code_lines.h"
#include "evidence/headline.h"
#include "evidence/heavy_places.h"
#include "evidence/line_table.h"
#include "graph/dominator_tree.h"
#include "report/verdict_report.h"
#include "view/table_query.h"
#include "view/type_table.h"

namespace holdfast::web {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMostLines = 200;       // of a verdict
constexpr std::size_t kMostHeavy = 50;          // places
constexpr std::size_t kAround = 12;             // lines of a long source beside those that something is said of
constexpr std::size_t kMostWholeSource = 2000;  // lines

Json place_json(const view::CodePlace& place) {
  return {{"function", place.function}, {"file", place.file}, {"line", place.line}};
}

Json numbers_json(const heap::EstimatedNumber& number) {
  return {{"value", number.value}, {"least", number.least}, {"most", number.most}};
}

Json line_json(const evidence::LineVerdict& line, const evidence::LineVerdicts& all) {
  Json held = Json::array();
  for (const evidence::HeldPart& part : line.held)
    held.push_back({{"who", part.who.brief}, {"bytes", part.bytes}, {"share", part.share}});
  const bool is_profiled = !line.by_code.has_value();
  return {{"function", line.place.function},
          {"line", line.place.line},
          {"alive", numbers_json(line.alive.bytes)},
          {"alive_objects", numbers_json(line.alive.objects)},
          {"allocated", is_profiled ? Json(line.allocated.bytes.value) : Json(nullptr)},
          {"samples", is_profiled ? Json(line.alive.samples) : Json(nullptr)},
          {"type", line.type.name},
          {"held", std::move(held)},
          {"sentences", evidence::sentences_of(line, all)}};
}

// Which lines of a source to show: all of a short one, or those near to something that is said.
std::set<std::size_t> shown_lines(std::size_t count, const std::vector<std::uint32_t>& said) {
  std::set<std::size_t> out;
  if (count <= kMostWholeSource) {
    for (std::size_t i = 1; i <= count; ++i) out.insert(i);
    return out;
  }
  for (const std::uint32_t line : said)
    for (std::size_t i = line > kAround ? line - kAround : 1; i <= std::min<std::size_t>(count, line + kAround); ++i)
      out.insert(i);
  return out;
}

}  // namespace

const session::LineEvidence& EvidenceAnswers::lines() {
  if (!lines_) lines_ = session::line_evidence(session_, "");
  return *lines_;
}

// Beside a profile the machine code is asked as well: a small object that holds much was hardly sampled.
const std::optional<evidence::LineVerdicts>& EvidenceAnswers::code_lines() {
  if (code_lines_) return *code_lines_;
  std::optional<evidence::LineVerdicts> found;
  if (lines().verdicts && lines().verdicts->by_code) {
    found = lines().verdicts;
  } else {
    const graph::Reachability& reached = session_.reached();
    const view::Groundwork& groundwork = session_.groundwork();
    try {
      session_.run("code",
                   [&] { found = evidence::code_lines(groundwork, reached, session::program_calls(session_, "")); });
    } catch (const Error& error) {
      why_no_code_ = error.what();
    }
  }
  code_lines_ = std::move(found);
  return *code_lines_;
}

Json EvidenceAnswers::verdict() {
  const evidence::Look now = session::look_at(session_, target_);
  const std::optional<view::CounterTrend> watched = before_.watched ? std::optional(before_.watched()) : std::nullopt;
  session::Verdict found = session::verdict(session_, lines(),
                                            {.now = &now,
                                             .before = before_.first_look,
                                             .watched = watched && watched->looks().size() >= 3 ? &*watched : nullptr});
  report::Verdict verdict{.symptoms = std::move(found.symptoms),
                          .sentence = std::move(found.sentence),
                          .cycles = std::move(found.cycles),
                          .lines_heading = std::move(found.lines_heading)};
  view::TableQuery query;
  query.top = kMostLines;
  view::TablePlan plan;
  view::Selection selection;
  if (found.lines) {
    plan = view::plan_table(evidence::line_table_shape(found.has_profile), query);
    selection = view::select(*found.lines, plan);
    verdict.lines = &*found.lines;
    verdict.plan = &plan;
    verdict.selection = &selection;
  }
  Json json = report::verdict_json(verdict, target_, session_.snapshot());
  json["line_count"] = found.lines ? found.lines->rows : 0;
  json["since_first_look"] = before_.first_look != nullptr;
  return json;
}

const Json& EvidenceAnswers::heavy() {
  if (!heavy_) heavy_ = find_heavy();
  return *heavy_;
}

Json EvidenceAnswers::find_heavy() {
  const graph::Dominators& dominators = session_.dominators();
  const heap::Snapshot& snapshot = session_.snapshot();
  const session::LineEvidence& profiled = lines();
  const std::optional<evidence::LineVerdicts>& coded = code_lines();
  const bool has_profile = profiled.verdicts && !profiled.verdicts->by_code;
  std::vector<evidence::HeavyPlace> places;
  session_.run("heavy", [&] {
    places = evidence::heavy_places(snapshot, view::type_totals(snapshot, graph::DominatorTree(dominators)),
                                    has_profile ? &*profiled.verdicts : nullptr, coded ? &*coded : nullptr);
  });
  Json rows = Json::array();
  for (std::size_t i = 0; i < std::min(places.size(), kMostHeavy); ++i) {
    const evidence::HeavyPlace& one = places[i];
    Json where = Json::array();
    for (const view::CodePlace& place : one.places) where.push_back(place_json(place));
    rows.push_back({{"type", one.type},
                    {"objects", one.objects},
                    {"bytes", one.bytes},
                    {"kept_alive", one.kept_alive},
                    {"places", std::move(where)},
                    {"by", one.places.empty() ? "nothing"
                           : one.by_profile   ? "profile"
                                              : "code"},
                    {"doubt", one.doubt}});
  }
  return {{"live_bytes", session_.reached().bytes},
          {"least_share", evidence::HeavyPlace::kLeastShare},
          {"least_times", evidence::HeavyPlace::kLeastTimes},
          {"count", places.size()},
          {"why_no_profile", has_profile ? "" : profiled.why_none},
          {"why_no_code", why_no_code_},
          {"heavy", std::move(rows)}};
}

Json EvidenceAnswers::source(const Request& request) {
  const std::string file(request.field("file"));
  if (file.empty()) fail(ErrorCode::kUsage, "the question needs file=, a path that lines of the verdict have");
  // The program says which files it was made of, and may say anything.
  if (!file.ends_with(".go")) fail(ErrorCode::kNotFound, "{} is no source of Go", file);
  const session::LineEvidence& all = lines();
  if (!all.verdicts) fail(ErrorCode::kUnsupported, "{}", all.why_none);
  Json said = Json::array();
  std::vector<std::uint32_t> numbers;
  for (const evidence::LineVerdict& line : all.verdicts->lines) {
    if (line.place.file != file) continue;
    said.push_back(line_json(line, *all.verdicts));
    numbers.push_back(line.place.line);
  }
  if (numbers.empty()) fail(ErrorCode::kNotFound, "no line that allocates what is alive is in {}", file);
  if (!sources_) {
    const std::string& release = session_.snapshot().target.go_version;
    sources_.emplace(std::vector<std::string>(), release.starts_with("go") ? release.substr(2) : release);
  }
  const os::SourceFile* const source = sources_->find(file);
  Json text = Json::array();
  if (source != nullptr)
    for (const std::size_t number : shown_lines(source->lines.size(), numbers))
      text.push_back({{"line", number}, {"text", source->lines[number - 1]}});
  return {{"file", file},
          {"found_at", source == nullptr ? Json(nullptr) : Json(source->path)},
          {"line_count", source == nullptr ? 0 : source->lines.size()},
          {"rest_on", evidence::basis_of(*all.verdicts)},
          {"text", std::move(text)},
          {"lines", std::move(said)}};
}

}  // namespace holdfast::web
