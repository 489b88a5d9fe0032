#include "report/dump_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "view/crash_meaning.h"

namespace holdfast::report {
namespace {

using dumps::Dump;
using dumps::Happened;
using dumps::Message;
using nlohmann::ordered_json;

constexpr std::size_t kMostMessages = 10;
constexpr std::size_t kMostDetails = 5;

// "panic: first line (SIGSEGV at 0x20)"
std::string headline(const Message& message) {
  const std::size_t end = message.text.find('\n');
  std::string out = fmt::format("{}: {}", view::name_of(message.what), message.text.substr(0, end));
  if (end != std::string::npos)
    out += fmt::format(" [and {}]",
                       format_count(static_cast<std::uint64_t>(std::ranges::count(message.text, '\n')), "more line"));
  if (message.recovered) out += message.repanicked ? " [recovered, then thrown again]" : " [recovered]";
  if (message.signal && message.what != Happened::kSignal) {
    out += fmt::format(" ({}", message.signal->name);
    if (message.signal->address) out += " at " + hex(*message.signal->address);
    out += ")";
  }
  return out;
}

ordered_json message_json(const Message& message) {
  const auto address_json = [](const std::optional<Address>& address) {
    return address ? ordered_json(hex(*address)) : ordered_json(nullptr);
  };
  ordered_json json = {{"what", view::name_of(message.what)},
                       {"text", message.text},
                       {"line", message.line},
                       {"recovered", message.recovered},
                       {"thrown_again", message.repanicked}};
  json["signal"] = message.signal ? ordered_json(message.signal->name) : ordered_json(nullptr);
  json["address"] = message.signal ? address_json(message.signal->address) : ordered_json(nullptr);
  json["pc"] = message.signal ? address_json(message.signal->pc) : ordered_json(nullptr);
  json["details"] = message.details;
  const std::string meaning = view::meaning_of(message);
  json["meaning"] = meaning.empty() ? ordered_json(nullptr) : ordered_json(meaning);
  return json;
}

// Labels begin with a brace.
std::string_view without_labels(std::string_view header) {
  return header.substr(0, header.find('{'));
}

ordered_json lines_json(const dumps::UnreadLines& lines, bool texts, bool label_values) {
  ordered_json first = ordered_json::array();
  for (const dumps::UnreadLine& one : lines.first) {
    ordered_json line = {{"line", one.number}};
    if (texts) line["text"] = label_values ? one.text : without_labels(one.text);
    first.push_back(std::move(line));
  }
  return {{"count", lines.count}, {"first", std::move(first)}};
}

}  // namespace

std::string happened_text(const Dump& dump, const TextStyle& style) {
  std::string out;
  std::size_t shown = 0;
  const Message* before = nullptr;
  for (const Message& message : dump.messages()) {
    // Each thread of a program says what signal it got.
    const bool is_same = before != nullptr && before->text == message.text && before->what == Happened::kSignal;
    before = &message;
    if (is_same) continue;
    if (shown++ == kMostMessages) {
      out += fmt::format("... {} messages in all; --json has them\n", format_count(dump.messages().size()));
      break;
    }
    const std::string head = headline(message);
    out += style.bold(fit(head, style.width)) + "\n";
    for (std::size_t i = 0; i < std::min(message.details.size(), kMostDetails); ++i)
      out += wrapped("  ", message.details[i], style.width);
    if (const std::string meaning = view::meaning_of(message); !meaning.empty())
      out += wrapped("  ", meaning + ".", style.width);
  }
  return out.empty() ? out : out + "\n";
}

ordered_json happened_json(const Dump& dump, bool label_values) {
  ordered_json messages = ordered_json::array();
  for (const Message& message : dump.messages()) messages.push_back(message_json(message));
  return {{"happened", std::move(messages)},
          {"goroutines", dump.goroutines().size()},
          {"threads", dump.threads()},
          {"cut_off", dump.is_cut() || dump.is_full()},
          {"repeated", dump.repeated()},
          {"unknown_headers", lines_json(dump.unknown_headers(), true, label_values)},
          {"empty_headers", lines_json(dump.empty_headers(), true, label_values)},
          {"other_lines", lines_json(dump.other_lines(), false, false)}};
}

}  // namespace holdfast::report
