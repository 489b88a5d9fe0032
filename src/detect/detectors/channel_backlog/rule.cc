#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector.h"
#include "detect/detector_list.h"
#include "detect/hands.h"

namespace holdfast::detect::channel_backlog {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::uint64_t kLeastFilled = 2;  // half of the room
constexpr std::uint64_t kManySenders = 20;

// "the channel main.queue", "a chan *main.job"
Sentence what_it_is(const Evidence& e, ObjectId object, const view::ChannelFacts& facts) {
  return facts.name.empty() ? sentence("a {}", named(e.names.container_of(object)))
                            : sentence("the channel {}", facts.name);
}

std::string senders_text(const view::ChannelFacts& facts) {
  if (facts.senders == 0) return {};
  return fmt::format(", while {} {} to send", format_count(facts.senders, "goroutine"),
                     facts.senders == 1 ? "waits" : "wait");
}

// A filled channel that a variable leads to, or all others of one type.
struct Filled {
  std::vector<ObjectId> channels;
  view::ChannelFacts facts;  // of the first
  std::uint64_t length = 0, capacity = 0, bytes = 0;

  void add(ObjectId object, const view::ChannelFacts& its, std::uint64_t retained) {
    if (channels.empty()) facts = its;
    channels.push_back(object);
    length += its.length;
    capacity += its.capacity;
    bytes += retained;
  }
};

void add_filled(const Evidence& e, const Filled& filled, std::vector<Suspicion>& out) {
  const ObjectId example = filled.channels[filled.channels.size() / 2];
  view::HoldingPlace place = e.places.place_of(example);
  const bool is_one = filled.channels.size() == 1, is_full = filled.length == filled.capacity;
  const Sentence what = is_one ? what_it_is(e, example, filled.facts)
                               : sentence("{} channels ({}), as {}", format_count(filled.channels.size()),
                                          named(e.names.container_of(example)), place.text);
  Suspicion& suspicion = suspect(out, kDetector, {what.full, place.identity}, Confidence::kPossible);
  suspicion.removal.nodes.assign(filled.channels.begin(), filled.channels.end());
  suspicion.about = filled.channels;
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = filled.bytes;
  finding.count = filled.length;
  finding.chain = std::move(place.chain);
  finding.title = sentence("{} wait in {}, which {} room for {}", format_count(filled.length, "element"), what,
                           is_one ? "has" : "have", format_count(filled.capacity));
  finding.because = sentence("{}nobody waits to receive{}",
                             !is_full ? ""
                             : is_one ? "it is full, and "
                                      : "they are full, and ",
                             is_one ? senders_text(filled.facts) : std::string());
  finding.fix = sentence(
      "if those who receive have ended: let them go on until the channel is closed, and drop the channel with them; if "
      "they are too slow: give it less room, so that senders slow down, or drop what is too old; if it keeps what is "
      "free: "
      "put nothing back that has grown beyond a size");
}

// Goroutines that queue to send, and can still be received from.
std::vector<GoroutineId> senders_of(const Evidence& e, ChannelId channel) {
  std::vector<GoroutineId> out;
  for (const heap::ChannelWait& wait : e.snapshot.channel_waits)
    if (wait.channel == channel && wait.sends &&
        !std::ranges::binary_search(e.groundwork.leaked().goroutines, wait.goroutine))
      out.push_back(wait.goroutine);
  return out;
}

// "; goroutine 7 has it in hand at main.consume a.go:7, and waits in IO wait at main.store a.go:9"
Sentence receiver_text(const Evidence& e, ObjectId object, const std::vector<GoroutineId>& senders) {
  const Hands hands(e, std::span(&object, 1));
  for (const Hand& hand : hands.of(object))
    if (std::ranges::find(senders, hand.goroutine) == senders.end())
      return sentence("; {}", hand_text(e, hand, sentence("it")));
  return sentence("; no other goroutine has it in hand");
}

void add_senders(const Evidence& e, ObjectId object, const view::ChannelFacts& facts,
                 const std::vector<GoroutineId>& senders, std::vector<Suspicion>& out) {
  std::uint64_t held = 0, stacks = 0;
  std::vector<graph::NodeId> roots{object};
  for (const GoroutineId id : senders) {
    const heap::Goroutine& goroutine = e.snapshot.goroutines[id.row];
    stacks += goroutine.stack.size();
    if (!goroutine.root) continue;
    roots.emplace_back(goroutine.root);
    held += e.dominators.retained_bytes(goroutine.root);
  }
  if (held + stacks < e.smallest) return;
  view::HoldingPlace place = e.places.place_of(object);
  const Sentence what = what_it_is(e, object, facts);
  Suspicion& suspicion = suspect(out, kDetector, {what.full, place.identity}, Confidence::kPossible);
  suspicion.removal.nodes = std::move(roots);
  suspicion.beyond = stacks;
  Finding& finding = suspicion.finding;
  finding.exclusive_bytes = held;
  finding.bytes = held + stacks;
  finding.count = senders.size();
  finding.chain = std::move(place.chain);
  finding.title = sentence("{} queue to send to {}", format_count(senders.size(), "goroutine"), what);
  finding.because = sentence("nobody waits to receive{}", receiver_text(e, object, senders));
  finding.fix = sentence(
      "if who receives has ended: let it go on until the channel is closed; if it is too slow: have several, or drop "
      "what is too old with a select and a default");
}

// Channels whose elements are large together are worth a word when nobody is there to take them: whoever receives from
// them is busy, or is gone.
void find_backlogs(const Evidence& e, std::vector<Suspicion>& out) {
  std::vector<std::uint64_t> senders(e.snapshot.channels.size());
  for (const heap::ChannelWait& wait : e.snapshot.channel_waits) senders[wait.channel.row] += wait.sends ? 1 : 0;
  std::map<std::string, Filled> filled;  // by the channel's name, or by type
  for (std::uint32_t row = 0; row < e.snapshot.channels.size(); ++row) {
    const heap::Channel& channel = e.snapshot.channels[row];
    const bool is_filled = channel.capacity > 0 && channel.length * kLeastFilled >= channel.capacity;
    if (!channel.object || !e.dominators.reachable(channel.object)) continue;
    if (!is_filled && senders[row] < kManySenders) continue;
    const view::ChannelFacts facts = e.groundwork.channels().facts(ChannelId(row));
    if (facts.receivers > 0) continue;
    if (is_filled)
      filled[what_it_is(e, channel.object, facts).full].add(channel.object, facts,
                                                            e.dominators.retained_bytes(channel.object));
    if (senders[row] < kManySenders) continue;
    const std::vector<GoroutineId> queued = senders_of(e, ChannelId(row));
    if (queued.size() >= kManySenders) add_senders(e, channel.object, facts, queued, out);
  }
  for (const auto& [what, channels] : filled)
    if (channels.bytes >= e.smallest) add_filled(e, channels, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1 MiB or 1 % of the live bytes, that only the channel holds, or all channels of its type that no variable names",
     "less is not worth a word"},
    {"half of its room is filled", "a queue that is nearly empty does its work"},
    {"or 20 goroutines that wait to send, with as much together", "a few wait wherever one side is faster"}};

const Detector kDetector = {
    .facts = {.id = "channel-backlog",
              .family = "channels, timers, contexts",
              .looks_for = "channels in which much waits and that nobody waits to receive from",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "a filled channel, or a queue of senders, without a goroutine that waits to receive: "
                            "whoever takes from it may be busy with the last element, or gone"},
              .thresholds = kThresholds,
              .change = "let receivers go on until the channel is closed, or give it less room"},
    .run = find_backlogs};

}  // namespace holdfast::detect::channel_backlog
