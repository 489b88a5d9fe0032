#include <fmt/format.h>

#include <algorithm>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/object_report.h"
#include "report/text_columns.h"
#include "view/names.h"
#include "view/value_text.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using view::meaning_of;
using view::name_of;
using view::short_type;
using view::ShownObject;
using view::Value;

constexpr std::size_t kRawLine = 16;    // bytes
constexpr std::size_t kMostRaw = 1024;  // of text; JSON has all

// "reachable, marked by the last collection"
std::string collector_words(const ShownObject& shown) {
  std::string out = shown.reachable ? "reachable" : "garbage: nothing reaches it";
  if (!shown.marks_known)
    out += "; the last collection's mark of it is not known";
  else if (shown.fresh)
    out +=
        shown.marked ? "; allocated since the last mark, and marked as it was made" : "; allocated since the last mark";
  else
    out += shown.marked ? "; marked by the last collection" : "; not marked by the last collection";
  if (shown.excuse)
    out += fmt::format(
        " ({})", meaning_of(static_cast<graph::AuditCauseKind>(static_cast<int>(graph::AuditCauseKind::kAllocateBlack) +
                                                               static_cast<int>(*shown.excuse))));
  return out;
}

class ObjectText {
 public:
  ObjectText(const ShownObject& shown, const std::string& target, const TextStyle& style)
      : shown_(shown), target_(target), style_(style) {}

  std::string run() {
    add_head();
    add_holding();
    add_value();
    add_raw();
    add_references_out();
    add_references_in();
    out_ += "\n" + wrapped("", fmt::format("any address opens with `holdfast show {} ADDRESS`", target_), style_.width);
    return std::move(out_);
  }

 private:
  void line(const char* name, const std::string& text) {
    out_ += wrapped(fmt::format("  {:<10} ", name), text, style_.width);
  }
  void heading(const std::string& text) { out_ += "\n" + style_.bold(text) + "\n"; }

  void add_head() {
    const std::string type = shown_.type.empty() ? "an object of a type that is not known" : short_type(shown_.type);
    const std::string head = wrapped("", fmt::format("{} at {}", type, hex(shown_.value_at)), style_.width);
    out_ += style_.bold(head.substr(0, head.size() - 1)) + "\n";
    if (shown_.asked < shown_.value_at && shown_.asked != shown_.address)
      line("asked", fmt::format("{}, which is in its allocation header", hex(shown_.asked)));
    if (shown_.asked > shown_.value_at)
      line("asked",
           fmt::format("{}, which is {} into it{}", hex(shown_.asked), format_bytes(shown_.asked - shown_.value_at),
                       shown_.field_asked.empty() ? "" : ": " + shown_.field_asked));
    if (shown_.known_by != heap::KnownBy::kUnknown)
      line("type", fmt::format("{} (known by: {}{})", shown_.type, name_of(shown_.known_by),
                               shown_.whole ? "" : "; more follows behind a value of it"));
    const std::string size_class =
        shown_.size_class == 0 ? "a large object" : fmt::format("size class {}", shown_.size_class);
    line("slot",
         fmt::format("{}, {}{}, slot {} of {} in the span {} of {}{}", format_bytes(shown_.slot_bytes), size_class,
                     shown_.has_pointers ? "" : ", without pointers", shown_.slot, shown_.slots, hex(shown_.span),
                     format_bytes(shown_.span_bytes),
                     shown_.header_bytes == 0 ? ""
                                              : fmt::format("; it begins {} earlier, with the allocation header",
                                                            format_bytes(shown_.header_bytes))));
    line("collector", collector_words(shown_));
    for (const view::SpecialOfObject& special : shown_.specials) line("special", special.text.brief);
    if (shown_.profiled) {
      const std::string place = code_text(shown_.allocated_at, view::Detail::kBrief);
      line("allocated",
           fmt::format("at {}, as the memory profile sampled it", place.empty() ? "a place of the runtime" : place));
    }
  }

