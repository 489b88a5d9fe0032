#include "compiler/merge.h"

#include <unordered_map>

#include "base/source_place.h"
#include "base/text.h"

namespace holdfast::compiler {
namespace {

// The paths may be said in other ways, so the file's own name is all that has to be the same.
std::uint64_t key_of(const Decisions& decisions, const Decision& one) {
  const std::uint64_t key = mix(mix(0, base_name(decisions.text(one.place.path))), one.place.line);
  return mix(mix(mix(key, one.place.column), one.subject), one.verdict == Verdict::kMovedToHeap);
}

}  // namespace

class Merger {
 public:
  Merger(Decisions& text, const Decisions& json)
      : text_(text), json_(json), said_by_text_(static_cast<std::uint32_t>(text.rows_.size())), placed_(said_by_text_) {
    for (std::uint32_t row = 0; row < said_by_text_; ++row)
      if (text.rows_[row].on_heap()) known_.emplace(key_of(text, text.rows_[row]), row);
  }

  void run() {
    text_.keep_.insert(text_.keep_.end(), json_.keep_.begin(), json_.keep_.end());
    if (text_.go_version_.empty()) text_.go_version_ = json_.go_version_;
    add_not_understood();
    for (const Decision& one : json_.rows_)
      if (one.on_heap()) take(one);
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  void add_not_understood() {
    NotUnderstood& ours = text_.not_understood_;
    ours.lines += json_.not_understood_.lines;
    for (const std::string& line : json_.not_understood_.first)
      if (ours.first.size() < NotUnderstood::kMostShown) ours.first.push_back(line);
  }

  std::string_view kept(std::string_view words) {
    return words.empty() ? words : text_.texts_[text_.texts_.add(words)];
  }
  StringId translated(StringId id) { return id ? text_.texts_.add(json_.text(id)) : StringId(); }
  Place translated(const Place& place) { return {translated(place.path), place.line, place.column}; }

  // Of files of one name the one whose path has most in common.
  std::uint32_t find(const Decision& one) const {
    const std::string path = canonical_path(json_.text(one.place.path));
    std::uint32_t best = kNone;
    CommonTail best_tail;
    const auto [begin, end] = known_.equal_range(key_of(json_, one));
    for (auto at = begin; at != end; ++at) {
      const CommonTail tail = common_tail(path, canonical_path(text_.text(text_.rows_[at->second].place.path)));
      if (best != kNone && !(tail > best_tail)) continue;
      best = at->second;
      best_tail = tail;
    }
    return best;
  }

  void take(const Decision& one) {
    const std::uint32_t row = find(one);
    Decision merged = row != kNone ? text_.rows_[row] : one;
    if (row == kNone) {
      merged.place = translated(one.place);
      merged.package = translated(one.package);
      merged.subject = kept(one.subject);
      merged.flow = Decision::kNoFlow;
    }
    if (merged.flow == Decision::kNoFlow && one.flow != Decision::kNoFlow) {
      merged.flow = static_cast<std::uint32_t>(text_.flows_.size());
      text_.flows_.push_back(json_.flows_[one.flow]);
      merged.size = one.size;
      merged.step = one.step;
    }
    merged.count = one.count;
    merged.knows_inlining = true;
    merged.first_inlined = static_cast<std::uint32_t>(text_.inlined_.size());
    merged.inlined = one.inlined;
    for (const Place& place : json_.inlined(one)) text_.inlined_.push_back(translated(place));
    if (row == kNone || placed_[row]) return text_.rows_.push_back(merged);
    placed_[row] = true;
    text_.rows_[row] = merged;
  }

  Decisions& text_;
  const Decisions& json_;
  std::uint32_t said_by_text_;
  std::vector<bool> placed_;  // by row: JSON has said where it was inlined
  std::unordered_multimap<std::uint64_t, std::uint32_t> known_;
};

void merge(Decisions& text, const Decisions& json) {
  Merger(text, json).run();
}

}  // namespace holdfast::compiler
