#include "view/escape_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include "base/source_place.h"
#include "base/text.h"
#include "base/units.h"

namespace holdfast::view {
namespace {

using compiler::AllocationCall;
using compiler::AllocationCalls;
using compiler::Decision;
using compiler::Decisions;
using compiler::Judgement;
using compiler::MachineFrame;
using compiler::Place;
using compiler::Ruling;
using compiler::SizeReason;
using compiler::Verdict;

std::string_view words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMovedToHeap:
      return "moved to heap";
    case Verdict::kEscapes:
      return "escapes";
    case Verdict::kStays:
      return "does not escape";
    case Verdict::kLeaks:
      return "leaks";
    case Verdict::kLeaksContent:
      return "content leaks";
    case Verdict::kLeaksToResult:
      return "leaks to result";
    case Verdict::kCapturedReference:
      return "captured by reference";
    case Verdict::kCapturedValue:
      return "captured by value";
    case Verdict::kZeroCopy:
      return "zero-copy";
    case Verdict::kSelfAssignment:
      return "self-assignment";
    case Verdict::kUintptr:
      return "kept as uintptr";
    case Verdict::kInlinedCall:
      return "inlined";
    case Verdict::kCanInline:
      return "can inline";
    case Verdict::kCannotInline:
      return "cannot inline";
    case Verdict::kDevirtualized:
      return "devirtualized";
  }
  return "";
}

constexpr std::string_view kNotSaid = "not said";

std::vector<std::string_view> verdict_words() {
  std::vector<std::string_view> out = {kNotSaid};
  for (int i = 0; i <= static_cast<int>(Verdict::kDevirtualized); ++i) out.push_back(words_of(static_cast<Verdict>(i)));
  return out;
}

std::vector<std::string_view> ruling_words() {
  std::vector<std::string_view> out = {""};
  for (int i = 1; i <= static_cast<int>(Ruling::kUnsaid); ++i)
    out.push_back(compiler::words_of(static_cast<Ruling>(i)));
  return out;
}

const compiler::Reason& reason_of(const EscapeRow& row) {
  return compiler::reasons()[row.decision == nullptr ? 0 : row.decision->step];
}

Cell number_cell(std::uint64_t number) {
  return number > 0 ? Cell(number) : Cell();
}

Cell measured_cell(const EscapeRow& row, std::uint64_t number) {
  return row.is_measured && !row.is_said_above ? Cell(number) : Cell();
}

