#include "view/slice_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "graph/object_sizes.h"
#include "heap/field_path.h"
#include "view/labels.h"
#include "view/slice_headers.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostHolders = 4;       // lines below a row
constexpr std::size_t kMostOfOneObject = 64;  // if only one object is asked about

struct SliceRow {
  ObjectId object;
  Address address;
  std::string_view element;
  std::uint64_t size = 0, covered = 0, spare = 0;
  std::uint64_t headers = 0, others = 0, stacks = 0;
  std::uint64_t longest = 0, capacity = 0;  // in elements

  std::uint64_t uncovered() const { return size - covered; }
};

constexpr ColumnOf<SliceRow> kColumns[] = {
    {{"uncovered", Unit::kBytes, "what no header covers by its length: it is kept all the same"},
     [](const SliceRow& row) { return Cell(row.uncovered()); }},
    {{"size", Unit::kBytes, "of the object that they refer to"}, [](const SliceRow& row) { return Cell(row.size); }},
    {{"covered", Unit::kBytes, "what slices and strings refer to by their lengths, each byte once"},
     [](const SliceRow& row) { return Cell(row.covered); }},
    {{"share", Unit::kCount, "percent of it that is covered"},
     [](const SliceRow& row) { return row.size == 0 ? Cell() : Cell(100 * row.covered / row.size); }},
    {{"spare", Unit::kBytes, "of what is uncovered, what some slice has as capacity behind its length", Shown::kIfRoom},
     [](const SliceRow& row) { return Cell(row.spare); }},
    {{"headers", Unit::kCount, "slices and strings that refer to it, in objects that are reached and in variables"},
     [](const SliceRow& row) { return Cell(row.headers); }},
    {{"others", Unit::kCount, "other words that lead into it: of no known type, pointers to elements, words of stacks",
      Shown::kIfRoom},
     [](const SliceRow& row) { return Cell(row.others); }},
    {{"stacks", Unit::kCount, "of these, words of stacks", Shown::kWhenAsked},
     [](const SliceRow& row) { return Cell(row.stacks); }},
    {{"len", Unit::kCount, "of the longest, in elements", Shown::kIfRoom},
     [](const SliceRow& row) { return row.headers == 0 ? Cell() : Cell(row.longest); }},
    {{"cap", Unit::kCount, "the largest, in elements", Shown::kIfRoom},
     [](const SliceRow& row) { return row.headers == 0 ? Cell() : Cell(row.capacity); }},
    {{"element", Unit::kText, "the type of the longest one's elements; string for strings"},
     [](const SliceRow& row) { return text_cell(row.element); }},
    {{"address", Unit::kAddress, "of the object"}, [](const SliceRow& row) { return Cell(row.address.value); }},
};

// Objects whose longest header lies at one place.
struct PlaceRow {
  std::string place, element;
  Address example;  // of which most is uncovered
  std::uint64_t objects = 0, size = 0, covered = 0, spare = 0, most = 0;

  std::uint64_t uncovered() const { return size - covered; }
};

constexpr ColumnOf<PlaceRow> kPlaceColumns[] = {
    {{"uncovered", Unit::kBytes, "what no header covers by its length, of all objects"},
     [](const PlaceRow& row) { return Cell(row.uncovered()); }},
    {{"size", Unit::kBytes, "of the objects"}, [](const PlaceRow& row) { return Cell(row.size); }},
    {{"covered", Unit::kBytes, "what slices and strings refer to by their lengths, each byte once"},
     [](const PlaceRow& row) { return Cell(row.covered); }},
    {{"share", Unit::kCount, "percent that is covered"},
     [](const PlaceRow& row) { return row.size == 0 ? Cell() : Cell(100 * row.covered / row.size); }},
    {{"spare", Unit::kBytes, "of what is uncovered, what some slice has as capacity behind its length", Shown::kIfRoom},
     [](const PlaceRow& row) { return Cell(row.spare); }},
    {{"objects", Unit::kCount, "that they refer to"}, [](const PlaceRow& row) { return Cell(row.objects); }},
    {{"element", Unit::kText, "the type of the elements; string for strings"},
     [](const PlaceRow& row) { return text_cell(row.element); }},
    {{"place", Unit::kText, "the field or variable that has the longest header"},
     [](const PlaceRow& row) { return text_cell(row.place); }},
    {{"example", Unit::kAddress, "the object of which most is uncovered"},
     [](const PlaceRow& row) { return Cell(row.example.value); }},
};

