#include "view/debugger_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace holdfast::view {
namespace {

constexpr std::uint64_t kMostWords = 64;  // that a debugger is told to print

std::string open_text(const heap::TargetInfo& target, const std::string& core, Debugger debugger) {
  const bool is_dlv = debugger == Debugger::kDlv;
  if (!core.empty() || target.kind == heap::TargetKind::kCore)
    return fmt::format("{} {} {}", is_dlv ? "dlv core" : "gdb", target.exe, core.empty() ? "CORE" : core);
  return is_dlv ? fmt::format("dlv attach {}", target.pid) : fmt::format("gdb -p {}", target.pid);
}

// gdb takes such a type only in C's grammar (`set language c`), where a map or channel is a pointer to what it has.
std::string print_text(const std::string& type, Address at, bool is_pointer, Debugger debugger) {
  return debugger == Debugger::kDlv ? fmt::format("print *(*\"{}\")({})", type, hex(at))
                                    : fmt::format("print {}('{}' *) {}", is_pointer ? "**" : "*", type, hex(at));
}

std::string words_text(Address at, std::uint64_t bytes, Debugger debugger) {
  const std::uint64_t words = std::clamp<std::uint64_t>(bytes / 8, 1, kMostWords);
  return debugger == Debugger::kDlv ? fmt::format("examinemem -fmt hex -count {} -size 8 {}", words, hex(at))
                                    : fmt::format("x/{}gx {}", words, hex(at));
}

}  // namespace

DebuggerCommands debugger_commands(const heap::TargetInfo& target, const std::string& core, const ShownObject& shown,
                                   Debugger debugger) {
  DebuggerCommands out;
  out.open = open_text(target, core, debugger);
  const bool has_word = !shown.word_type.empty(), has_type = has_word || !shown.value_type.empty();
  if (has_type && debugger == Debugger::kGdb) out.commands.emplace_back("set language c");
  if (has_word)
    out.commands.push_back(print_text(shown.word_type, shown.word, true, debugger));
  else if (has_type)
    out.commands.push_back(print_text(shown.value_type, shown.value_at, false, debugger));
  if (!has_word && shown.type.starts_with("[]") && !shown.value_type.starts_with("[]"))
    out.remarks.emplace_back("the object has room for several values: this is the first");
  if (!has_type) out.remarks.emplace_back("no type with a name is known for it: these are its words");
  out.commands.push_back(words_text(shown.address, shown.slot_bytes, debugger));
  if (has_type && !target.has_dwarf)
    out.remarks.emplace_back(
        "the program has no debug information, so a debugger does not know its types: give it an unstripped twin");
  if (target.from_file) out.remarks.emplace_back("a capture is no core: this opens what it was taken of");
  if (target.kind == heap::TargetKind::kLive)
    out.remarks.emplace_back("the process runs on: by now the object may have changed, or be gone");
  return out;
}

}  // namespace holdfast::view