constexpr ColumnOf<EscapeRow> kColumns[] = {
    {{"in_use", Unit::kBytes, "of what was measured there: what lives, by the graph where there is one", Shown::kIfAny},
     [](const EscapeRow& r) { return measured_cell(r, r.in_use); }},
    {{"allocated", Unit::kBytes, "what was allocated there since the program began", Shown::kIfAny},
     [](const EscapeRow& r) { return measured_cell(r, r.allocated); }},
    {{"objects", Unit::kCount, "that live", Shown::kWhenAsked},
     [](const EscapeRow& r) { return measured_cell(r, r.objects); }},
    {{"allocations", Unit::kCount, "since the program began", Shown::kWhenAsked},
     [](const EscapeRow& r) { return measured_cell(r, r.allocations); }},
    {{"sharing", Unit::kCount, "how many rows of one line what was measured may be of, if several: one of them has it",
      Shown::kIfAny},
     [](const EscapeRow& r) { return r.sharing > 1 ? Cell(std::uint64_t{r.sharing}) : Cell(); }},
    {{"held_by", Unit::kText, "who holds most of what lives", Shown::kIfAny},
     [](const EscapeRow& r) { return text_cell(r.held_by); }},
    {{"verdict", Unit::kText, "what the compiler says", Shown::kUsually, verdict_words},
     [](const EscapeRow& r) { return text_cell(r.verdict); }},
    {{"code", Unit::kText, "what the machine code says of that", Shown::kIfAny, ruling_words},
     [](const EscapeRow& r) { return text_cell(compiler::words_of(r.ruling)); }},
    {{"subject", Unit::kText, "the variable, expression or function"},
     [](const EscapeRow& r) { return text_cell(r.subject); }},
    {{"call", Unit::kText, "how it is allocated", Shown::kIfAny}, [](const EscapeRow& r) { return text_cell(r.call); }},
    {{"type", Unit::kText, "its type, where the code tells it", Shown::kIfAny},
     [](const EscapeRow& r) { return text_cell(r.type); }},
    {{"bytes", Unit::kBytes, "of one such object, where the code tells it", Shown::kWhenAsked},
     [](const EscapeRow& r) { return number_cell(r.bytes); }},
    {{"reason", Unit::kText, "what brings it to the heap, in the compiler's words", Shown::kIfAny},
     [](const EscapeRow& r) { return text_cell(reason_of(r).name); }},
    {{"place", Unit::kText, "where it is written"}, [](const EscapeRow& r) { return text_cell(r.place); }},
    {{"measured_at", Unit::kText, "where it was in the build that was measured, if elsewhere in the same function",
      Shown::kIfAny},
     [](const EscapeRow& r) { return text_cell(r.measured_at); }},
    {{"inlined_at", Unit::kText, "where it is inlined, the outermost call", Shown::kIfAny},
     [](const EscapeRow& r) { return text_cell(r.inlined); }},
    {{"function", Unit::kText, "that the code belongs to, as far as it is told", Shown::kIfRoom},
     [](const EscapeRow& r) { return text_cell(r.function); }},
    {{"because", Unit::kText, "what the machine code makes of it", Shown::kWhenAsked},
     [](const EscapeRow& r) { return text_cell(r.condition); }},
    {{"meaning", Unit::kText, "what the reason means", Shown::kWhenAsked},
     [](const EscapeRow& r) { return text_cell(reason_of(r).meaning); }},
    {{"cure", Unit::kText, "what usually helps", Shown::kWhenAsked},
     [](const EscapeRow& r) { return text_cell(reason_of(r).cure); }},
    {{"size_decides", Unit::kFlag, "whether its size is the reason, so that no change of the flow helps",
      Shown::kWhenAsked},
     [](const EscapeRow& r) { return r.decision ? flag_cell(r.decision->size != SizeReason::kNone) : Cell(); }},
    {{"detail", Unit::kText, "what else the compiler says", Shown::kWhenAsked},
     [](const EscapeRow& r) { return r.decision ? text_cell(r.decision->detail) : Cell(); }},
    {{"times", Unit::kCount, "how often the compiler says so: once for each instance of generic code",
      Shown::kWhenAsked},
     [](const EscapeRow& r) { return r.decision ? Cell(std::uint64_t{r.decision->count}) : Cell(); }},
    {{"package", Unit::kText, "that was compiled", Shown::kWhenAsked},
     [](const EscapeRow& r) { return text_cell(r.package); }},
    {{"file", Unit::kText, "of place", Shown::kWhenAsked}, [](const EscapeRow& r) { return text_cell(r.path); }},
    {{"line", Unit::kId, "of place", Shown::kWhenAsked}, [](const EscapeRow& r) { return number_cell(r.line); }},
    {{"column", Unit::kId, "of place, in bytes, the first is 1", Shown::kWhenAsked},
     [](const EscapeRow& r) { return number_cell(r.column); }},
};

// The path from the folder; or of the standard library and of modules in the cache without where these are here.
std::string brief_path(std::string_view path, const std::string& folder) {
  constexpr std::string_view kCache = "/pkg/mod/", kSource = "/src/";
  if (!folder.empty() && path.starts_with(folder)) return std::string(path.substr(folder.size()));
  if (!path.starts_with('/')) return std::string(path);
  if (const std::string known = canonical_path(path); path.size() > known.size() + kSource.size() &&
                                                      path.ends_with(known) &&
                                                      path.substr(0, path.size() - known.size()).ends_with(kSource))
    return fmt::format("$GOROOT{}{}", kSource, known);
  const std::size_t cache = path.rfind(kCache);
  if (cache == std::string_view::npos) return std::string(path);
  std::string out;
  bool is_capital = false;  // the cache writes "!b" for "B"
  for (const char c : path.substr(cache + kCache.size())) {
    if (c != '!') out += is_capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    is_capital = c == '!';
  }
  return out;
}