// Bytes that the headers cover by their lengths, and besides by their capacities. They must be in the order of where
// they begin.
std::pair<std::uint64_t, std::uint64_t> union_of(std::span<const SliceHeader> headers) {
  std::uint64_t covered = 0, reserved = 0, covered_to = 0, reserved_to = 0;
  for (const SliceHeader& header : headers) {
    const std::uint64_t end = header.end(), limit = header.begin + header.capacity;
    if (end > covered_to) covered += end - std::max(covered_to, header.begin);
    if (limit > reserved_to) reserved += limit - std::max(reserved_to, header.begin);
    covered_to = std::max(covered_to, end);
    reserved_to = std::max(reserved_to, limit);
  }
  return {covered, reserved - covered};
}

class SliceLister {
 public:
  SliceLister(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, bool is_one)
      : snapshot_(snapshot), index_(snapshot), names_(snapshot, index_, rules), is_one_(is_one) {}
  SliceLister(const SliceLister&) = delete;
  SliceLister& operator=(const SliceLister&) = delete;

  void find(const graph::Reachability& reached, const std::function<bool(ObjectId)>& wanted) {
    found_ = find_slice_headers(snapshot_, index_, reached, wanted);
  }
  const heap::ObjectIndex& index() const { return index_; }

  std::vector<SliceRow> rows(const std::vector<ObjectId>& objects) {
    std::vector<SliceRow> out;
    out.reserve(objects.size());
    for (const ObjectId object : objects) out.push_back(row_of(object));
    return out;
  }

  const SliceHeaders& found() const { return found_; }

  std::vector<PlaceRow> places(const std::vector<ObjectId>& objects) {
    std::map<std::string, PlaceRow> sums;
    for (const ObjectId object : objects) {
      const SliceRow row = row_of(object);
      const auto headers = headers_of(object);
      const auto longest = std::ranges::max_element(headers, {}, &SliceHeader::length);
      const std::string place = place_of(longest->from, longest->at);
      PlaceRow& sum = sums[fmt::format("{} {}", place, row.element)];
      if (sum.objects++ == 0 || row.uncovered() > sum.most) {
        sum.most = row.uncovered();
        sum.example = row.address;
      }
      sum.size += row.size;
      sum.covered += row.covered;
      sum.spare += row.spare;
      sum.place = place;
      sum.element = row.element;
    }
    std::vector<PlaceRow> rows;
    for (auto& [place, sum] : sums) rows.push_back(std::move(sum));
    return rows;
  }

  // What refers to the object: alike ones in one line, the longest first.
  std::vector<std::string> holders(ObjectId object) const {
    struct Holder {
      std::string text;
      std::uint64_t count = 0, length = 0;
    };
    std::map<std::string, Holder> sorts;
    for (const SliceHeader& header : headers_of(object)) {
      const std::string where = place_of(header.from, header.at);
      Holder& holder = sorts[is_one_ ? fmt::format("{:016x}{}", sorts.size(), where) : where];
      if (holder.count++ > 0 && holder.length >= header.length) continue;
      holder.length = header.length;
      holder.text = fmt::format("[{:#x}, {:#x}) by {}{}", header.begin, header.end(), where, numbers_of(header));
    }
    for (const OtherPointer& other : others_of(object)) {
      const std::string where = place_of(other.from, other.at);
      Holder& holder = sorts["~" + where];
      ++holder.count;
      holder.text = fmt::format("a pointer of {}", where);
    }
    std::vector<Holder> sorted;
    for (auto& [where, holder] : sorts) sorted.push_back(std::move(holder));
    std::ranges::stable_sort(sorted, [](const Holder& a, const Holder& b) {
      return std::pair(b.length, b.count) < std::pair(a.length, a.count);
    });
    std::vector<std::string> lines;
    std::uint64_t left = 0;
    for (const Holder& holder : sorted) {
      if (lines.size() < (is_one_ ? kMostOfOneObject : kMostHolders))
        lines.push_back(holder.count == 1
                            ? holder.text
                            : fmt::format("{}, and {} more like this", holder.text, format_count(holder.count - 1)));
      else
        left += holder.count;
    }
    if (left > 0) lines.push_back(fmt::format("and {} more", format_count(left)));
    return lines;
  }