  void add_holding() {
    if (!shown_.reachable) return;
    line("retains", fmt::format("{} in {}: what would be free without it", format_bytes(shown_.retained_bytes),
                                format_count(shown_.retained_objects, "object")));
    heading("HELD BY " + (shown_.held.text.empty() ? std::string("memory of the runtime") : shown_.held.text.brief));
    bool in_container = false;
    std::string lead = "  ";
    for (const view::ChainStep& step : shown_.held.chain) {
      const std::string field = in_container && step.kind != view::StepKind::kContainer
                                    ? fmt::format("[{}]", step.key.empty() ? "…" : step.key)
                                    : step.field;
      std::string text = field.empty() ? step.text.brief : fmt::format("{} → {}", field, step.text.brief);
      if (!step.place.empty()) text += " " + step.place;
      if (step.kind == view::StepKind::kObject && step.address)
        text += fmt::format(", {} at {}", format_bytes(step.bytes), hex(step.address));
      if (step.several) text += " (one of several ways)";
      if (step.weak) text += " (a weak reference)";
      in_container = step.kind == view::StepKind::kContainer;
      out_ += wrapped(lead, text, style_.width);
      lead = "    ";
    }
  }

  void add_value() {
    const view::ShownValue& value = shown_.value;
    const bool has_words = !value.value.text.empty() || !value.value.parts.empty() || !value.value.more.empty();
    if (!has_words && value.remark.empty()) return;
    const bool is_sorted = !value.value.parts.empty() && value.value.parts.front().alone_bytes;
    heading(fmt::format("{}{}", value.has_content ? "VALUE" : "STRUCTURE",
                        is_sorted ? ", by what each part alone keeps alive" : ""));
    if (!value.remark.empty()) out_ += wrapped("  ", value.remark, style_.width);
    if (!has_words) return;
    if (!value.value.text.empty() || value.value.parts.empty()) out_ += fit_line("  ", words_of(value.value));
    add_parts(value.value, 1);
  }

  std::string fit_line(const std::string& indent, const std::string& text) const {
    return fit(indent + cleaned(text), style_.width) + "\n";
  }

  // "*main.Session  0xc000012000 → len 3"
  static std::string words_of(const Value& value) {
    std::string out = value.text;
    if (!value.holds.empty()) out = fmt::format("{}{}{}", short_type(value.holds), out.empty() ? "" : " ", out);
    return out;
  }

  void add_parts(const Value& value, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    std::size_t widest_name = 0, widest_type = 0;
    const auto shown_type = [](const Value& part) { return folded(short_type(part.type), 40); };
    const bool same_type = !value.parts.empty() && value.parts.front().name.starts_with('[');
    for (const Value& part : value.parts) {
      widest_name = std::max(widest_name, std::min<std::size_t>(text_width(part.name), 40));
      if (!same_type) widest_type = std::max(widest_type, text_width(shown_type(part)));
    }
    const auto padded = [](const std::string& text, std::size_t width) {
      const std::size_t has = text_width(text);
      return text + std::string(has < width ? width - has : 0, ' ');
    };
    for (const Value& part : value.parts) {
      std::string text = padded(part.name, widest_name);
      if (part.alone_bytes)
        text += fmt::format("  {:>10}", *part.alone_bytes == 0 ? "-" : format_bytes(*part.alone_bytes));
      if (!same_type) text += "  " + padded(shown_type(part), widest_type);
      if (const std::string words = words_of(part); !words.empty()) text += "  " + words;
      while (text.ends_with(' ')) text.pop_back();
      out_ += fit_line(indent, text);
      add_parts(part, depth + 1);
    }
    if (!value.more.empty()) out_ += fit_line(indent, value.more);
    add_rest(value, depth);
  }

  // What is not in the list, and the command that shows the next page of it.
  void add_rest(const Value& value, std::size_t depth) {
    const bool is_text = value.parts.empty();
    // Of a text within another value its end shows that it goes on.
    if (is_text && (depth > 1 || value.text_shown == 0)) return;
    const std::uint64_t all = is_text ? value.text_bytes : value.all_parts;
    const std::uint64_t end = value.first_part + (is_text ? value.text_shown : value.parts.size());
    const std::string indent(2 * depth, ' ');
    if (value.first_part > 0)
      out_ += wrapped(indent, fmt::format("{} before these", format_count(value.first_part)), style_.width);
    if (end >= all) return;
    const bool by_retained = !is_text && value.parts.front().alone_bytes;
    std::string text = fmt::format("and {} more", is_text ? format_count(all - end, "byte") : format_count(all - end));
    if (by_retained) text += fmt::format(", which alone keep at least {}", format_bytes(value.left_out_alone));
    if (depth == 1 || !is_text) text += "; `--top 0` shows all";
    if (depth == 1 || (value.at && !value.type.empty()))
      text += fmt::format(", `{} --offset {}{}` the next", page_command(value, depth), end,
                          by_retained ? " --by retained" : "");
    out_ += wrapped(indent, text, style_.width);
  }

