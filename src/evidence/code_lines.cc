#include "evidence/code_lines.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/cancel.h"
#include "evidence/line_holders.h"
#include "evidence/plain_name.h"
#include "graph/object_sizes.h"
#include "heap/plumbing.h"

namespace holdfast::evidence {
namespace {

using compiler::Allocates;
using compiler::AllocationCall;
using heap::KnownBy;
using heap::TypeRole;
using view::CodePlace;

// Where more lines than this make a type, naming them helps nobody.
constexpr std::size_t kFewPlaces = 4;
// Values without pointers that are smaller share memory with others (the tiny allocator, Go 1.19-1.27).
constexpr std::uint64_t kOwnMemoryFrom = 16;

// What objects are asked for by: calls pass the type of a value, of a map or of a channel.
enum class AskedFor : std::uint8_t { kValue, kMap, kChannel };
using Key = std::pair<AskedFor, std::string>;  // with the name of the value, the map, the elements of the channel

struct ByPlace {
  bool operator()(const CodePlace& a, const CodePlace& b) const {
    return std::tie(a.file, a.line, a.function) < std::tie(b.file, b.line, b.function);
  }
};
using Places = std::set<CodePlace, ByPlace>;

// All calls that can make objects of a type.
struct Makers {
  Places places;
  bool is_handed_on = false;
};

struct Beginning {
  std::string of;  // the type that begins with it
  std::uint64_t bytes = 0;
};

class CallIndex {
 public:
  CallIndex(const compiler::AllocationCalls& calls, const heap::OwnerRules& rules, const std::string& main_module)
      : calls_(calls), rules_(rules), module_(main_module) {
    for (const AllocationCall& call : calls.calls)
      if (call.made != AllocationCall::kNoType) add(call);
    for (const compiler::MadeType& type : calls.types)
      for (const StringId part : type.begins_with)
        if (!type.elem) beginnings_[text(part)].push_back({text(type.name), type.bytes});
  }

  const Makers* find(const Key& key) const {
    const auto at = makers_.find(key);
    return at == makers_.end() ? nullptr : &at->second;
  }

  // A type that is no larger than `bytes` and begins with a value of that one; null if there is none.
  const Beginning* looks_like(const std::string& name, std::uint64_t bytes) const {
    const auto at = beginnings_.find(name);
    if (at == beginnings_.end()) return nullptr;
    const auto one = std::ranges::find_if(at->second, [&](const Beginning& b) { return b.bytes <= bytes; });
    return one == at->second.end() ? nullptr : &*one;
  }

 private:
  std::string text(StringId id) const { return std::string(calls_.text(id)); }

  // As the memory profile's lines are found: whoever asked for it, as far as that was inlined.
  CodePlace place_of(const AllocationCall& call) const {
    const compiler::MachineFrame* best = nullptr;
    for (std::uint32_t f = call.first_frame; f < call.first_frame + call.frames; ++f) {
      const compiler::MachineFrame& frame = calls_.frames[f];
      if (heap::is_own(rules_, calls_.text(frame.function), module_)) {
        best = &frame;
        break;
      }
      if (best == nullptr && !heap::is_plumbing(rules_, calls_.text(frame.function))) best = &frame;
    }
    if (best == nullptr) best = &calls_.frames[call.first_frame];
    return {plain_name(calls_.text(best->function)), text(best->path), best->line};
  }

  void add(const AllocationCall& call) {
    const compiler::MadeType& type = calls_.types[call.made];
    const CodePlace place = place_of(call);
    const auto add_to = [&](AskedFor part, StringId name) {
      Makers& makers = makers_[{part, text(name)}];
      makers.places.insert(place);
      makers.is_handed_on |= type.is_handed_on;
    };
    switch (call.what) {
      case Allocates::kObject:
      case Allocates::kSlice:
      case Allocates::kGrowth:
      case Allocates::kCopy:
      case Allocates::kInterface:
        add_to(AskedFor::kValue, type.name);
        // A slice of an array is as good as one that was made.
        if (type.elem) add_to(AskedFor::kValue, type.elem);
        return;
      case Allocates::kMap:
      case Allocates::kMapStore:
        return add_to(AskedFor::kMap, type.name);
      case Allocates::kChannel:
        return add_to(AskedFor::kChannel, type.elem);
      case Allocates::kText:
      case Allocates::kGoroutine:
      case Allocates::kDefer:
        return;
    }
  }

