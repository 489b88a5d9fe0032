#include "view/channels.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace holdfast::view {
namespace {

std::string waiting_text(std::uint64_t count, std::string_view who) {
  if (count == 0) return {};
  return fmt::format(", {} {}", format_count(count, who), count == 1 ? "waits" : "wait");
}

std::string_view direction(WaitReason reason) {
  switch (reason) {
    case WaitReason::kChanSend:
    case WaitReason::kSynctestChanSend:
      return "to";
    case WaitReason::kChanReceive:
    case WaitReason::kSynctestChanReceive:
      return "from";
    default:
      return {};
  }
}

}  // namespace

Channels::Channels(const Names& names) : names_(names), snapshot_(names.snapshot()) {
  counts_.resize(snapshot_.channels.size());
  for (const heap::ChannelWait& wait : snapshot_.channel_waits)
    ++(wait.sends ? counts_[wait.channel.row].senders : counts_[wait.channel.row].receivers);
  find_variables();
}

void Channels::find_variables() {
  variable_.resize(snapshot_.channels.size());
  if (variable_.empty()) return;
  for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
    const heap::Root& root = snapshot_.roots[r];
    if (root.kind != heap::RootKind::kGlobal) continue;
    for (const heap::RootTarget& target :
         std::span(snapshot_.root_targets).subspan(root.first_target, root.target_count))
      if (const ChannelId channel = heap::find_channel(snapshot_, target.object); channel && !variable_[channel.row])
        variable_[channel.row] = RootId(r);
  }
}

std::string Channels::element_of(ChannelId channel) const {
  const TypeId element = names_.element_of_channel(snapshot_.channels[channel.row].object);
  return element ? type_name(snapshot_, element) : std::string();
}

ChannelFacts Channels::facts(ChannelId channel) const {
  const heap::Channel& row = snapshot_.channels[channel.row];
  ChannelFacts facts;
  if (const RootId variable = variable_[channel.row]) {
    facts.name = named(snapshot_, snapshot_.roots[variable.row]);
    if (const auto field = names_.field(variable, row.object); field && field->is_named)
      facts.name += sentence("{}", field->text);
  }
  facts.element = element_of(channel);
  facts.address = names_.index().address_of(row.object);
  facts.length = row.length;
  facts.capacity = row.capacity;
  facts.closed = row.closed;
  facts.senders = counts_[channel.row].senders;
  facts.receivers = counts_[channel.row].receivers;
  return facts;
}

WaitedChannels Channels::waited_by(std::span<const GoroutineId> goroutines) const {
  const auto& waits = snapshot_.channel_waits;
  std::vector<ChannelId> channels;
  for (const GoroutineId goroutine : goroutines) {
    const auto by_goroutine = [](const heap::ChannelWait& wait, GoroutineId id) { return wait.goroutine < id; };
    for (auto wait = std::lower_bound(waits.begin(), waits.end(), goroutine, by_goroutine);
         wait != waits.end() && wait->goroutine == goroutine; ++wait)
      channels.push_back(wait->channel);
  }
  std::sort(channels.begin(), channels.end());
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  WaitedChannels waited;
  waited.count = channels.size();
  if (channels.empty()) return waited;
  if (channels.size() == 1) waited.one = facts(channels.front());
  const auto element = [&](ChannelId channel) {
    return names_.element_of_channel(snapshot_.channels[channel.row].object);
  };
  const TypeId first = element(channels.front());
  if (std::ranges::all_of(channels, [&](ChannelId channel) { return element(channel) == first; }))
    waited.element = element_of(channels.front());
  return waited;
}

std::string filling_text(const ChannelFacts& channel) {
  const std::string filling = channel.capacity == 0 ? std::string("unbuffered")
                                                    : fmt::format("{} of {} filled", format_count(channel.length),
                                                                  format_count(channel.capacity));
  return filling + (channel.closed ? ", closed" : "");
}

std::string state_text(const ChannelFacts& channel) {
  return filling_text(channel) + waiting_text(channel.senders, "sender") + waiting_text(channel.receivers, "receiver");
}

Sentence waited_text(WaitReason reason, const WaitedChannels& channels, std::uint64_t goroutines) {
  const std::string_view to = direction(reason);
  if (to.empty() || channels.count == 0) return {};
  const Sentence element = channels.element.empty() ? Sentence() : sentence("chan {}", named(channels.element));
  if (!channels.one) {
    const Sentence type = element.empty() ? Sentence() : sentence(" ({})", element);
    return sentence(" {} {} channels{}", to, format_count(channels.count), type);
  }
  const ChannelFacts& one = *channels.one;
  const std::string_view nameless = goroutines == 1 ? "a channel" : "one channel";
  const Sentence name = one.name.empty() ? sentence("{}", nameless) : one.name;
  return sentence(" {} {} ({}{}{})", to, name, element, element.empty() ? "" : ", ", filling_text(one));
}

}  // namespace holdfast::view
