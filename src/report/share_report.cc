#include "report/share_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"
#include "report/text_columns.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::GoroutineShares;
using view::SharedBySet;
using view::SharingGroup;

constexpr std::size_t kMostNames = 4;  // of owners of one set; JSON has all

class ShareText {
 public:
  ShareText(const GoroutineShares& shares, std::size_t top, const std::string& target, const TextStyle& style)
      : shares_(shares),
        top_(top == 0 ? std::numeric_limits<std::size_t>::max() : top),
        target_(target),
        style_(style) {}

  std::string run() {
    const std::uint64_t reached = shares_.live_bytes - shares_.no_goroutine;
    wrapped("", fmt::format("Stacks lead to {} of the {} that live; to {} no goroutine leads.", format_bytes(reached),
                            format_bytes(shares_.live_bytes), format_bytes(shares_.no_goroutine)));
    add_groups();
    add_sets();
    out_ += "\n";
    wrapped("", fmt::format("a goroutine opens with `holdfast goroutines {0} --goroutine ID`, an object with "
                            "`holdfast show {0} ADDRESS`, all that hold it with `holdfast why {0} ADDRESS`",
                            target_));
    return std::move(out_);
  }

 private:
  void wrapped(const std::string& prefix, std::string_view text) {
    out_ += holdfast::wrapped(prefix, text, style_.width);
  }

  void heading(std::string_view title, std::string_view meaning) {
    out_ += fmt::format("\n{}\n", style_.bold(title));
    wrapped("  ", meaning);
  }

  void add_groups() {
    heading(shares_.one ? "OF THIS GOROUTINE" : "BY GROUP",
            "what the goroutines at one place reach: a single one of them alone, several of them and nobody else, "
            "goroutines of other groups as well, others (variables and the like) as well");
    std::vector<std::vector<std::string>> rows = {
        {"alone", "together", "with goroutines", "with others", "goid", "who"}};
    for (std::size_t g = 0; g < shares_.groups.size(); ++g) {
      const SharingGroup& group = shares_.groups[g];
      if (shares_.one ? g != *shares_.one : g >= top_) continue;
      rows.push_back({format_bytes(group.alone), format_bytes(group.together), format_bytes(group.with_goroutines),
                      format_bytes(group.with_others), std::to_string(group.goid), group.who.brief});
    }
    const TextLayout layout = lay_out(rows,
                                      std::vector<TextColumn>{{.right = true},
                                                              {.right = true},
                                                              {.right = true},
                                                              {.right = true},
                                                              {.right = true},
                                                              {.gives_way = true, .stays = Stays::kAlways}},
                                      style_.width - 2);
    for (const std::string& line : layout.lines) out_ += "  " + line + "\n";
    add_rest_of_groups();
    if (shares_.too_many > 0)
      wrapped("  ", fmt::format("{} more are shared by so many that no group has them in its sums: see below",
                                format_bytes(shares_.too_many)));
  }

  void add_rest_of_groups() {
    if (shares_.one || shares_.groups.size() <= top_) return;
    std::uint64_t alone = 0;
    for (std::size_t g = top_; g < shares_.groups.size(); ++g)
      alone += shares_.groups[g].alone + shares_.groups[g].together;
    wrapped("  ", fmt::format("and {} more, with {} for themselves; `--top 0` shows all",
                              format_count(shares_.groups.size() - top_, "group"), format_bytes(alone)));
  }

  void add_sets() {
    heading("SHARED", shares_.sets.empty()
                          ? "nothing: what a group reaches, nobody else does"
                          : "no byte is in two of these; below each its largest objects, with what they keep alive");
    for (std::size_t s = 0; s < std::min(top_, shares_.sets.size()); ++s) add_set(shares_.sets[s]);
    if (shares_.other_sets > 0)
      wrapped("  ", fmt::format("{} more are shared by others, without it: `holdfast goroutines {} --share`",
                                format_bytes(shares_.other_sets), target_));
    if (shares_.sets.size() <= top_) return;
    std::uint64_t bytes = 0;
    for (std::size_t s = top_; s < shares_.sets.size(); ++s) bytes += shares_.sets[s].bytes;
    wrapped("  ", fmt::format("and {} more, {}; `--top 0` shows all", format_count(shares_.sets.size() - top_, "set"),
                              format_bytes(bytes)));
  }

  void add_set(const SharedBySet& set) {
    std::string names;
    std::size_t told = 0;
    const std::size_t all = set.groups.size() + set.others.size();
    const auto add = [&](const std::string& name) {
      if (told < kMostNames) names += (told > 0 ? " · " : "") + name;
      ++told;
    };
    for (const std::uint32_t group : set.groups) add(shares_.groups[group].who.brief);
    for (const view::Sentence& other : set.others) add(other.brief);
    if (all > kMostNames) names += fmt::format(" and {} more", format_count(all - kMostNames));
    wrapped(fmt::format("  {:>10} {:>11}  ", format_bytes(set.bytes), format_count(set.objects)), names);
    for (const view::SharedObject& object : set.largest)
      out_ += fit_words(fmt::format("{:25} {:>10}  {}  {}", "", format_bytes(object.retained_bytes),
                                    hex(object.address), object.type.brief),
                        style_.width) +
              "\n";
  }

  const GoroutineShares& shares_;
  std::size_t top_;
  const std::string& target_;
  const TextStyle& style_;
  std::string out_;
};

ordered_json set_json(const SharedBySet& set) {
  ordered_json others = ordered_json::array(), largest = ordered_json::array();
  for (const view::Sentence& other : set.others) others.push_back(other.full);
  for (const view::SharedObject& object : set.largest)
    largest.push_back(
        {{"address", hex(object.address)}, {"what", object.type.full}, {"retained_bytes", object.retained_bytes}});
  return {{"groups", set.groups}, {"others", others},       {"too_many", set.too_many},
          {"bytes", set.bytes},   {"objects", set.objects}, {"largest", largest}};
}

}  // namespace

std::string shares_text(const GoroutineShares& shares, std::size_t top, const std::string& target,
                        const TextStyle& style) {
  return ShareText(shares, top, target, style).run();
}

ordered_json shares_json(const heap::Snapshot& snapshot, const GoroutineShares& shares) {
  ordered_json groups = ordered_json::array(), sets = ordered_json::array();
  for (const SharingGroup& group : shares.groups)
    groups.push_back({{"who", group.who.full},
                      {"goroutines", group.goroutines},
                      {"goid", group.goid},
                      {"alone", group.alone},
                      {"together", group.together},
                      {"with_goroutines", group.with_goroutines},
                      {"with_others", group.with_others}});
  for (const SharedBySet& set : shares.sets) sets.push_back(set_json(set));
  return {{"schema", "holdfast.shares/1"},
          {"target", target_json(snapshot.target)},
          {"live_bytes", shares.live_bytes},
          {"live_objects", shares.live_objects},
          {"no_goroutine", shares.no_goroutine},
          {"too_many", shares.too_many},
          {"groups", groups},
          {"one", shares.one ? ordered_json(*shares.one) : ordered_json(nullptr)},
          {"sets", sets},
          {"other_sets", shares.other_sets},
          {"losses", losses_json(snapshot.losses)}};
}

}  // namespace holdfast::report