 private:
  std::span<const SliceHeader> headers_of(ObjectId object) const {
    const auto range = std::ranges::equal_range(found_.headers, object, {}, &SliceHeader::into);
    return {range.begin(), range.end()};
  }
  std::span<const OtherPointer> others_of(ObjectId object) const {
    const auto range = std::ranges::equal_range(found_.others, object, {}, &OtherPointer::into);
    return {range.begin(), range.end()};
  }

  SliceRow row_of(ObjectId object) {
    SliceRow row;
    row.object = object;
    row.address = index_.address_of(object);
    row.size = index_.size_of(object);
    const auto headers = headers_of(object);
    std::tie(row.covered, row.spare) = union_of(headers);
    row.headers = headers.size();
    const SliceHeader* longest = nullptr;
    for (const SliceHeader& header : headers) {
      if (longest == nullptr || header.length > longest->length) longest = &header;
      row.capacity = std::max(row.capacity, header.capacity / element_bytes(header.type));
    }
    if (longest != nullptr) {
      row.longest = longest->length / element_bytes(longest->type);
      row.element = element_name(longest->type);
    }
    for (const OtherPointer& other : others_of(object)) {
      ++row.others;
      if (is_stack(other)) ++row.stacks;
    }
    return row;
  }

  bool is_stack(const OtherPointer& other) const {
    return other.from.root() && snapshot_.roots[other.from.root().row].goroutine;
  }
  std::uint64_t element_bytes(TypeId type) const {
    const heap::Type& row = snapshot_.types[type.row];
    return row.kind == heap::TypeKind::kSlice && row.elem
               ? std::max<std::uint64_t>(snapshot_.types[row.elem.row].size, 1)
               : 1;
  }
  std::string_view element_name(TypeId type) {
    const auto [known, is_new] = element_names_.try_emplace(type);
    if (!is_new) return known->second;
    const heap::Type& row = snapshot_.types[type.row];
    known->second = row.kind == heap::TypeKind::kSlice && row.elem ? type_name(snapshot_, row.elem) : "string";
    return known->second;
  }

  // ", len 3, cap 1,048,576"
  std::string numbers_of(const SliceHeader& header) const {
    const std::uint64_t element = element_bytes(header.type);
    const std::string length = fmt::format(", len {}", format_count(header.length / element));
    if (snapshot_.types[header.type.row].kind == heap::TypeKind::kString) return length;
    return fmt::format("{}, cap {}", length, format_count(header.capacity / element));
  }

  // "main.Session.Buf", "main.table", "stack of main.serve"; of one object with where that is.
  std::string place_of(graph::NodeId from, std::uint64_t at) const {
    if (const RootId id = from.root()) {
      const heap::Root& root = snapshot_.roots[id.row];
      const std::string name = root_text_with_field(snapshot_, root);
      const std::string goroutine =
          root.goroutine ? fmt::format(" of goroutine {}", snapshot_.goroutines[root.goroutine.row].goid) : "";
      return goroutine.empty() ? name : fmt::format("{}{}", name, goroutine);
    }
    const ObjectId object = from.object();
    const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
    const std::string type = names_.type_of(object);
    std::string place = type.empty() ? fmt::format("an object of {}", format_bytes(span.slot_size)) : type;
    if (names_.is_container(object))
      place = names_.container_of(object) + "[…]";
    else if (at >= span.header)
      place += with_any_index(heap::field_path(snapshot_, snapshot_.object_type[object.row].type(), at - span.header,
                                               span.slot_size - span.header)
                                  .text);
    return is_one_ ? fmt::format("{} at {}", place, hex(index_.address_of(object))) : place;
  }

  const heap::Snapshot& snapshot_;
  heap::ObjectIndex index_;
  Names names_;
  SliceHeaders found_;
  bool is_one_;
  std::map<TypeId, std::string> element_names_;
};

void check_content(const heap::Snapshot& snapshot) {
  if (snapshot.content.known()) return;
  fail(ErrorCode::kUnsupported,
       "lengths of slices and strings are content, which this {} does not have: capture it anew with --with-content",
       snapshot.target.from_file ? "capture" : "snapshot");
}

