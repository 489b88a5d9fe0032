#include "report/goroutine_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"
#include "report/text_columns.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::Detail;
using view::GoroutinesAt;
using view::name_of;
using view::OneGoroutine;
using view::StackFrame;
using view::StackPointer;
using view::WaitedChannel;

std::string_view doing(const OneGoroutine& goroutine) {
  const std::string_view reason = name_of(goroutine.wait_reason);
  return reason.empty() ? name_of(goroutine.state) : reason;
}

// "2 at main.serve server.go:88 (17, 18), 1 at main.run (4)"
std::string places_words(const std::vector<GoroutinesAt>& places) {
  std::string out;
  for (const GoroutinesAt& at : places) {
    const std::string place = code_text(at.place, Detail::kBrief);
    out += fmt::format("{}{} at {} ({}{})", out.empty() ? "" : ", ", format_count(at.count),
                       place.empty() ? "a place of the runtime" : place, fmt::join(at.goids, ", "),
                       at.count > at.goids.size() ? ", …" : "");
  }
  return out;
}

std::string_view direction(bool sends, bool receives) {
  if (sends && receives) return "to send or to receive";
  return sends ? "to send" : "to receive";
}

class GoroutineText {
 public:
  GoroutineText(const OneGoroutine& goroutine, const std::string& target, const TextStyle& style)
      : goroutine_(goroutine), target_(target), style_(style) {}

  std::string run() {
    add_head();
    for (const WaitedChannel& channel : goroutine_.channels) add_channel(channel);
    add_word();
    add_stack();
    out_ += "\n";
    wrapped("", fmt::format("an object opens with `holdfast show {0} ADDRESS`, a goroutine with "
                            "`holdfast goroutines {0} --goroutine ID`, what holds the object with "
                            "`holdfast why {0} ADDRESS`",
                            target_));
    return std::move(out_);
  }

 private:
  void wrapped(const std::string& prefix, std::string_view text) {
    out_ += holdfast::wrapped(prefix, text, style_.width);
  }
  void line(const char* name, const std::string& text) { wrapped(fmt::format("  {:<8} ", name), text); }
  void heading(const std::string& title, const std::string& rest) {
    out_ += "\n" + style_.bold(title) + (rest.empty() ? "" : "  " + fit_words(rest, room(title.size() + 2))) + "\n";
  }
  std::size_t room(std::size_t used) const { return style_.width - std::min(style_.width, used); }

  void add_head() {
    std::string head = fmt::format("goroutine {}: {}", goroutine_.goid, doing(goroutine_));
    if (goroutine_.waiting_ns)
      head += fmt::format(" for at least {}", format_seconds(static_cast<double>(*goroutine_.waiting_ns) * 1e-9));
    if (goroutine_.system) head += ", one of the runtime's own";
    if (goroutine_.locked_to_thread) head += ", locked to its thread";
    out_ += style_.bold(fit_words(head, style_.width)) + "\n";
    if (!goroutine_.created_by.empty())
      line("created", fmt::format("by {}{}", code_text(goroutine_.created_by, Detail::kBrief), parent_words()));
    if (!goroutine_.labels.empty()) line("labels", goroutine_.labels);
    line("stack", goroutine_.stack_used > 0
                      ? fmt::format("{}, of which {} are in use", format_bytes(goroutine_.stack_bytes),
                                    format_bytes(goroutine_.stack_used))
                      : format_bytes(goroutine_.stack_bytes));
    line("holds",
         fmt::format("{} in {} that would be free without its stack; it reaches {} in {} more, which others "
                     "hold as well",
                     format_bytes(goroutine_.retained_bytes), format_count(goroutine_.retained_objects, "object"),
                     format_bytes(goroutine_.shared_bytes), format_count(goroutine_.shared_objects)));
  }

  std::string parent_words() const {
    if (goroutine_.parent_goid == 0) return "";
    return fmt::format(", in goroutine {}, which {}", goroutine_.parent_goid,
                       goroutine_.parent_lives ? "is still there" : "has ended");
  }