  const compiler::AllocationCalls& calls_;
  const heap::OwnerRules& rules_;
  const std::string& module_;
  std::map<Key, Makers> makers_;
  std::map<std::string, std::vector<Beginning>> beginnings_;
};

// What something reaches of a type.
struct Total {
  std::uint64_t objects = 0, bytes = 0;
  std::uint64_t guessed_slot = 0;  // the largest slot of those that a pointer says the type of, not the runtime
};

struct Group {
  std::vector<CodePlace> places;
  std::vector<TypeId> types;
  HeldBytes held;
};

class CodeLineMaker {
 public:
  CodeLineMaker(const view::Groundwork& groundwork, const graph::Reachability& reached,
                const compiler::AllocationCalls& calls)
      : groundwork_(groundwork),
        snapshot_(groundwork.snapshot()),
        reached_(reached),
        calls_(calls),
        index_(calls, groundwork.names().rules(), snapshot_.target.main_module) {}

  LineVerdicts run() {
    group_types();
    add_up();
    LineVerdicts out;
    out.reached_bytes = reached_.bytes;
    out.reached_objects = reached_.objects;
    out.by_code = basis();
    for (const Group& group : groups_) {
      LineVerdict line = verdict(group);
      if (line.alive.objects.value > 0) out.lines.push_back(std::move(line));
    }
    std::ranges::stable_sort(out.lines, std::greater{}, [](const LineVerdict& line) { return line.alive.bytes.value; });
    return out;
  }

 private:
  static constexpr std::uint32_t kNoGroup = ~std::uint32_t{0};

  // Nothing for what no call asks for by a type, or too much else is made as well.
  std::optional<Key> key_of(const heap::Type& type) const {
    const auto name_of = [&](TypeId part) {
      return part ? std::string(snapshot_.strings[snapshot_.types[part.row].name]) : std::string();
    };
    if (heap::is_map_part(type.role)) return Key(AskedFor::kMap, name_of(type.of));
    if (type.role == TypeRole::kChannel) return Key(AskedFor::kChannel, name_of(type.of));
    if (type.role != TypeRole::kNone) return std::nullopt;
    return Key(AskedFor::kValue, std::string(snapshot_.strings[type.name]));
  }

  static bool is_small(const heap::Type& type) {
    return type.role == TypeRole::kNone && type.pointer_bytes == 0 && type.size < kOwnMemoryFrom;
  }
  // Bytes and numbers are made by whoever reads, prints or converts.
  bool is_plain(const heap::Type& type) const {
    return is_small(type) && snapshot_.strings[type.name].find('.') == std::string_view::npos;
  }

  Places places_of(const heap::Type& type) const {
    // A function literal stands where its closure is made; the method of a method value does not.
    const std::string name(snapshot_.strings[type.name]);
    if (type.role == TypeRole::kClosure && type.line > 0 && !name.ends_with("-fm"))
      return {CodePlace{plain_name(name), std::string(snapshot_.strings[type.file]), type.line}};
    const auto key = key_of(type);
    const Makers* const makers = key && !key->second.empty() ? index_.find(*key) : nullptr;
    return makers == nullptr ? Places() : makers->places;
  }

  void group_types() {
    std::map<std::vector<CodePlace>, std::uint32_t, ByPlaces> known;
    for (std::uint32_t row = 0; row < snapshot_.types.size(); ++row) {
      const heap::Type& type = snapshot_.types[row];
      const Places places = is_plain(type) ? Places() : places_of(type);
      places_.push_back(is_plain(type) ? kFewPlaces + 1 : places.size());
      group_of_type_.push_back(kNoGroup);
      if (places.empty() || places.size() > kFewPlaces) continue;
      std::vector<CodePlace> key(places.begin(), places.end());
      const auto [at, is_new] = known.try_emplace(key, static_cast<std::uint32_t>(groups_.size()));
      if (is_new) groups_.push_back({std::move(key), {}, {}});
      groups_[at->second].types.push_back(TypeId(row));
      group_of_type_.back() = at->second;
    }
  }

  struct ByPlaces {
    bool operator()(const std::vector<CodePlace>& a, const std::vector<CodePlace>& b) const {
      return std::ranges::lexicographical_compare(a, b, ByPlace());
    }
  };

