#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "heap/resident.h"

namespace holdfast::detect::idle_channel_room {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::sentence;

constexpr std::uint64_t kMostFilled = 8;  // an eighth of the room
constexpr std::uint64_t kManyChannels = 20;
constexpr std::uint64_t kShareOfMany = 10, kShareOfFew = 5;  // of the live bytes

// All channels of a type.
struct Rooms {
  std::vector<ObjectId> channels, buffers;
  std::uint64_t length = 0, capacity = 0;  // elements
  std::uint64_t bytes = 0;                 // of the buffers, as far as they are in memory
  std::uint64_t element = 0;               // bytes
};

class IdleRooms {
 public:
  IdleRooms(const Evidence& e, std::vector<Suspicion>& out) : e_(e), out_(out) {}

  void run() {
    for (const heap::Channel& channel : e_.snapshot.channels)
      if (channel.object && channel.capacity > 0 && e_.dominators.reachable(channel.object)) add(channel);
    take_off_what_is_absent();
    for (const auto& [type, rooms] : by_type_)
      if (is_idle(rooms)) tell(type, rooms);
  }

 private:
  void add(const heap::Channel& channel) {
    const TypeId type = e_.names.element_of_channel(channel.object);
    const std::uint64_t element = type ? e_.snapshot.types[type.row].size : 0;
    if (element == 0 || channel.capacity > e_.live / element) return;
    const std::uint64_t bytes = channel.capacity * element;
    Rooms& rooms = by_type_[e_.names.container_of(channel.object)];
    rooms.channels.push_back(channel.object);
    rooms.buffers.push_back(buffer_of(channel.object, bytes));
    rooms.length += channel.length;
    rooms.capacity += channel.capacity;
    rooms.bytes += bytes;
    rooms.element = element;
  }

  // Elements without pointers lie behind the header, in its object.
  ObjectId buffer_of(ObjectId header, std::uint64_t bytes) const {
    if (header.row >= e_.snapshot.pointerful) return header;
    for (const std::uint32_t edge : e_.snapshot.edges.of(header.row)) {
      const ObjectId target(e_.snapshot.edges.target[edge]);
      if (e_.dominators.idom(target).object() == header && e_.names.index().size_of(target) >= bytes) return target;
    }
    return header;
  }

  // Pages that nobody has ever written to take no memory.
  void take_off_what_is_absent() {
    std::unordered_map<std::uint32_t, Rooms*> of_buffer;
    for (auto& [type, rooms] : by_type_)
      for (const ObjectId buffer : rooms.buffers) of_buffer.emplace(buffer.row, &rooms);
    heap::for_each_absent_object(e_.snapshot, [&](ObjectId object, std::uint64_t bytes) {
      if (const auto found = of_buffer.find(object.row); found != of_buffer.end())
        found->second->bytes -= std::min(found->second->bytes, bytes);
    });
  }

  static std::uint64_t idle_bytes(const Rooms& rooms) {
    return rooms.bytes - std::min(rooms.bytes, rooms.length * rooms.element);
  }
  bool is_idle(const Rooms& rooms) const {
    const std::uint64_t share = rooms.channels.size() >= kManyChannels ? kShareOfMany : kShareOfFew;
    return rooms.length * kMostFilled <= rooms.capacity && idle_bytes(rooms) >= std::max(e_.smallest, e_.live / share);
  }

  void tell(const std::string& type, const Rooms& rooms) {
    const view::HoldingPlace place = e_.places.place_of(rooms.channels[rooms.channels.size() / 2]);
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
    suspicion.about = rooms.buffers;
    std::ranges::sort(suspicion.about);
    const auto twice = std::ranges::unique(suspicion.about);
    suspicion.about.erase(twice.begin(), twice.end());
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = idle_bytes(rooms);
    finding.count = rooms.channels.size();
    finding.chain = place.chain;
    const bool is_one = rooms.channels.size() == 1;
    finding.title =
        sentence("{} ({}) {} room for {} and {} in it, as {}", format_count(rooms.channels.size(), "channel"),
                 named(type), is_one ? "has" : "have", format_count(rooms.capacity, "element"),
                 rooms.length == 0 ? "nothing" : format_count(rooms.length), place.text);
    finding.because = sentence("the room takes {}, {} for each element, and is made with the channel",  //
                               format_bytes(rooms.bytes), format_bytes(rooms.element));
    finding.fix = sentence(
        "if they never fill: make them with less room; if bursts need it, send pointers instead of large values");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  std::map<std::string, Rooms> by_type_;
};

// Finds channels whose buffers are large and nearly empty.
void find_idle_rooms(const Evidence& evidence, std::vector<Suspicion>& out) {
  IdleRooms(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"a tenth of the live bytes in idle room of 20 channels of a type, or a fifth in that of fewer, and 1 MiB or 1 % "
     "of "
     "the live bytes; what was never written to and is not in memory does not count",
     "a queue has some room"},
    {"an eighth of the room at most is filled", "a queue that fills in bursts may be empty now and then"}};

const Detector kDetector = {
    .facts = {.id = "idle-channel-room",
              .family = "channels, timers, contexts",
              .looks_for = "channels with much more room than what they have in it",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "the channels' own counts and the size of their elements; a burst may need the room"},
              .thresholds = kThresholds,
              .change = "make channels with less room, or send pointers instead of large values"},
    .run = find_idle_rooms};

}  // namespace holdfast::detect::idle_channel_room