// Makes the rows.
class RowMaker {
 public:
  RowMaker(const EscapeEvidence& evidence, const EscapeOptions& options)
      : decisions_(*evidence.decisions),
        code_(evidence.code.get()),
        measured_(evidence.measured.get()),
        options_(options) {
    if (code_ != nullptr) judgements_ = compiler::judge(decisions_, *code_);
  }

  EscapeRows run() {
    EscapeRows out;
    for (std::uint32_t row = 0; row < decisions_.all().size(); ++row) take(row);
    for (const std::vector<std::uint32_t>& calls : judgements_.unsaid) take_unsaid(calls);
    share_out();
    out.is_judged = code_ != nullptr;
    out.is_measured = measured_ != nullptr;
    if (measured_ != nullptr) out.seen_from = measured_->seen_from();
    std::ranges::stable_sort(rows_, [](const EscapeRow& a, const EscapeRow& b) { return order_of(a) < order_of(b); });
    out.rows = std::move(rows_);
    out.remark = remark(out.rows);
    return out;
  }

 private:
  static std::tuple<std::uint64_t, std::uint64_t, std::string_view, std::uint32_t, std::uint32_t> order_of(
      const EscapeRow& row) {
    return {~(row.in_use + row.in_use_above), ~(row.allocated + row.allocated_above), row.path, row.line, row.column};
  }

  bool is_wanted(const Decision& decision, const Judgement* judgement) const {
    return options_.all || decision.on_heap() || (judgement != nullptr && judgement->ruling == Ruling::kBroken);
  }

  // By the file's path or name, or by the function's name.
  bool is_of_source(const EscapeRow& row) const {
    if (options_.source.empty()) return true;
    if (common_tail(canonical_path(row.path), canonical_path(options_.source)).is_whole) return true;
    const FunctionName wanted = split_function(options_.source), own = split_function(row.function);
    return own.name == wanted.name || own.name.starts_with(wanted.name + ".") || row.function == options_.source;
  }

  void take(std::uint32_t number) {
    const Decision& decision = decisions_.all()[number];
    const Judgement* const judgement = code_ != nullptr ? &judgements_.of_decisions[number] : nullptr;
    if (!is_wanted(decision, judgement)) return;
    EscapeRow row;
    row.decision = &decision;
    row.verdict = words_of(decision.verdict);
    row.subject = decision.subject;
    row.package = decisions_.text(decision.package);
    row.function = decisions_.text(decision.function);
    if (decision.verdict == Verdict::kCanInline || decision.verdict == Verdict::kCannotInline)
      row.function = row.subject;
    const Place& written = decisions_.written(decision);
    row.path = decisions_.text(written.path);
    row.line = written.line;
    row.column = written.column;
    if (decision.inlined > 0) row.inlined = place_text(decisions_.text(decision.place.path), decision.place.line, 0);
    if (judgement != nullptr) add_judgement(row, *judgement);
    add_place(row);
    if (!is_of_source(row)) return;
    const bool may_allocate = judgement != nullptr ? !judgement->calls.empty() : decision.on_heap();
    if (may_allocate && measured_ != nullptr)
      find_measured(row, source_of(decision.place, row.function), decision.inlined,
                    judgement != nullptr ? judgement->calls : std::vector<std::uint32_t>());
    rows_.push_back(std::move(row));
  }

  void add_judgement(EscapeRow& row, const Judgement& judgement) {
    row.ruling = judgement.ruling;
    row.condition = judgement.why;
    add_calls(row, judgement.calls);
    // The function that the code is in, where the compiler has named none.
    if (row.function.empty() && !judgement.calls.empty())
      row.function = code_->text(code_->frames[code_->calls[judgement.calls.front()].first_frame].function);
  }

