#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector.h"
#include "detect/detector_list.h"

namespace holdfast::detect::channel_backlog {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::uint64_t kLeastFilled = 2;  // half of the room

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

void add(const Evidence& e, ObjectId object, const view::ChannelFacts& facts, std::vector<Suspicion>& out) {
  view::HoldingPlace place = e.places.place_of(object);
  const Sentence what = what_it_is(e, object, facts);
  const bool is_full = facts.length == facts.capacity;
  Suspicion& suspicion = suspect(out, kDetector, {what.full, place.identity}, Confidence::kPossible);
  suspicion.removal.nodes = {object};
  suspicion.about = {object};
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = e.dominators.retained_bytes(object);
  finding.count = facts.length;
  finding.chain = std::move(place.chain);
  finding.title = sentence("{} wait in {}, which has room for {}", format_count(facts.length, "element"), what,
                           format_count(facts.capacity));
  finding.because = sentence("{}nobody waits to receive{}", is_full ? "it is full, and " : "", senders_text(facts));
  finding.fix = sentence(
      "if those who receive have ended: let them go on until the channel is closed; if they are too "
      "slow: give it less room, so that senders slow down, or drop what is too old");
}

// A channel whose elements are large together is worth a word when nobody is there to take them: whoever receives from
// it is busy, or is gone.
void find_backlogs(const Evidence& e, std::vector<Suspicion>& out) {
  for (std::uint32_t row = 0; row < e.snapshot.channels.size(); ++row) {
    const heap::Channel& channel = e.snapshot.channels[row];
    const bool is_filled = channel.capacity > 0 && channel.length * kLeastFilled >= channel.capacity;
    if (!is_filled || !channel.object || !e.dominators.reachable(channel.object)) continue;
    if (e.dominators.retained_bytes(channel.object) < e.smallest) continue;
    const view::ChannelFacts facts = e.groundwork.channels().facts(ChannelId(row));
    if (facts.receivers == 0) add(e, channel.object, facts, out);
  }
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1 MiB or 1 % of the live bytes, that only the channel holds", "smaller ones are not worth a word"},
    {"half of its room is filled", "a queue that is nearly empty does its work"}};

const Detector kDetector = {
    .facts = {.id = "channel-backlog",
              .family = "channels, timers, contexts",
              .looks_for = "channels in which much waits and that nobody waits to receive from",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "a filled channel without a goroutine that waits to receive: whoever takes from it "
                                    "may be busy with the last element, or gone"},
              .thresholds = kThresholds,
              .change = "let receivers go on until the channel is closed, or give it less room"},
    .run = find_backlogs};

}  // namespace holdfast::detect::channel_backlog
