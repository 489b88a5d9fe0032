#include "compiler/judge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/source_place.h"

namespace holdfast::compiler {
namespace {

constexpr std::string_view kMergedWords =
    "one allocation holds several variables of the function: each of them keeps all";
constexpr std::string_view kPerhapsWords = "its line has fewer such calls than such decisions: some of them need none";

// What closures are made of.
bool is_closure(std::string_view type) {
  return type.starts_with("struct { F uintptr");
}

// Whether such a call can be what becomes of what is made.
bool fits(Made made, const AllocationCall& call, std::string_view callee, std::string_view type) {
  const Allocates what = call.what;
  if (what == Allocates::kObject && !type.empty() && is_closure(type) != (made == Made::kClosure)) return false;
  switch (made) {
    case Made::kVariable:
    case Made::kObject:
    case Made::kSliceLiteral:
    case Made::kClosure:
    case Made::kArguments:
      return what == Allocates::kObject;
    case Made::kSlice:
      return what == Allocates::kSlice || what == Allocates::kObject;
    case Made::kMap:
      return what == Allocates::kMap || what == Allocates::kObject;
    case Made::kText:
      return what == Allocates::kText || what == Allocates::kInterface || callee.starts_with("mallocgc");
    case Made::kAppend:
      return what == Allocates::kGrowth || what == Allocates::kCopy;
    case Made::kValue:
      return what == Allocates::kInterface || what == Allocates::kObject || what == Allocates::kText;
    case Made::kNothing:
      return true;
  }
  return false;
}

std::string_view why_refuted(const Decision& decision) {
  if (is_constant(decision.subject)) return "a constant lies in the read-only data of the program";
  switch (decision.made) {
    case Made::kClosure:
      return "a function literal that captures nothing is one value for all, and one that is called at once needs none";
    case Made::kValue:
      return "a value that needs no storage: a pointer, a constant, a byte or bool from a table, or one of no size";
    case Made::kSliceLiteral:
      return "a slice of nothing or of constants needs no memory of its own";
    case Made::kMap:
      return "the map is made by code that is shared: it starts small, or with the package";
    default:
      return "it has no size, is made once with the program's data, or was optimised away";
  }
}

std::string_view why_broken(const Decision& decision, const AllocationCall& call) {
  if (decision.made == Made::kSlice)
    return "its size is known only when the program runs: up to 32 bytes are on the stack, more on the heap";
  if (call.what == Allocates::kGrowth) return "the slice may stay on the stack, and what it grows to is on the heap";
  return condition_of(call.what, call.has_buffer);
}

class Judge {
 public:
  Judge(const Decisions& decisions, const AllocationCalls& code) : decisions_(decisions), code_(code) {
    for (const Decision& decision : decisions.all()) {
      files_.insert(canonical_path(decisions.text(decision.place.path)));
      files_.insert(canonical_path(decisions.text(decisions.written(decision).path)));
      if (decision.package) files_.insert(decisions.trimmed_path(decision));
    }
    for (std::uint32_t row = 0; row < code.calls.size(); ++row) index(row);
    for (std::uint32_t row = 0; row < code.lines.size(); ++row)
      if (is_decided(code.lines[row].path)) lines_.add({code.text(code.lines[row].path), code.lines[row].line}, row);
    said_.resize(code.calls.size());
  }

  Judgements run() {
    out_.of_decisions.resize(decisions_.all().size());
    // What goes to the heap comes first: the calls that this explains, what stays has no part in.
    for (std::uint32_t row = 0; row < out_.of_decisions.size(); ++row)
      if (decisions_.all()[row].on_heap()) judge_escape(row);
    split_by_type();
    weigh_shared();
    for (std::uint32_t row = 0; row < out_.of_decisions.size(); ++row)
      if (decisions_.all()[row].verdict == Verdict::kStays) judge_stay(row);
    collect_unsaid();
    return std::move(out_);
  }