// Returns the objects that words of the goroutine's stack lead to, ascending.
std::vector<ObjectId> on_stack(const heap::Snapshot& snapshot, std::uint64_t goid) {
  std::vector<ObjectId> found;
  bool exists = false;
  for (const heap::Root& root : snapshot.roots) {
    if (!root.goroutine || snapshot.goroutines[root.goroutine.row].goid != goid) continue;
    exists = true;
    for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
      found.push_back(snapshot.root_targets[t].object);
  }
  if (!exists)
    fail(ErrorCode::kNotFound, "no goroutine {} holds anything: `holdfast goroutines --each` lists them", goid);
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// Returns what the rows are about: what headers refer to, ascending.
std::vector<ObjectId> headed(const SliceHeaders& found) {
  std::vector<ObjectId> objects;
  for (const SliceHeader& header : found.headers)
    if (objects.empty() || objects.back() != header.into) objects.push_back(header.into);
  return objects;
}

std::string remark_of(const SliceHeaders& found, std::uint64_t listed, std::uint64_t live) {
  std::string text = fmt::format(
      "{} of the {} that live are in these objects. To the others no slice or string leads whose type is known, or "
      "they "
      "are below {} and not listed: what no header covers of those is little more than the rounding of their sizes.",
      format_bytes(listed), format_bytes(live), format_bytes(SliceOptions::kLeast));
  if (found.odd > 0)
    text += fmt::format(
        " {} of slices or strings {} the heap, as in memory that is not used yet, and "
        "{} nothing.",
        format_count(found.odd, "header"), found.odd == 1 ? "contradicts" : "contradict",
        found.odd == 1 ? "covers" : "cover");
  return text;
}

template <typename Row>
std::uint64_t sum_of(const std::vector<Row>& rows) {
  std::uint64_t sum = 0;
  for (const Row& row : rows) sum += row.size;
  return sum;
}

std::shared_ptr<SliceLister> list_slices(const heap::Snapshot& snapshot, const heap::OwnerRules& rules,
                                         const graph::Reachability& reached, const SliceOptions& options) {
  check_content(snapshot);
  auto lister = std::make_shared<SliceLister>(snapshot, rules, options.object.has_value());
  const ObjectId one = options.object ? lister->index().find_object(*options.object) : ObjectId();
  if (options.object && !one) fail(ErrorCode::kNotFound, "there is no object at {}", hex(*options.object));
  const std::vector<ObjectId> stack = options.goid ? on_stack(snapshot, *options.goid) : std::vector<ObjectId>();
  const graph::ObjectSizes sizes(snapshot);
  lister->find(reached, [&](ObjectId object) {
    if (one) return object == one;
    if (options.goid) return std::ranges::binary_search(stack, object);
    return sizes.size_of(object) >= SliceOptions::kLeast;
  });
  return lister;
}

}  // namespace

TableShape slice_shape() {
  return make_shape<SliceRow>("slices", "object", "uncovered", kColumns, "uncovered");
}

TableShape slice_place_shape() {
  return make_shape<PlaceRow>("slice-places", "place", "uncovered", kPlaceColumns, "uncovered");
}

Table slice_table(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const graph::Reachability& reached,
                  const SliceOptions& options) {
  const auto lister = list_slices(snapshot, rules, reached, options);
  std::vector<ObjectId> objects = headed(lister->found());
  if (options.object && objects.empty()) objects.push_back(lister->index().find_object(*options.object));
  std::vector<SliceRow> rows = lister->rows(objects);
  const std::uint64_t listed = sum_of(rows);
  Table table = make_table<SliceRow>(slice_shape(), kColumns, std::move(rows));
  table.lines_name = "by";
  table.lines = [lister, objects = std::move(objects)](std::uint32_t row) { return lister->holders(objects[row]); };
  if (!options.object && !options.goid) table.remark = remark_of(lister->found(), listed, reached.bytes);
  return table;
}

Table slice_place_table(const heap::Snapshot& snapshot, const heap::OwnerRules& rules,
                        const graph::Reachability& reached, const SliceOptions& options) {
  const auto lister = list_slices(snapshot, rules, reached, options);
  std::vector<PlaceRow> rows = lister->places(headed(lister->found()));
  const std::uint64_t listed = sum_of(rows);
  Table table = make_table<PlaceRow>(slice_place_shape(), kPlaceColumns, std::move(rows));
  if (!options.object && !options.goid) table.remark = remark_of(lister->found(), listed, reached.bytes);
  return table;
}

}  // namespace holdfast::view