  void add_channel(const WaitedChannel& waited) {
    const view::ChannelFacts& channel = waited.channel;
    const std::string name = channel.name.empty() ? "a channel" : channel.name.brief;
    const std::string type =
        channel.element.empty() ? "" : view::channel_text(view::short_type(channel.element)) + ", ";
    heading("WAITS FOR", fmt::format("{} ({}{}) at {}", name, type, filling_text(channel), hex(channel.address)));
    wrapped("  ", fmt::format("{}{}", direction(waited.sends, waited.receives),
                              waited.beside.empty() ? ", alone" : ", with others: " + places_words(waited.beside)));
    const std::string_view other_end = direction(waited.receives, waited.sends);
    wrapped("  ", waited.opposite.empty()
                      ? fmt::format("nobody waits {}", other_end)
                      : fmt::format("at the other end, {}: {}", other_end, places_words(waited.opposite)));
    if (waited.on_stacks.empty())
      wrapped("  ", "no other goroutine has it on its stack: whoever comes for it has to find it elsewhere");
    else
      wrapped("  ",
              fmt::format("on the stacks of others, which do not wait for it: {}", places_words(waited.on_stacks)));
  }

  void add_word() {
    if (!goroutine_.word) return;
    heading("WAITS FOR", fmt::format("{}, {}", goroutine_.word->what.brief, hex(goroutine_.word->address)));
    wrapped("  ", goroutine_.word->beside.empty() ? "alone" : "with others: " + places_words(goroutine_.word->beside));
  }

  void add_stack() {
    heading("STACK", "innermost frame first, with the words that lead to objects");
    for (const StackFrame& frame : goroutine_.frames) add_frame(frame);
    if (!goroutine_.unwound) wrapped("  ", "… its stack could not be walked further");
    bool may_be_dead = false, shared = false;
    for (const StackFrame& frame : goroutine_.frames)
      for (const StackPointer& pointer : frame.pointers) {
        may_be_dead = may_be_dead || pointer.conservative;
        shared = shared || !pointer.alone;
      }
    if (may_be_dead) wrapped("  ", "? the word may be no pointer: the collector takes it for one, and so do we");
    if (shared) wrapped("  ", "* others hold the object as well; its bytes are what it keeps alive itself");
  }

  void add_frame(const StackFrame& frame) {
    std::string text = frame.outside.empty() ? code_text(frame.place, Detail::kBrief) : frame.outside;
    if (frame.inlined) text += "  (inlined)";
    if (frame.guessed) text += "  (the capture does not say which of its frames)";
    if (frame.retained_bytes > 0) text += fmt::format("  keeps {}", format_bytes(frame.retained_bytes));
    out_ += "  " + fit_words(text, room(2)) + "\n";
    if (frame.pointers.empty()) return;
    std::vector<std::vector<std::string>> rows;
    for (const StackPointer& pointer : frame.pointers)
      rows.push_back({place_of(pointer, frame), hex(pointer.to), format_bytes(pointer.retained_bytes),
                      fmt::format("{}{}{}", pointer.alone ? "" : "* ", pointer.conservative ? "? " : "",
                                  pointer.type.empty() ? fmt::format("an object of {}", format_bytes(pointer.bytes))
                                                       : view::short_type(pointer.type))});
    const TextLayout layout = lay_out(
        rows, std::vector<TextColumn>{{}, {}, {.right = true}, {.gives_way = true, .stays = Stays::kAlways}}, room(6));
    for (const std::string& row : layout.lines) out_ += "      " + row + "\n";
    if (frame.left_out > 0)
      wrapped("      ", fmt::format("and {} more, to objects of {}; `--top 0` shows all", format_count(frame.left_out),
                                    format_bytes(frame.left_out_bytes)));
  }

  static std::string place_of(const StackPointer& pointer, const StackFrame& frame) {
    if (!frame.outside.empty()) return "";
    if (pointer.may_be_register) return "register";
    return fmt::format("sp+{:#x}", pointer.offset);
  }

  const OneGoroutine& goroutine_;
  const std::string& target_;
  const TextStyle& style_;
  std::string out_;
};

ordered_json code_json(const view::CodePlace& place) {
  if (place.empty()) return nullptr;
  return {{"function", place.function}, {"file", place.file}, {"line", place.line}};
}