 private:
  void index(std::uint32_t row) {
    const AllocationCall& call = code_.calls[row];
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      const MachineFrame& frame = code_.frames[call.first_frame + i];
      if (!is_decided(frame.path)) continue;
      const SourcePlace place{code_.text(frame.path), frame.line, {}, 0};
      if (i == 0) innermost_.add(place, row);
      any_.add(place, row);
    }
    // In one function, what is allocated without a type is several variables at once.
    if (call.what == Allocates::kObject && !call.type && call.frames > 0 &&
        code_.text(call.callee).starts_with("mallocgc"))
      merged_.emplace(code_.frames[call.first_frame].function.row, row);
  }

  // Looks for the place by its path, or, of a build with -trimpath, by the import path of the package.
  std::vector<std::uint32_t> find(const PlaceIndex& index, const Decision& decision, const Place& place) const {
    std::vector<std::uint32_t> rows = index.find({decisions_.text(place.path), place.line, {}, 0});
    if (!rows.empty() || place.path != decision.place.path) return rows;
    return index.find({decisions_.trimmed_path(decision), place.line, {}, 0});
  }

  // The calls at the place of the decision. Where it is known which code was inlined there, the innermost place
  // decides, among the calls that the outer place is on the way to.
  std::vector<std::uint32_t> calls_of(const Decision& decision) const {
    std::vector<std::uint32_t> rows = decision.inlined > 0 ? find(innermost_, decision, decisions_.written(decision))
                                                           : find(any_, decision, decision.place);
    if (decision.inlined > 0) {
      const std::vector<std::uint32_t> outer = find(any_, decision, decision.place);
      std::erase_if(rows, [&](std::uint32_t row) { return !std::ranges::binary_search(outer, row); });
    } else if (rows.size() > 1) {
      // Code of the line itself goes before what is inlined there.
      const std::vector<std::uint32_t> inner = find(innermost_, decision, decision.place);
      const bool has_own = std::ranges::any_of(inner, [&](std::uint32_t row) { return fits_call(decision, row); });
      if (has_own) rows = inner;
    }
    std::erase_if(rows, [&](std::uint32_t row) { return !fits_call(decision, row) || !is_of_package(decision, row); });
    return rows;
  }

  // Where it is known only what a file is called, others in other packages may be called so, too.
  bool is_of_package(const Decision& decision, std::uint32_t row) const {
    if (!decision.package) return true;
    const std::string_view package = decisions_.text(decision.package);
    const AllocationCall& call = code_.calls[row];
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      const MachineFrame& frame = code_.frames[call.first_frame + i];
      if (frame.line != decision.place.line) continue;
      // Generic code is compiled by the package that uses it, and keeps the name of the one that it was written in.
      if (code_.text(frame.function).find('[') != std::string_view::npos) return true;
      const std::string known = split_function(code_.text(frame.function)).package;
      if (known == package || known == "main") return true;
    }
    return false;
  }

  bool fits_call(const Decision& decision, std::uint32_t row) const {
    const AllocationCall& call = code_.calls[row];
    return fits(decision.made, call, code_.text(call.callee), code_.text(call.type));
  }

  void judge_escape(std::uint32_t row) {
    const Decision& decision = decisions_.all()[row];
    Judgement& judgement = out_.of_decisions[row];
    const bool needs_nothing = decision.made == Made::kValue && is_constant(decision.subject);
    bool is_elsewhere = false;
    if (!needs_nothing) {
      judgement.calls = calls_of(decision);
      is_elsewhere = keep_exact(decision, judgement.calls);
    }
    for (const std::uint32_t call : judgement.calls) said_[call] = true;
    if (!judgement.calls.empty()) {
      judgement.ruling = Ruling::kConfirmed;
      const AllocationCall& call = code_.calls[judgement.calls.front()];
      judgement.why = condition_of(call.what, call.has_buffer);
    } else if (const auto merged = merged_call(decision)) {
      judgement.ruling = Ruling::kMerged;
      judgement.calls = {*merged};
      said_[*merged] = true;
      judgement.why = kMergedWords;
    } else if (is_elsewhere) {
      judgement.ruling = Ruling::kAbsent;
      judgement.why = "the function is inlined wherever it is called: the rows of its callers have it";
    } else if (find(lines_, decision, decisions_.written(decision)).empty()) {
      judgement.ruling = Ruling::kAbsent;
      judgement.why = "the program has no code of this line";
    } else {
      judgement.ruling = Ruling::kRefuted;
      judgement.why = why_refuted(decision);
    }
  }

