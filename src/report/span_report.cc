#include "report/span_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::name_of;
using view::OneSpan;
using view::SlotState;
using view::SpanStays;

constexpr std::size_t kMostSlots = 2048;  // in the text; JSON has all

char picture_of(SlotState state) {
  switch (state) {
    case SlotState::kFree:
      return '.';
    case SlotState::kLive:
      return '#';
    case SlotState::kGarbage:
      return 'x';
  }
  return '?';
}

std::string_view id_of(SpanStays stays) {
  switch (stays) {
    case SpanStays::kLive:
      return "live objects";
    case SpanStays::kMarked:
      return "marked before";
    case SpanStays::kNotSwept:
      return "not swept";
    case SpanStays::kCached:
      return "cached";
    case SpanStays::kGarbage:
      return "garbage";
    case SpanStays::kEmpty:
      return "empty";
  }
  return {};
}

class SpanText {
 public:
  SpanText(const OneSpan& span, const std::string& target, const TextStyle& style)
      : one_(span), span_(span.span), target_(target), style_(style) {}

  std::string run() {
    add_head();
    add_why();
    add_keepers();
    add_slots();
    return std::move(out_);
  }

 private:
  void wrapped(const std::string& prefix, std::string_view text) {
    out_ += holdfast::wrapped(prefix, text, style_.width);
  }
  void line(const char* name, const std::string& text) { wrapped(fmt::format("  {:<9} ", name), text); }
  void heading(std::string_view title, std::string_view rest) {
    out_ += fmt::format("\n{}{}{}\n", style_.bold(title), rest.empty() ? "" : "  ", rest);
  }

  void add_head() {
    const std::string kind =
        span_.size_class == 0 ? "one large object" : fmt::format("size class {}", span_.size_class);
    out_ +=
        style_.bold(fmt::format("span {}, {} of 8 KiB, {}", hex(span_.base), format_count(span_.pages, "page"), kind)) +
        "\n";
    line("slots", fmt::format("{} of {}{}{}: {} live, {} garbage, {} free", format_count(span_.slots),
                              format_bytes(span_.slot_size), span_.has_pointers ? "" : ", without pointers",
                              span_.header == 0 ? "" : ", with allocation headers", format_count(one_.live),
                              format_count(one_.garbage), format_count(span_.slots - one_.live - one_.garbage)));
    line("bytes", fmt::format("{} live, {} garbage, {} free, {} behind the last slot",
                              format_bytes(one_.live * span_.slot_size), format_bytes(one_.garbage * span_.slot_size),
                              format_bytes(one_.free_bytes()), format_bytes(one_.left_behind)));
    if (one_.absent > 0) line("absent", fmt::format("{} of it are not in memory", format_bytes(one_.absent)));
    line("marked", span_.has_marks ? fmt::format("{} of its objects, by the last collection", format_count(one_.marked))
                                   : "not known: it is being swept, or was made since the last collection");
    add_record();
  }

  void add_record() {
    if (!one_.record) {
      line("kept", "the capture is of an older holdfast and does not say how: not its sweep, and not which P has it");
      return;
    }
    const heap::SpanRecord& record = *one_.record;
    line("freeindex", free_index_words(record));
    const std::string_view sweep = name_of(record.sweep);
    line("sweep", record.sweep == heap::SweepState::kWaits ? "it waits for its sweep after the last collection"
                  : sweep.empty()                          ? "not known"
                                                           : std::string(sweep));
    line("owner", record.processor == heap::SpanRecord::kNobody
                      ? "no P has it in its mcache"
                      : fmt::format("P {} has it in its mcache: only that one allocates from it", record.processor));
  }

  std::string free_index_words(const heap::SpanRecord& record) const {
    if (record.free_index == 0)
      return "0: nothing was allocated in it since its sweep; its allocation bits say what is taken";
    if (record.free_index >= span_.slots)
      return fmt::format("{}: nothing more can be allocated in it until it is swept again",
                         format_count(record.free_index));
    return fmt::format("{}: all slots below it are taken; from it on the allocation bits say which",
                       format_count(record.free_index));
  }

  void add_why() {
    heading("WHY IT IS NOT GIVEN BACK", "");
    wrapped("  ", why());
    wrapped("  ",
            "A span goes back to the page heap as a whole, when a sweep finds nothing marked in it. Its pages are free "
            "then, for any other span; the scavenger returns free pages to the system later, and keeps about a tenth "
            "more than the next heap goal, unless a memory limit is near.");
  }