  void add_up() {
    totals_.resize(snapshot_.types.size());
    view::HomeOf homes(groundwork_.dominators(), groundwork_.owners());
    const graph::ObjectSizes sizes(snapshot_);
    sizes.for_each_run(0, snapshot_.objects, [&](std::uint64_t first, std::uint64_t last, std::uint64_t size) {
      throw_if_cancelled();
      for (std::uint64_t row = first; row < last; ++row)
        if (heap::test_bit(reached_.bits, row)) add(ObjectId(static_cast<std::uint32_t>(row)), size, homes);
    });
  }

  void add(ObjectId object, std::uint64_t size, view::HomeOf& homes) {
    const heap::ObjectType type = snapshot_.object_type[object.row];
    const KnownBy known_by = type.known_by();
    if (!type || known_by == KnownBy::kPart) {
      untyped_ += size;
      return;
    }
    Total& total = totals_[type.type().row];
    ++total.objects;
    total.bytes += size;
    if (known_by != KnownBy::kHeader && known_by != KnownBy::kClosure && known_by != KnownBy::kRuntime)
      total.guessed_slot = std::max(total.guessed_slot, size);
    if (const std::uint32_t group = group_of_type_[type.type().row]; group != kNoGroup)
      groups_[group].held[homes.of(object)] += static_cast<double>(size);
  }

  CodeBasis basis() const {
    CodeBasis out;
    out.untyped = untyped_;
    std::uint64_t most_many = 0, most_none = 0;
    const auto keep_most = [&](std::uint32_t row, std::uint64_t& most, std::string& name) {
      if (totals_[row].bytes <= most) return;
      most = totals_[row].bytes;
      name = view::type_name(snapshot_, TypeId(row));
    };
    for (std::uint32_t row = 0; row < totals_.size(); ++row) {
      const std::size_t places = places_[row];
      (places == 0            ? out.of_none
       : places == 1          ? out.of_one_line
       : places <= kFewPlaces ? out.of_few
                              : out.of_many) += totals_[row].bytes;
      if (places == 0) keep_most(row, most_none, out.most_of_none);
      if (places > kFewPlaces) keep_most(row, most_many, out.most_of_many);
    }
    return out;
  }

  std::string doubt_about(TypeId id) const {
    const heap::Type& type = snapshot_.types[id.row];
    if (type.role == TypeRole::kClosure) return "";
    if (snapshot_.target.modules > 1) return "a plugin may make some, too";
    if (!calls_.is_complete) return "code that could not be read may make some, too";
    if (is_small(type)) return "values of less than 16 B share memory with others";
    const auto key = key_of(type);
    if (key && index_.find(*key)->is_handed_on) return "reflection or generic code may make some, too";
    if (key && key->first == AskedFor::kValue)
      if (const Beginning* const other = index_.looks_like(key->second, totals_[id.row].guessed_slot))
        return "some may be of " + other->of + ", which begins with one and is not larger";
    return "";
  }

  LineVerdict verdict(const Group& group) const {
    LineVerdict out;
    out.place = group.places.front();
    MadeByCode& made = out.by_code.emplace();
    made.places = group.places;
    std::uint64_t bytes = 0, objects = 0, sure_bytes = 0, sure_objects = 0;
    for (const TypeId type : group.types) {
      const Total& total = totals_[type.row];
      if (total.objects == 0) continue;
      made.types.push_back({view::type_name(snapshot_, type), total.objects, total.bytes, doubt_about(type), type});
      bytes += total.bytes;
      objects += total.objects;
      if (!made.types.back().doubt.empty() || made.places.size() > 1) continue;
      sure_bytes += total.bytes;
      sure_objects += total.objects;
    }
    std::ranges::stable_sort(made.types, std::greater{}, &MadeObjects::bytes);
    out.alive.bytes = {bytes, sure_bytes, bytes};
    out.alive.objects = {objects, sure_objects, objects};
    if (!made.types.empty())
      out.type = {made.types.front().type, 0, 0, made.types.front().objects, made.types.front().bytes,
                  made.types.front().id};
    add_holders(groundwork_, group.held, out);
    return out;
  }

  const view::Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  const compiler::AllocationCalls& calls_;
  CallIndex index_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> group_of_type_;  // by TypeId
  std::vector<std::size_t> places_;           // by TypeId: how many make it
  std::vector<Total> totals_;                 // by TypeId
  std::uint64_t untyped_ = 0;
};

}  // namespace

LineVerdicts code_lines(const view::Groundwork& groundwork, const graph::Reachability& reached,
                        const compiler::AllocationCalls& calls) {
  return CodeLineMaker(groundwork, reached, calls).run();
}

}  // namespace holdfast::evidence