  void add_calls(EscapeRow& row, const std::vector<std::uint32_t>& calls) {
    std::set<std::string_view> callees, types;
    for (const std::uint32_t number : calls) {
      const AllocationCall& call = code_->calls[number];
      callees.insert(code_->text(call.callee));
      if (call.type) types.insert(code_->text(call.type));
      row.bytes = std::max(row.bytes, call.bytes);
    }
    row.call = fmt::format("{}", fmt::join(callees, ", "));
    constexpr std::size_t kMostTypes = 3;
    const std::size_t left_out = types.size() > kMostTypes ? types.size() - kMostTypes : 0;
    while (types.size() > kMostTypes) types.erase(std::prev(types.end()));
    row.type = fmt::format("{}", fmt::join(types, ", "));
    if (left_out > 0) row.type += fmt::format(" and {} more", left_out);
  }

  void take_unsaid(const std::vector<std::uint32_t>& calls) {
    const AllocationCall& first = code_->calls[calls.front()];
    const MachineFrame& frame = code_->frames[first.first_frame];
    EscapeRow row;
    row.ruling = Ruling::kUnsaid;
    row.verdict = kNotSaid;
    row.subject = compiler::words_of(first.what);
    row.function = code_->text(frame.function);
    row.path = code_->text(frame.path);
    row.line = frame.line;
    row.condition = compiler::condition_of(first.what, first.has_buffer);
    add_calls(row, calls);
    add_place(row);
    if (!is_of_source(row)) return;
    if (measured_ != nullptr) find_measured(row, {row.path, row.line, row.function, 0}, 0, calls);
    rows_.push_back(std::move(row));
  }

  void add_place(EscapeRow& row) const { row.place = place_text(row.path, row.line, row.column); }

  std::string place_text(std::string_view path, std::uint32_t line, std::uint32_t column) const {
    const std::string brief = brief_path(path, options_.folder);
    if (line == 0) return brief;
    return column == 0 ? fmt::format("{}:{}", brief, line) : fmt::format("{}:{}:{}", brief, line, column);
  }

  SourcePlace source_of(const Place& place, std::string_view function) const {
    return {decisions_.text(place.path), place.line, function, 0};
  }

  // The frame at the line of the row, if it is known where its function begins.
  const MachineFrame* frame_of(const EscapeRow& row, const std::vector<std::uint32_t>& calls) const {
    for (const std::uint32_t number : calls) {
      const AllocationCall& call = code_->calls[number];
      for (const MachineFrame& frame : std::span(code_->frames).subspan(call.first_frame, call.frames))
        if (frame.function_line > 0 && frame.line == row.line &&
            base_name(code_->text(frame.path)) == base_name(row.path))
          return &frame;
    }
    return nullptr;
  }

  // What was measured at the place of a row that may allocate, in this build or another one.
  void find_measured(EscapeRow& row, const SourcePlace& outer, std::uint32_t inlined,
                     const std::vector<std::uint32_t>& calls) {
    // What the compiler names is the function that code was inlined into.
    std::string function = inlined > 0 || row.function.empty() || row.package.empty()
                               ? std::string()
                               : fmt::format("{}.{}", row.package, row.function);
    std::uint32_t begins = 0;
    if (const MachineFrame* const frame = frame_of(row, calls)) {
      function = code_->text(frame->function);
      begins = frame->function_line;
    }
    std::vector<std::uint32_t> found = measured_->find({row.path, row.line, function, begins}, outer, inlined);
    if (found.empty() && inlined == 0 && row.decision != nullptr) {
      const std::string trimmed = decisions_.trimmed_path(*row.decision);
      found = measured_->find({trimmed, row.line, function, begins}, {trimmed, row.line, {}, 0}, 0);
    }
    for (const std::uint32_t number : found) measured_by_[number].push_back(rows_.size());
    sizes_of_.resize(rows_.size() + 1);
    for (const std::uint32_t number : calls) sizes_of_.back().insert(code_->calls[number].bytes);
    if (sizes_of_.back().empty()) sizes_of_.back().insert(0);
  }

