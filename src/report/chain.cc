#include "report/chain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::ChainStep;
using view::name_of;
using view::RootFacts;
using view::StepKind;

std::string key_text(std::string_view key) {
  return fmt::format("[{}]", key.empty() ? "…" : key);
}

// Says that an owner rule has a say in it; a line below all holders tells which.
std::string_view mark_of(const ChainStep& step) {
  return step.rules.empty() ? "" : kRuleMark;
}

std::vector<std::string> chain_parts(const std::vector<ChainStep>& chain, bool brief) {
  std::vector<std::string> parts;
  bool in_map = false;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const ChainStep& step = chain[i];
    if (step.kind == StepKind::kGroup && i + 1 < chain.size()) continue;
    if (step.kind == StepKind::kContainer) {
      if (!in_map && !parts.empty()) parts.back().append(step.field).append(mark_of(step));
      in_map = true;
      continue;
    }
    if (!parts.empty()) parts.back() += in_map ? key_text(step.key) : step.field;
    in_map = false;
    parts.push_back(brief ? step.least : step.text.brief);
    if (!step.place.empty()) parts.back() += fmt::format(" {}", step.place);
    parts.back() += mark_of(step);
  }
  if (in_map && !parts.empty()) parts.back() += key_text({});
  if (!chain.empty() && chain.back().kind == StepKind::kObject && !chain.back().type.empty())
    parts.back() += fmt::format(", {}", format_bytes(chain.back().bytes));
  return parts;
}

std::string joined(std::span<const std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += " → ";
    text += part;
  }
  return text;
}

ordered_json root_json(const RootFacts& root) {
  ordered_json json = {{"kind", name_of(root.kind)}};
  const auto add = [&](const char* key, std::string_view text) {
    if (!text.empty()) json[key] = text;
  };
  add("basis", name_of(root.basis));
  if (root.goid > 0) json["goid"] = root.goid;
  add("variable", root.variable);
  if (!root.users.empty()) json["users"] = root.users;
  add("section", name_of(root.section));
  if (root.section != heap::Section::kNone) json["offset"] = root.offset;
  add("module", root.module);
  add("wait_reason", name_of(root.wait_reason));
  add("function", root.function);
  add("file", root.file);
  if (root.line > 0) json["line"] = root.line;
  return json;
}

}  // namespace

std::string chain_text(const std::vector<ChainStep>& chain, std::size_t width) {
  std::vector<std::string> parts = chain_parts(chain, false);
  std::string text = joined(parts);
  if (text_width(text) > width) {
    parts = chain_parts(chain, true);
    text = joined(parts);
  }
  for (std::size_t tail = parts.size(); text_width(text) > width && tail > 2; --tail)
    text = fmt::format("{} → … → {}", parts.front(), joined(std::span(parts).last(tail - 2)));
  return text;
}

ordered_json rule_json(const heap::OwnerRule& rule) {
  return {{"rule", rule.text()}, {"file", rule.file}, {"line", rule.line}};
}

ordered_json step_json(const ChainStep& step) {
  ordered_json json = {
      {"text", step.text.full}, {"kind", name_of(step.kind)},
      {"type", step.type},      {"field", step.field},
      {"bytes", step.bytes},    {"address", step.address ? ordered_json(hex(step.address)) : ordered_json(nullptr)}};
  if (step.root) json["root"] = root_json(*step.root);
  if (!step.place.empty()) json["place"] = step.place;
  if (!step.key.empty()) json["key"] = step.key;
  if (step.several) json["one_of_several"] = true;
  if (step.weak) json["weak"] = true;
  for (const heap::OwnerRule& rule : step.rules) json["rules"].push_back(rule_json(rule));
  return json;
}

ordered_json chain_json(const std::vector<ChainStep>& chain) {
  ordered_json list = ordered_json::array();
  for (const ChainStep& step : chain) list.push_back(step_json(step));
  return list;
}

std::string opening_command(const std::vector<view::ChainStep>& chain, const std::string& target) {
  if (chain.empty() || target.empty()) return {};
  const view::ChainStep& last = chain.back();
  const std::string name = shell_word(target);
  if (!last.root && last.address) return fmt::format("holdfast why {} {}", name, hex(last.address));
  const auto& root = chain.front().root;
  if (root && root->goid != 0) return fmt::format("holdfast goroutines {} --goroutine {}", name, root->goid);
  if (root && !root->variable.empty())
    return fmt::format("holdfast owners {} --under {}", name, shell_word("global:" + root->variable));
  return {};
}

std::string opening_command(const view::Finding& finding, const std::string& target) {
  std::string command = opening_command(finding.chain, target);
  if (!command.empty() || target.empty()) return command;
  if (finding.goid != 0) return fmt::format("holdfast goroutines {} --goroutine {}", shell_word(target), finding.goid);
  if (finding.verb.empty()) return {};
  return fmt::format("holdfast {} {}", finding.verb, shell_word(target));
}

}  // namespace holdfast::report
