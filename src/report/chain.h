// Renders chains (view/chains.h) as a line of text and as JSON. Any thread may call these; nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "view/report.h"

namespace holdfast::report {

// Marks what an owner rule has a say in.
constexpr std::string_view kRuleMark = "°";

// Returns "main.registry → main.Registry.sessions[…] → main.Session.Buf → []uint8, 16.0 KiB": places, and what is at
// the end. The inside of maps is one hop. If that has more than `width` terminal columns, the label of a variable
// without a name goes first, since the sentence above it has that, then steps from the middle go.
std::string chain_text(const std::vector<view::ChainStep>& chain, std::size_t width);

nlohmann::ordered_json rule_json(const heap::OwnerRule& rule);
nlohmann::ordered_json step_json(const view::ChainStep& step);
nlohmann::ordered_json chain_json(const std::vector<view::ChainStep>& chain);

// Returns the command that asks on about what the chain leads to: who holds the object, or else the goroutine or the
// variable with a name that it begins with. `target` is what that is called on the command line; empty if that is, or
// the chain leads to none of these.
std::string opening_command(const std::vector<view::ChainStep>& chain, const std::string& target);
// The same of a finding; if its chain leads to none of these, a goroutine that it is about, or the verb that shows
// more.
std::string opening_command(const view::Finding& finding, const std::string& target);

}  // namespace holdfast::report
