#include "view/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
    case WaitReason::kSelect:
    case WaitReason::kSynctestSelect:
      return "on";
    default:
      return {};
  }
}

// "main.queue (chan *main.job, 512 of 512 filled)"
Sentence one_text(const ChannelFacts& channel, std::string_view nameless) {
  const Sentence element =
      channel.element.empty() ? Sentence() : sentence("{}, ", named(channel_text(channel.element)));
  const Sentence name = channel.name.empty() ? sentence("{}", nameless) : channel.name;
  return sentence("{} ({}{})", name, element, filling_text(channel));
}

}  // namespace

Channels::Channels(const Names& names) : names_(names), snapshot_(names.snapshot()), channel_names_(names) {
  counts_.resize(snapshot_.channels.size());
  for (const heap::ChannelWait& wait : snapshot_.channel_waits)
    ++(wait.sends ? counts_[wait.channel.row].senders : counts_[wait.channel.row].receivers);
}

std::string Channels::element_of(ChannelId channel) const {
  const TypeId element = names_.element_of_channel(snapshot_.channels[channel.row].object);
  return element ? type_name(snapshot_, element) : std::string();
}

ChannelFacts Channels::facts(ChannelId channel) const {
  const heap::Channel& row = snapshot_.channels[channel.row];
  ChannelFacts facts;
  facts.name = channel_names_.name(channel);
  facts.element = element_of(channel);
  facts.address = names_.index().address_of(row.object);
  facts.length = row.length;
  facts.capacity = row.capacity;
  facts.closed = row.closed;
  facts.senders = counts_[channel.row].senders;
  facts.receivers = counts_[channel.row].receivers;
  return facts;
}

// Ascending, each once.
std::vector<ChannelId> Channels::channels_of(GoroutineId goroutine) const {
  const auto waits = std::ranges::equal_range(snapshot_.channel_waits, goroutine, {}, &heap::ChannelWait::goroutine);
  std::vector<ChannelId> channels;
  for (const heap::ChannelWait& wait : waits)
    if (channels.empty() || channels.back() != wait.channel) channels.push_back(wait.channel);
  return channels;
}

WaitedChannels Channels::waited_by(std::span<const GoroutineId> goroutines) const {
  std::vector<ChannelId> channels, common;
  for (std::size_t g = 0; g < goroutines.size(); ++g) {
    const std::vector<ChannelId> of_one = channels_of(goroutines[g]);
    channels.insert(channels.end(), of_one.begin(), of_one.end());
    if (g == 0)
      common = of_one;
    else
      std::erase_if(common, [&](ChannelId channel) { return !std::ranges::binary_search(of_one, channel); });
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
  if (channels.size() == 1) return waited;
  for (const ChannelId channel : common) waited.common.push_back(facts(channel));
  std::ranges::stable_sort(waited.common, {}, [](const ChannelFacts& channel) {
    return std::pair(channel.name.empty(), channel.name.full);
  });
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
  constexpr std::size_t kNamed = 3;
  const std::string_view to = direction(reason);
  if (to.empty() || channels.count == 0) return {};
  if (channels.one)
    return sentence(" {} {}", to, one_text(*channels.one, goroutines == 1 ? "a channel" : "one channel"));
  Sentence named_ones;
  std::size_t told = 0;
  for (; told < std::min(channels.common.size(), kNamed) && !channels.common[told].name.empty(); ++told) {
    const bool is_last = told + 1 == channels.count;
    named_ones += sentence("{}{}", told == 0 ? "" : is_last ? " and " : ", ", one_text(channels.common[told], ""));
  }
  const std::uint64_t others = channels.count - told;
  if (told == 0) {
    const Sentence type =
        channels.element.empty() ? Sentence() : sentence(" ({})", named(channel_text(channels.element)));
    return sentence(" {} {} channels{}", to, format_count(others), type);
  }
  if (others == 0) return sentence(" {} {}", to, named_ones);
  return sentence(" {} {} and {}", to, named_ones,
                  others == 1 ? "another channel" : format_count(others, "other channel"));
}

}  // namespace holdfast::view