  // Where it is known how code was inlined, only calls that were inlined just so are about the decision. Returns
  // whether all calls are of other functions, into which this one was inlined.
  bool keep_exact(const Decision& decision, std::vector<std::uint32_t>& rows) const {
    if (!decision.knows_inlining || rows.empty()) return false;
    const std::uint32_t wanted = decision.inlined + 1;
    const auto frames = [&](std::uint32_t row) { return code_.calls[row].frames; };
    if (std::ranges::any_of(rows, [&](std::uint32_t row) { return frames(row) == wanted; })) {
      std::erase_if(rows, [&](std::uint32_t row) { return frames(row) != wanted; });
      return false;
    }
    if (std::ranges::any_of(rows, [&](std::uint32_t row) { return frames(row) < wanted; })) return false;
    rows.clear();
    return true;
  }

  // Of several decisions about the same calls, those that name a type are about the calls that pass it, if any does,
  // and the others about what is left then.
  void split_by_type() {
    std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>> by_calls;
    for (std::uint32_t row = 0; row < out_.of_decisions.size(); ++row)
      if (out_.of_decisions[row].ruling == Ruling::kConfirmed) by_calls[out_.of_decisions[row].calls].push_back(row);
    for (const auto& [calls, rows] : by_calls) {
      if (rows.size() < 2 || calls.size() < 2) continue;
      std::vector<std::uint32_t> left = calls, untyped;
      for (const std::uint32_t row : rows) {
        std::vector<std::uint32_t> own = calls;
        const std::string type = type_named_by(decisions_.all()[row].subject);
        std::erase_if(own, [&](std::uint32_t call) { return short_type(code_.text(code_.calls[call].type)) != type; });
        if (type.empty() || own.empty()) {
          untyped.push_back(row);
          continue;
        }
        std::erase_if(left, [&](std::uint32_t call) { return std::ranges::find(own, call) != own.end(); });
        set_calls(row, std::move(own));
      }
      if (!left.empty())
        for (const std::uint32_t row : untyped) set_calls(row, left);
    }
  }

  void set_calls(std::uint32_t row, std::vector<std::uint32_t> calls) {
    const AllocationCall& call = code_.calls[calls.front()];
    out_.of_decisions[row].why = condition_of(call.what, call.has_buffer);
    out_.of_decisions[row].calls = std::move(calls);
  }

  // Several decisions can be about the calls of one line. If the calls are fewer, not each decision has one: they are
  // one allocation of several variables, or which of them allocates cannot be told.
  void weigh_shared() {
    std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>> by_calls;
    for (std::uint32_t row = 0; row < out_.of_decisions.size(); ++row)
      if (out_.of_decisions[row].ruling == Ruling::kConfirmed) by_calls[out_.of_decisions[row].calls].push_back(row);
    for (const auto& [calls, rows] : by_calls) {
      if (rows.size() <= calls.size()) continue;
      const AllocationCall& first = code_.calls[calls.front()];
      const bool is_merged = calls.size() == 1 && first.what == Allocates::kObject && !first.type &&
                             code_.text(first.callee).starts_with("mallocgc");
      for (const std::uint32_t row : rows) {
        out_.of_decisions[row].ruling = is_merged ? Ruling::kMerged : Ruling::kPerhaps;
        out_.of_decisions[row].why = is_merged ? kMergedWords : kPerhapsWords;
      }
    }
  }

  // An allocation without a type in the function that declares the variable, at most some lines away.
  std::optional<std::uint32_t> merged_call(const Decision& decision) const {
    if (decision.verdict != Verdict::kMovedToHeap || !decision.function) return std::nullopt;
    constexpr std::uint32_t kNear = 20;
    const std::string path = canonical_path(decisions_.text(decision.place.path));
    std::optional<std::uint32_t> best;
    std::uint32_t best_away = kNear;
    for (const auto& [function, row] : merged_) {
      const MachineFrame& frame = code_.frames[code_.calls[row].first_frame];
      if (!is_of_function(decision, frame)) continue;
      const std::uint32_t away = std::max(frame.line, decision.place.line) - std::min(frame.line, decision.place.line);
      if (away > best_away || !common_tail(path, canonical_path(code_.text(frame.path))).is_whole) continue;
      best = row;
      best_away = away;
    }
    return best;
  }

