#include "evidence/dump_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/units.h"

namespace holdfast::evidence {
namespace {

// The innermost call that is not the runtime's.
const dumps::Frame* own_frame(const dumps::Dump& dump, const dumps::Stack& stack) {
  const auto frames = dump.frames(stack);
  const auto own = std::ranges::find_if(
      frames, [&](std::uint32_t row) { return !dump.places()[row].function.starts_with("runtime."); });
  return own == frames.end() ? nullptr : &dump.places()[*own];
}

}  // namespace

DumpEvidence dump_evidence(const dumps::Dump& dump, std::string name) {
  DumpEvidence out;
  out.name = std::move(name);
  out.goroutines = dump.goroutines().size();
  std::map<std::pair<std::uint32_t, std::string_view>, std::uint64_t> by_stack_and_state;
  for (const dumps::Goroutine& goroutine : dump.goroutines()) {
    out.leaked += goroutine.header.leaked;
    ++by_stack_and_state[{goroutine.stack, goroutine.header.state}];
  }
  const auto most = std::ranges::max_element(by_stack_and_state, {}, [](const auto& one) { return one.second; });
  if (most != by_stack_and_state.end()) {
    out.at_that_place = most->second;
    out.most = most->first.second;
    if (const dumps::Frame* const frame = own_frame(dump, dump.stacks()[most->first.first]))
      out.most += fmt::format(" at {} {}", frame->function, frame->place);
  }
  if (!dump.messages().empty()) out.happened = dump.messages().back().text;
  return out;
}

std::string words_of(const DumpEvidence& dump) {
  std::string out = fmt::format("{} has {}", dump.name, format_count(dump.goroutines, "goroutine"));
  if (dump.at_that_place > 1) out += fmt::format(", {} of them in {}", format_count(dump.at_that_place), dump.most);
  if (dump.leaked > 0) out += fmt::format(", {} of them leaked by the runtime's own search", format_count(dump.leaked));
  if (!dump.happened.empty()) out += fmt::format("; it tells of \"{}\"", dump.happened);
  return out;
}

}  // namespace holdfast::evidence