  // Whether objects of so many bytes can be in slots of that size. Classes of sizes waste less than this
  // (Go 1.19-1.27).
  static bool fits_slot(std::uint64_t bytes, std::uint64_t slot) {
    constexpr std::uint64_t kPage = 8192, kHeader = 8;
    const std::uint64_t most_waste = slot <= 256         ? 16
                                     : slot <= 512       ? 32
                                     : slot <= 4 * kPage ? slot / 6 + kHeader
                                                         : std::max(slot / 6, kPage) + kHeader;
    return bytes <= slot && (slot <= 16 || slot - bytes < most_waste);
  }

  // The rows of one line that what was measured can be of: those of which some call makes such objects, or objects of
  // which the code does not tell the size.
  std::vector<std::size_t> takers(const MeasuredPlace& place, const std::vector<std::size_t>& rows) const {
    std::vector<std::size_t> out;
    for (const std::size_t row : rows)
      if (place.object_size == 0 || std::ranges::any_of(sizes_of_[row], [&](std::uint64_t bytes) {
            return bytes == 0 || fits_slot(bytes, place.object_size);
          }))
        out.push_back(row);
    return out.empty() ? rows : out;
  }

  // Gives each measured place to one row, so that no sum has it twice.
  void share_out() {
    for (auto& [number, rows] : measured_by_) {
      const MeasuredPlace& place = measured_->all()[number];
      std::vector<std::size_t> all = takers(place, rows);
      // An append or a slice may be of any size: what is known to make such objects goes before.
      std::ranges::sort(
          all, {}, [&](std::size_t row) { return std::tuple(sizes_of_[row].contains(0), rows_[row].column, row); });
      give(rows_[all.front()], place);
      for (const std::size_t row : all) {
        EscapeRow& one = rows_[row];
        one.sharing = std::max(one.sharing, static_cast<std::uint32_t>(all.size()));
        if (row == all.front()) continue;
        if (!one.is_measured) one.is_measured = one.is_said_above = true;
        one.in_use_above += place.in_use;
        one.allocated_above += place.allocated;
      }
    }
  }

  void give(EscapeRow& row, const MeasuredPlace& place) const {
    row.is_measured = true;
    row.is_said_above = false;
    row.allocated += place.allocated;
    row.allocations += place.allocations;
    row.objects += place.objects;
    if (place.in_use > 0 && place.in_use >= row.most_held) {
      row.held_by = place.held_by;
      row.most_held = place.in_use;
    }
    row.in_use += place.in_use;
    const MeasuredPlace::Frame& frame = place.frames.front();
    if (frame.line != row.line) row.measured_at = place_text(frame.path, frame.line, 0);
  }

  // What the machine code says of them all; nothing of rulings that there are none of.
  static std::string judged_words(std::map<Ruling, std::uint64_t>& rulings) {
    const std::uint64_t allocate = rulings[Ruling::kConfirmed] + rulings[Ruling::kMerged] + rulings[Ruling::kPerhaps];
    std::string out =
        fmt::format(" By the machine code {} of them allocate{}", format_count(allocate), allocate == 1 ? "s" : "");
    if (const std::uint64_t none = rulings[Ruling::kRefuted]; none > 0)
      out += fmt::format("; {} do{} not: constants, values of no size, or optimised away", format_count(none),
                         none == 1 ? "es" : "");
    if (const std::uint64_t absent = rulings[Ruling::kAbsent]; absent > 0)
      out +=
          fmt::format("; of {} the program has no code of {} own", format_count(absent), absent == 1 ? "its" : "their");
    out += ".";
    if (const std::uint64_t broken = rulings[Ruling::kBroken]; broken > 0)
      out += fmt::format(" {} that do{} not escape may allocate all the same.", format_count(broken),
                         broken == 1 ? "es" : "");
    if (const std::uint64_t unsaid = rulings[Ruling::kUnsaid]; unsaid > 0)
      out += fmt::format(" Of {} the compiler says nothing.", format_count(unsaid, "allocation"));
    return out;
  }

