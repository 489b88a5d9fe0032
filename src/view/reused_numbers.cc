#include "view/reused_numbers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/byte_view.h"
#include "base/cancel.h"
#include "base/parallel.h"
#include "heap/number_places.h"

namespace holdfast::view {
namespace {

constexpr unsigned kParts = 64;

// So many numbers at one place that name objects of one type, and as many for each that names something else, show what
// is meant there.
constexpr std::uint64_t kFewestAlike = 20;
constexpr std::uint64_t kAlikeForEachOther = 20;

class ReusedNumbers {
 public:
  ReusedNumbers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TargetBytes& bytes,
                const std::function<bool(ObjectId)>& reached)
      : snapshot_(snapshot), index_(index), bytes_(bytes), reached_(reached), places_(snapshot) {}

  std::vector<ReusedNumber> find() const {
    const std::vector<Number> numbers = all();
    std::map<Place, std::map<TypeId, std::uint64_t>> aims;
    for (const Number& number : numbers) ++aims[place_of(number)][type_at(number.value)];
    std::map<Place, TypeId> usual;
    for (const auto& [place, types] : aims)
      if (const TypeId type = usual_of(types)) usual.emplace(place, type);
    std::vector<ReusedNumber> found;
    if (usual.empty()) return found;
    for (const Number& number : numbers) {
      const auto expected = usual.find(place_of(number));
      if (expected == usual.end()) continue;
      const TypeId type = type_at(number.value);
      if (type && !is_same(type, expected->second)) found.push_back({number.object, number.at, number.value});
    }
    return found;
  }

 private:
  using Place = std::pair<TypeId, std::uint64_t>;  // a type, and where in its values

  struct Number {
    ObjectId object;
    std::uint64_t at = 0, place = 0;
    Address value;
  };

  Place place_of(const Number& number) const { return {snapshot_.object_type[number.object.row].type(), number.place}; }

  // Those that lead to objects.
  std::vector<Number> all() const {
    std::vector<std::vector<Number>> parts(kParts);
    for_each_part(snapshot_.spans.size(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t s = begin; s < end; ++s)
        if (snapshot_.spans[s].has_pointers) look_at_span(snapshot_.spans[s], parts[part]);
    });
    std::vector<Number> numbers;
    for (const std::vector<Number>& part : parts) numbers.insert(numbers.end(), part.begin(), part.end());
    return numbers;
  }

  void look_at_span(const heap::Span& span, std::vector<Number>& out) const {
    throw_if_cancelled();
    std::optional<std::vector<std::uint8_t>> content;
    for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
      const ObjectId object(row);
      if (!places_.lie_in(object) || !reached_(object)) continue;
      if (!content) content = bytes_.read(span.base, span.bytes());
      if (!content) return;
      const std::uint64_t slot = index_.address_of(object) - span.base;
      places_.visit(object, span, [&](std::uint64_t at, std::uint64_t place) {
        const auto* const word = reinterpret_cast<const std::byte*>(content->data()) + slot + at;
        const Address value(load_le<std::uint64_t>(word));
        if (value && index_.find_object(value)) out.push_back({object, at, place, value});
      });
    }
  }

  // What nearly all lead to, if any leads to something else; none otherwise.
  static TypeId usual_of(const std::map<TypeId, std::uint64_t>& types) {
    const auto most = std::ranges::max_element(types, {}, [](const auto& each) { return each.second; });
    std::uint64_t others = 0;
    for (const auto& [type, count] : types) others += type == most->first ? 0 : count;
    const bool is_usual = others > 0 && most->second >= std::max(kFewestAlike, others * kAlikeForEachOther);
    return is_usual ? most->first : TypeId();
  }

  // The type of the object that begins there; none if none does, or if its type is not sure.
  TypeId type_at(Address value) const {
    const ObjectId object = index_.find_object(value);
    if (!object) return {};
    const heap::ObjectType known = snapshot_.object_type[object.row];
    const std::uint64_t header = snapshot_.spans[index_.find_span(object).row].header;
    const bool is_sure = known && known.known_by() < heap::KnownBy::kInferred;
    return is_sure && value == index_.address_of(object) + header ? known.type() : TypeId();
  }

  // Types of one name may have several rows.
  bool is_same(TypeId a, TypeId b) const {
    return a == b || (snapshot_.types[a.row].name && snapshot_.types[a.row].name == snapshot_.types[b.row].name);
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const TargetBytes& bytes_;
  const std::function<bool(ObjectId)>& reached_;
  heap::NumberPlaces places_;
};

}  // namespace

std::vector<ReusedNumber> find_reused_numbers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                              const TargetBytes& bytes, const std::function<bool(ObjectId)>& reached) {
  return ReusedNumbers(snapshot, index, bytes, reached).find();
}

}  // namespace holdfast::view
