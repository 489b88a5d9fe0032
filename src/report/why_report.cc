#include "report/why_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/chain.h"
#include "report/target_words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::ChainStep;
using view::MergedWay;
using view::Why;
using view::WhyObject;

class WhyText {
 public:
  WhyText(const Why& why, const std::string& name, const TextStyle& style) : why_(why), name_(name), style_(style) {}

  std::string run() {
    if (why_.root_bytes)
      add_root();
    else if (why_.object)
      add_object(*why_.object);
    else
      add_merged();
    add_garbage();
    return std::move(out_);
  }

 private:
  void wrapped(const std::string& prefix, std::string_view sentence) {
    out_ += holdfast::wrapped(prefix, sentence, style_.width);
  }
  void heading(std::string_view title, std::string_view rest = {}) {
    out_ += fmt::format("\n{}{}\n", style_.bold(title), rest.empty() ? "" : fmt::format("  {}", rest));
  }
  void command(std::string_view words) { out_ += fmt::format("     holdfast {}\n", words); }

  void add_root() {
    const bool is_one = why_.subjects == 1;
    wrapped("", fmt::format("{} {}, so nothing has to hold {}. Without {} {} would be free.", why_.what.brief,
                            is_one ? "is a root" : "are roots", is_one ? "it" : "them", is_one ? "it" : "them",
                            format_bytes(*why_.root_bytes)));
    out_ += "\n";
    command(fmt::format("roots {}     what each root holds", name_));
  }

  void add_object(const WhyObject& why) {
    wrapped("", fmt::format("{}, {}, {}", why_.what.brief, format_bytes(why.bytes),
                            why.retained_bytes > why.bytes
                                ? fmt::format("keeps {} alive, itself included", format_bytes(why.retained_bytes))
                                : "keeps nothing else alive"));
    heading("SHORTEST WAY", fmt::format("{}", format_count(pointers(why.shortest), "step")));
    add_steps(why.shortest);
    if (!why.passing.empty())
      wrapped("     ",
              fmt::format("shorter, in {}, by who holds it less firmly: {}",
                          format_count(pointers(why.passing), "step"), chain_text(why.passing, std::string::npos)));
    add_through(why);
    if (why.shared) add_holders(why);
    out_ += "\n";
    const std::string at = hex(why.object.address);
    command(fmt::format("show {} {}     what is in it", name_, at));
    command(fmt::format("cut {} --drop {}     what would be free without it", name_, at));
  }

  // The nodes of the root forest are one place.
  static std::size_t pointers(const std::vector<ChainStep>& chain) {
    std::size_t count = 0;
    for (const ChainStep& step : chain) count += step.root ? 0 : 1;
    return count;
  }

  static std::string step_text(const ChainStep& step) {
    if (step.kind == view::StepKind::kGap) return fmt::format("… {}", step.text.brief);
    std::string text = step.field.empty() ? "" : step.field + "  ";
    if (!step.key.empty()) text += fmt::format("[{}]  ", step.key);
    text += step.text.brief;
    if (!step.place.empty()) text += fmt::format(" {}", step.place);
    if (step.address && !step.root) text += fmt::format("  {}", hex(step.address));
    if (!step.rules.empty()) text += kRuleMark;
    return text;
  }

  void line(std::string_view text) { out_ += fmt::format("{}\n", fit_words(text, style_.width)); }

  void add_steps(const std::vector<ChainStep>& chain) {
    for (const ChainStep& step : chain) line(fmt::format("     {}{}", step.root ? "" : "→ ", step_text(step)));
  }

  void add_through(const WhyObject& why) {
    if (why.through.empty()) {
      heading("EVERY WAY GOES THROUGH", "nothing in common: several owners hold it");
      return;
    }
    heading("EVERY WAY GOES THROUGH", "without any of these it would be free");
    for (const view::HeldStep& held : why.through) {
      const std::string bytes = held.step.node ? format_bytes(held.retained_bytes) : "";
      line(fmt::format("  {:>10}  {}", bytes, step_text(held.step)));
    }
  }