  std::string remark(const std::vector<EscapeRow>& rows) const {
    std::map<Ruling, std::uint64_t> rulings;
    std::uint64_t heap = 0, never = 0, moved = 0;
    for (const EscapeRow& row : rows) {
      ++rulings[row.ruling];
      if (row.decision != nullptr && row.decision->on_heap()) ++heap;
      if (measured_ != nullptr && !row.is_measured && !row.call.empty()) ++never;
      if (!row.measured_at.empty()) ++moved;
    }
    std::string out = fmt::format("{} on the heap.", format_count(heap, "decision"));
    if (code_ != nullptr)
      out += judged_words(rulings);
    else
      out +=
          " \"Escapes\" is no allocation yet, and \"does not escape\" no promise: --binary judges both by the machine "
          "code.";
    if (measured_ != nullptr && never > 0)
      out += fmt::format(" {} never in a sample: not reached, or less than {} was allocated there.",
                         never == 1 ? "1 of the calls was" : fmt::format("{} of the calls were", format_count(never)),
                         format_bytes(measured_->seen_from()));
    if (moved > 0)
      out += fmt::format(" What was measured is of another build: {} found by function and line in it.",
                         moved == 1 ? "1 row was" : fmt::format("{} rows were", format_count(moved)));
    const compiler::NotUnderstood& lost = decisions_.not_understood();
    if (lost.lines > 0)
      out += fmt::format(" {} not understood, as \"{}\".",
                         lost.lines == 1 ? "1 line was" : fmt::format("{} lines were", format_count(lost.lines)),
                         lost.first.empty() ? "" : lost.first.front());
    return out;
  }

  const Decisions& decisions_;
  const AllocationCalls* code_;
  const MeasuredPlaces* measured_;
  const EscapeOptions& options_;
  compiler::Judgements judgements_;
  std::vector<EscapeRow> rows_;
  std::map<std::uint32_t, std::vector<std::size_t>> measured_by_;  // rows that a measured place may be of
  std::vector<std::set<std::uint64_t>> sizes_of_;  // by row: of objects of its calls, 0 for one that is not known
};

}  // namespace

EscapeRows escape_rows(const EscapeEvidence& evidence, const EscapeOptions& options) {
  return RowMaker(evidence, options).run();
}

std::vector<std::string> flow_lines(const Decisions& decisions, const Decision& decision, const std::string& folder) {
  std::vector<std::string> out;
  for (const compiler::FlowStep& step : decisions.flow(decision)) {
    if (step.is_flow) {
      out.push_back("flow: " + step.text);
      continue;
    }
    const std::string path = brief_path(step.path, folder);
    std::string place = path.empty() ? "" : fmt::format(" at {}:{}", path, step.line);
    if (step.column > 0 && !path.empty()) place += fmt::format(":{}", step.column);
    out.push_back(fmt::format("  {} ({}){}", step.text, step.reason, place));
  }
  const compiler::Reason& reason = compiler::reasons()[decision.step];
  if (!reason.meaning.empty() && decision.flow != Decision::kNoFlow)
    out.push_back(fmt::format("so {}{}{}", reason.meaning, reason.cure.empty() ? "" : "; usual cure: ", reason.cure));
  return out;
}

TableShape escape_shape() {
  return make_shape<EscapeRow>("escape", "decision", "in_use", kColumns, "in_use", true);
}

Table escape_table(const EscapeEvidence& evidence, const EscapeOptions& options) {
  EscapeRows made = escape_rows(evidence, options);
  const auto rows = std::make_shared<const std::vector<EscapeRow>>(std::move(made.rows));
  Table table;
  table.shape = escape_shape();
  if (!made.is_measured) table.shape.sum = {};
  table.rows = static_cast<std::uint32_t>(rows->size());
  table.cell = [rows, evidence](std::uint32_t row, std::size_t column) { return kColumns[column].get((*rows)[row]); };
  table.remark = std::move(made.remark);
  if (!options.flows) return table;
  table.lines_name = "flow";
  table.lines = [rows, evidence, folder = options.folder](std::uint32_t row) {
    const Decision* const decision = (*rows)[row].decision;
    return decision == nullptr ? std::vector<std::string>() : flow_lines(*evidence.decisions, *decision, folder);
  };
  return table;
}

}  // namespace holdfast::view