  std::string why() const {
    switch (one_.stays) {
      case SpanStays::kLive:
        return fmt::format("{} in it {}, {} of its {}. While one of them lives, all its pages stay.",
                           format_count(one_.live, "object"), one_.live == 1 ? "lives" : "live",
                           format_bytes(one_.live * span_.slot_size), format_bytes(span_.bytes()));
      case SpanStays::kMarked:
        return "Nothing in it lives any more, but the last collection still marked something. The next one will not, "
               "and the sweep after that gives it back.";
      case SpanStays::kNotSwept:
        return "Nothing in it was marked by the last collection: its sweep, which has not come to it yet or is just "
               "there, gives it back.";
      case SpanStays::kCached:
        return fmt::format(
            "Nothing in it lives. P {} has it ready to allocate from, and gives it up when the next "
            "collection begins; if nothing is marked in it then, its sweep gives it back.",
            one_.record->processor);
      case SpanStays::kGarbage:
        return "Nothing in it lives. Its objects wait for the next collection, and the sweep after that gives it back.";
      case SpanStays::kEmpty:
        return "It has no object and is in no cache: a thread was just taking it, or about to give it back.";
    }
    return {};
  }

  void add_keepers() {
    if (one_.keepers.empty()) return;
    heading("KEPT BY", "who holds its live objects, with one of them each");
    for (const view::SpanKeeper& keeper : one_.keepers)
      out_ += fit_words(fmt::format("  {:>7}  {}  {}  {}", format_count(keeper.objects), hex(keeper.example),
                                    keeper.type.brief, keeper.who.brief),
                        style_.width) +
              "\n";
    if (one_.left_out_keepers > 0)
      wrapped("  ",
              fmt::format("and {} more, with {}; `--top 0` shows all", format_count(one_.left_out_keepers, "holder"),
                          format_count(one_.left_out_objects, "object")));
    wrapped("  ", fmt::format("`holdfast show {} ADDRESS` opens one", target_));
  }

  void add_slots() {
    if (span_.slots < 2) return;
    heading("SLOTS", "# live  x garbage  . free");
    const std::size_t in_line = style_.width < 80 ? 32 : 64;
    const std::size_t shown = std::min(kMostSlots, one_.slots.size());
    for (std::size_t begin = 0; begin < shown; begin += in_line) {
      std::string text;
      for (std::size_t s = begin; s < std::min(shown, begin + in_line); ++s) text += picture_of(one_.slots[s]);
      out_ += fmt::format("  {:>5}  {}\n", begin, text);
    }
    if (shown < one_.slots.size())
      wrapped("  ", fmt::format("and {} more", format_count(one_.slots.size() - shown, "slot")));
  }

  const OneSpan& one_;
  const heap::Span& span_;
  const std::string& target_;
  const TextStyle& style_;
  std::string out_;
};

ordered_json record_json(const OneSpan& one) {
  if (!one.record) return nullptr;
  return {{"free_index", one.record->free_index},
          {"sweep", name_of(one.record->sweep)},
          {"processor", one.record->processor == heap::SpanRecord::kNobody ? ordered_json(nullptr)
                                                                           : ordered_json(one.record->processor)}};
}

}  // namespace

std::string one_span_text(const OneSpan& span, const std::string& target, const TextStyle& style) {
  return SpanText(span, target, style).run();
}

ordered_json one_span_json(const heap::Snapshot& snapshot, const OneSpan& one) {
  std::string slots;
  for (const SlotState state : one.slots) slots += picture_of(state);
  ordered_json keepers = ordered_json::array();
  for (const view::SpanKeeper& keeper : one.keepers)
    keepers.push_back({{"who", keeper.who.full},
                       {"objects", keeper.objects},
                       {"example", hex(keeper.example)},
                       {"type", keeper.type.full}});
  return {{"schema", "holdfast.span/1"},
          {"target", target_json(snapshot.target)},
          {"address", hex(one.span.base)},
          {"pages", one.span.pages},
          {"bytes", one.span.bytes()},
          {"size_class", one.span.size_class},
          {"slot_bytes", one.span.slot_size},
          {"slots", one.span.slots},
          {"has_pointers", one.span.has_pointers},
          {"live", one.live},
          {"garbage", one.garbage},
          {"marked", one.span.has_marks ? ordered_json(one.marked) : ordered_json(nullptr)},
          {"free_bytes", one.free_bytes()},
          {"left_behind", one.left_behind},
          {"absent", one.residency_known ? ordered_json(one.absent) : ordered_json(nullptr)},
          {"record", record_json(one)},
          {"stays", id_of(one.stays)},
          {"picture", slots},
          {"keepers", keepers},
          {"left_out_keepers", one.left_out_keepers},
          {"left_out_objects", one.left_out_objects},
          {"losses", losses_json(snapshot.losses)}};
}

}  // namespace holdfast::report