ordered_json goroutines_at_json(const std::vector<GoroutinesAt>& places) {
  ordered_json list = ordered_json::array();
  for (const GoroutinesAt& at : places)
    list.push_back({{"at", code_json(at.place)}, {"count", at.count}, {"goids", at.goids}});
  return list;
}

ordered_json channels_json(const std::vector<WaitedChannel>& channels) {
  ordered_json list = ordered_json::array();
  for (const WaitedChannel& waited : channels)
    list.push_back({{"name", waited.channel.name.full},
                    {"element", waited.channel.element},
                    {"address", hex(waited.channel.address)},
                    {"length", waited.channel.length},
                    {"capacity", waited.channel.capacity},
                    {"closed", waited.channel.closed},
                    {"sends", waited.sends},
                    {"receives", waited.receives},
                    {"beside", goroutines_at_json(waited.beside)},
                    {"opposite", goroutines_at_json(waited.opposite)},
                    {"on_stacks", goroutines_at_json(waited.on_stacks)}});
  return list;
}

ordered_json word_json(const OneGoroutine& goroutine) {
  if (!goroutine.word) return nullptr;
  return {{"address", hex(goroutine.word->address)},
          {"what", goroutine.word->what.full},
          {"object", goroutine.word->object ? ordered_json(hex(goroutine.word->object)) : ordered_json(nullptr)},
          {"beside", goroutines_at_json(goroutine.word->beside)}};
}

ordered_json frames_json(const std::vector<StackFrame>& frames) {
  ordered_json list = ordered_json::array();
  for (const StackFrame& frame : frames) {
    ordered_json pointers = ordered_json::array();
    for (const StackPointer& pointer : frame.pointers)
      pointers.push_back({{"offset", pointer.offset},
                          {"may_be_register", pointer.may_be_register},
                          {"conservative", pointer.conservative},
                          {"to", hex(pointer.to)},
                          {"type", pointer.type},
                          {"bytes", pointer.bytes},
                          {"retained_bytes", pointer.retained_bytes},
                          {"alone", pointer.alone}});
    list.push_back({{"place", code_json(frame.place)},
                    {"outside", frame.outside},
                    {"inlined", frame.inlined},
                    {"guessed", frame.guessed},
                    {"retained_bytes", frame.retained_bytes},
                    {"pointers", pointers},
                    {"left_out", frame.left_out},
                    {"left_out_bytes", frame.left_out_bytes}});
  }
  return list;
}

}  // namespace

std::string one_goroutine_text(const OneGoroutine& goroutine, const std::string& target, const TextStyle& style) {
  return GoroutineText(goroutine, target, style).run();
}

ordered_json one_goroutine_json(const heap::Snapshot& snapshot, const OneGoroutine& goroutine) {
  return {{"schema", "holdfast.goroutine/1"},
          {"target", target_json(snapshot.target)},
          {"goid", goroutine.goid},
          {"state", name_of(goroutine.state)},
          {"wait_reason", name_of(goroutine.wait_reason)},
          {"waiting_ns", goroutine.waiting_ns ? ordered_json(*goroutine.waiting_ns) : ordered_json(nullptr)},
          {"system", goroutine.system},
          {"locked_to_thread", goroutine.locked_to_thread},
          {"unwound", goroutine.unwound},
          {"created_by", code_json(goroutine.created_by)},
          {"parent_goid", goroutine.parent_goid == 0 ? ordered_json(nullptr) : ordered_json(goroutine.parent_goid)},
          {"parent_lives", goroutine.parent_lives},
          {"labels", goroutine.labels},
          {"record", hex(goroutine.record)},
          {"stack_bytes", goroutine.stack_bytes},
          {"stack_used", goroutine.stack_used},
          {"retained_bytes", goroutine.retained_bytes},
          {"retained_objects", goroutine.retained_objects},
          {"shared_bytes", goroutine.shared_bytes},
          {"shared_objects", goroutine.shared_objects},
          {"channels", channels_json(goroutine.channels)},
          {"waits_on", word_json(goroutine)},
          {"frames", frames_json(goroutine.frames)},
          {"losses", losses_json(snapshot.losses)}};
}

}  // namespace holdfast::report