  // Any value is shown for itself if its place and its type are given.
  std::string page_command(const Value& value, std::size_t depth) const {
    const Address at = depth == 1 ? shown_.asked : value.at;
    const std::string& type = depth == 1 ? shown_.read_as : value.type;
    return fmt::format("holdfast show {} {}{}", target_, hex(at),
                       type.empty() ? "" : fmt::format(" --type {}", shell_word(type)));
  }

  void add_raw() {
    const auto& raw = shown_.value.raw;
    if (raw.empty()) return;
    heading("BYTES");
    for (std::size_t at = 0; at < std::min(raw.size(), kMostRaw); at += kRawLine) {
      const auto bytes = std::span(raw).subspan(at, std::min(kRawLine, raw.size() - at));
      std::string letters;
      for (const std::uint8_t byte : bytes) letters += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
      out_ += fmt::format("  {}  {:<47}  {}\n", hex(shown_.address + at), view::hex_text(bytes), letters);
    }
    if (raw.size() > kMostRaw)
      out_ += fmt::format("  and {} more bytes; --json has all\n", format_count(raw.size() - kMostRaw));
  }

  void add_table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows,
                 const std::vector<TextColumn>& columns) {
    rows.insert(rows.begin(), headings);
    const TextLayout layout = lay_out(rows, columns, style_.width - (style_.width == kEndless ? 0 : 2));
    for (const std::string& text : layout.lines) out_ += "  " + text + "\n";
    out_ += left_out_words(layout, headings, style_.width, 2);
  }

  template <typename Row>
  void add_left_out(const view::CutList<Row>& list, const char* what) {
    if (list.rows.size() == list.all) return;
    out_ += wrapped(
        "  ",
        fmt::format("and {} more with {}, {} {}; `--top 0` shows all", format_count(list.all - list.rows.size()),
                    format_count(list.left_out_count, "pointer"), what, format_bytes(list.left_out_bytes)),
        style_.width);
  }

  void add_references_out() {
    if (shown_.refers_to.all == 0) return;
    heading("REFERS TO");
    std::vector<std::vector<std::string>> rows;
    for (const view::ReferenceOut& row : shown_.refers_to.rows)
      rows.push_back({format_bytes(row.retained_bytes), format_bytes(row.bytes), row.field.empty() ? "-" : row.field,
                      row.type.empty() ? "-" : short_type(row.type), hex(row.to)});
    add_table({"retained", "size", "field", "type", "address"}, std::move(rows),
              {{.right = true, .stays = Stays::kAlways},
               {.right = true},
               {.gives_way = true, .stays = Stays::kAlways},
               {.gives_way = true},
               {.stays = Stays::kAlways}});
    add_left_out(shown_.refers_to, "to objects of");
  }

  void add_references_in() {
    if (shown_.referred_by.all == 0) return;
    heading("REFERRED TO BY");
    std::vector<std::vector<std::string>> rows;
    for (const view::ReferencesIn& row : shown_.referred_by.rows)
      rows.push_back({format_count(row.count), row.from_garbage == 0 ? "-" : format_count(row.from_garbage),
                      row.who.brief, row.example ? hex(row.example) : "-",
                      row.is_root ? "-" : format_bytes(row.retained_bytes)});
    add_table({"pointers", "of garbage", "from", "for example", "retained"}, std::move(rows),
              {{.right = true, .stays = Stays::kAlways},
               {.right = true, .stays = Stays::kIfRoom},
               {.gives_way = true, .stays = Stays::kAlways},
               {.stays = Stays::kAlways},
               {.right = true}});
    add_left_out(shown_.referred_by, "in objects of");
  }

  const ShownObject& shown_;
  const std::string& target_;
  const TextStyle& style_;
  std::string out_;
};

}  // namespace

std::string object_text(const ShownObject& shown, const std::string& target, const TextStyle& style) {
  return ObjectText(shown, target, style).run();
}

std::string debugger_text(const view::DebuggerCommands& commands) {
  std::string out = commands.open + "\n";
  for (const std::string& command : commands.commands) out += command + "\n";
  for (const std::string& remark : commands.remarks) out += fmt::format("# {}\n", remark);
  return out;
}

}  // namespace holdfast::report