  void add_holders(const WhyObject& why) {
    const std::string of = why.through.empty() ? "" : fmt::format(" of {}", step_text(*why.shared));
    const std::string count = format_count(why.holders.size(), "holder");
    heading(fmt::format("HELD INDEPENDENTLY{}", of),
            why.all_holders ? fmt::format("by {}, and no other has a way of its own", count)
                            : fmt::format("by {}, and perhaps by more: the search ended here", count));
    for (const view::IndependentHolder& holder : why.holders) {
      line(fmt::format("  {:>10}  {}", format_bytes(holder.alone_bytes), holder.who.brief));
      line(fmt::format("              {}", chain_text(holder.chain, style_.width - 14)));
    }
    wrapped("     ", "the bytes are what nobody else reaches: they would go with the holder, the rest would stay");
  }

  void add_merged() {
    wrapped("", fmt::format("{}, {}: their shortest ways{}", why_.what.brief, format_bytes(why_.bytes),
                            why_.looked_at < why_.subjects
                                ? fmt::format(" (of {}, at equal distances)", format_count(why_.looked_at))
                                : ""));
    out_ += "\n";
    for (const MergedWay& way : why_.merged) {
      const std::string indent(2 * way.depth, ' ');
      const std::string text = way.branches > 0 ? fmt::format("and {}", format_count(way.branches, "other way"))
                                                : fmt::format("{}{}", way.depth > 0 ? "→ " : "", way.text.brief);
      line(fmt::format("  {:>10} {:>11}  {}{}", format_bytes(way.bytes), format_count(way.objects), indent, text));
    }
  }

  void add_garbage() {
    if (why_.garbage == 0) return;
    out_ += "\n";
    wrapped("", fmt::format("{} more {} garbage: nothing holds {}", format_count(why_.garbage),
                            why_.garbage == 1 ? "is" : "are", why_.garbage == 1 ? "it" : "them"));
  }

  const Why& why_;
  const std::string& name_;
  const TextStyle& style_;
  std::string out_;
};

ordered_json object_json(const WhyObject& why) {
  ordered_json through = ordered_json::array(), holders = ordered_json::array();
  for (const view::HeldStep& held : why.through)
    through.push_back({{"step", step_json(held.step)},
                       {"retained", held.step.node ? ordered_json(held.retained_bytes) : ordered_json(nullptr)}});
  for (const view::IndependentHolder& holder : why.holders)
    holders.push_back({{"who", holder.who.full}, {"alone", holder.alone_bytes}, {"chain", chain_json(holder.chain)}});
  return {{"object", step_json(why.object)},
          {"bytes", why.bytes},
          {"retained", why.retained_bytes},
          {"shortest", chain_json(why.shortest)},
          {"passing", chain_json(why.passing)},
          {"through", through},
          {"shared", why.shared ? step_json(*why.shared) : ordered_json(nullptr)},
          {"holders", holders},
          {"all_holders", why.all_holders}};
}

}  // namespace

std::string why_text(const Why& why, const std::string& name, const TextStyle& style) {
  return WhyText(why, name, style).run();
}

ordered_json why_json(const heap::Snapshot& snapshot, const Why& why) {
  ordered_json merged = ordered_json::array();
  for (const MergedWay& way : why.merged)
    merged.push_back({{"depth", way.depth},
                      {"text", way.branches > 0 ? ordered_json(nullptr) : ordered_json(way.text.full)},
                      {"objects", way.objects},
                      {"bytes", way.bytes},
                      {"is_end", way.is_end},
                      {"left_out", way.branches}});
  return {{"schema", "holdfast.why/1"},
          {"target", target_json(snapshot.target)},
          {"what", why.what.full},
          {"subjects", why.subjects},
          {"garbage", why.garbage},
          {"bytes", why.bytes},
          {"root_retained", why.root_bytes ? ordered_json(*why.root_bytes) : ordered_json(nullptr)},
          {"why", why.object ? object_json(*why.object) : ordered_json(nullptr)},
          {"merged", merged},
          {"looked_at", why.looked_at},
          {"losses", losses_json(snapshot.losses)}};
}

}  // namespace holdfast::report