  bool is_of_function(const Decision& decision, const MachineFrame& frame) const {
    return same_function(split_function(code_.text(frame.function)),
                         {"", split_function(decisions_.text(decision.function)).name});
  }

  void judge_stay(std::uint32_t row) {
    const Decision& decision = decisions_.all()[row];
    if (decision.made == Made::kValue && is_parameter(decision)) return;
    Judgement& judgement = out_.of_decisions[row];
    judgement.calls = calls_of(decision);
    // Only text, slices of a size that is not constant, and appends can allocate all the same.
    std::erase_if(judgement.calls,
                  [&](std::uint32_t call) { return said_[call] || !may_break(decision, code_.calls[call]); });
    judgement.ruling = judgement.calls.empty() ? Ruling::kKept : Ruling::kBroken;
    if (judgement.calls.empty()) return;
    for (const std::uint32_t call : judgement.calls) broken_.insert(call);
    judgement.why = why_broken(decision, code_.calls[judgement.calls.front()]);
  }

  // A name alone is a parameter as a rule, whose own storage is meant, or a value that is put into an interface.
  static bool is_parameter(const Decision& decision) {
    return decision.subject.find_first_of("([{ .+") == std::string_view::npos;
  }

  static bool may_break(const Decision& decision, const AllocationCall& call) {
    switch (decision.made) {
      case Made::kSlice:
        return call.what == Allocates::kSlice && !has_constant_size(decision.subject);
      case Made::kText:
      case Made::kValue:
        return call.what == Allocates::kText;
      case Made::kAppend:
        return true;
      default:
        return false;
    }
  }

  void collect_unsaid() {
    std::map<std::tuple<std::uint32_t, std::uint32_t, Allocates>, std::vector<std::uint32_t>> groups;
    for (std::uint32_t row = 0; row < code_.calls.size(); ++row) {
      if (said_[row] || broken_.contains(row) || !is_decided(code_.frames[code_.calls[row].first_frame].path)) continue;
      const MachineFrame& frame = code_.frames[code_.calls[row].first_frame];
      groups[{frame.path.row, frame.line, code_.calls[row].what}].push_back(row);
    }
    for (auto& [key, rows] : groups) out_.unsaid.push_back(std::move(rows));
  }

  // The compiler was asked about some packages only: of the files of others its silence says nothing.
  bool is_decided(StringId path) {
    const auto [known, is_new] = decided_.try_emplace(path.row, false);
    if (!is_new) return known->second;
    const std::string wanted = canonical_path(code_.text(path));
    known->second = files_.contains(wanted) || std::ranges::any_of(files_, [&](const std::string& file) {
                      return common_tail(wanted, file).is_whole;
                    });
    return known->second;
  }

  const Decisions& decisions_;
  const AllocationCalls& code_;
  Judgements out_;
  PlaceIndex innermost_, any_, lines_;
  std::multimap<std::uint32_t, std::uint32_t> merged_;  // calls by their function
  std::vector<bool> said_;                              // by call: some decision explains it
  std::set<std::uint32_t> broken_;
  std::map<std::uint32_t, bool> decided_;  // by path
  std::set<std::string> files_;
};

}  // namespace

std::string_view words_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::kConfirmed:
      return "confirmed";
    case Ruling::kPerhaps:
      return "perhaps";
    case Ruling::kMerged:
      return "merged";
    case Ruling::kRefuted:
      return "refuted";
    case Ruling::kAbsent:
      return "no code";
    case Ruling::kKept:
      return "kept";
    case Ruling::kBroken:
      return "allocates anyway";
    case Ruling::kUnsaid:
      return "allocates";
    case Ruling::kNone:
      break;
  }
  return "";
}

Judgements judge(const Decisions& decisions, const AllocationCalls& code) {
  return Judge(decisions, code).run();
}

}  // namespace holdfast::compiler
