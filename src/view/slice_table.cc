#include "view/slice_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "graph/object_sizes.h"
#include "view/slice_lister.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

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
    {{"headers", Unit::kCount,
      "slices and strings that refer to it, in objects that are reached, in variables and in frames"},
     [](const SliceRow& row) { return Cell(row.headers); }},
    {{"in_frames", Unit::kCount, "of the headers, those that stand in frames of stacks", Shown::kIfRoom},
     [](const SliceRow& row) { return Cell(row.in_frames); }},
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
    {{"place", Unit::kText, "the field, variable or frame that has the longest header"},
     [](const PlaceRow& row) { return text_cell(row.place); }},
    {{"example", Unit::kAddress, "the object of which most is uncovered"},
     [](const PlaceRow& row) { return Cell(row.example.value); }},
};

constexpr ColumnOf<HeaderRow> kHeaderColumns[] = {
    {{"covers", Unit::kBytes, "what it refers to by its length; of several the sum", Shown::kUsually},
     [](const HeaderRow& row) { return Cell(row.covers); }},
    {{"headers", Unit::kCount, "1; of objects all that stand at the place, and the rest is of the longest",
      Shown::kIfRoom},
     [](const HeaderRow& row) { return Cell(row.headers); }},
    {{"len", Unit::kCount, "in elements; unknown where the frame does not keep it"},
     [](const HeaderRow& row) { return row.length ? Cell(*row.length) : Cell(); }},
    {{"cap", Unit::kCount, "in elements; strings have none"},
     [](const HeaderRow& row) { return row.capacity ? Cell(*row.capacity) : Cell(); }},
    {{"element", Unit::kText, "the type of the elements; string for strings"},
     [](const HeaderRow& row) { return text_cell(row.element); }},
    {{"pointer", Unit::kAddress, "its first word", Shown::kIfRoom},
     [](const HeaderRow& row) { return Cell(row.data.value); }},
    {{"object", Unit::kAddress, "that it points into"}, [](const HeaderRow& row) { return Cell(row.object.value); }},
    {{"size", Unit::kBytes, "of that object"}, [](const HeaderRow& row) { return Cell(row.size); }},
    {{"share", Unit::kCount, "percent of the object that any header covers"},
     [](const HeaderRow& row) { return row.size == 0 ? Cell() : Cell(100 * row.covered / row.size); }},
    {{"uncovered", Unit::kBytes, "of the object", Shown::kIfRoom},
     [](const HeaderRow& row) { return Cell(row.uncovered()); }},
    {{"sharers", Unit::kCount, "other headers and pointers that lead into the object"},
     [](const HeaderRow& row) { return Cell(row.sharers); }},
    {{"known_by", Unit::kText,
      "what says that it is one: the type of its place, dwarf, code; nearness: code says it of the pointer, and the "
      "words "
      "behind it would fit, so it covers nothing here",
      Shown::kUsually, &words_of_headers},
     [](const HeaderRow& row) { return text_cell(row.known_by); }},
    {{"goroutine", Unit::kId, "in whose frame it stands", Shown::kIfRoom},
     [](const HeaderRow& row) { return row.goid == 0 ? Cell() : Cell(row.goid); }},
    {{"variable", Unit::kText, "in the frame, where debug information names it", Shown::kIfAny},
     [](const HeaderRow& row) { return text_cell(row.variable); }},
    {{"place", Unit::kText, "the frame, package variable, or field of objects"},
     [](const HeaderRow& row) { return text_cell(row.place); }},
};

// Smaller objects are not listed. Without content, lengths are known of headers that refer to large objects.
std::uint64_t least_listed(const heap::Snapshot& snapshot) {
  return snapshot.content.known() ? SliceOptions::kLeast : heap::kLeastBytesOfLargeHeader;
}

void check_content(const heap::Snapshot& snapshot) {
  if (snapshot.content.known() || !snapshot.large_headers.empty()) return;
  fail(ErrorCode::kUnsupported,
       "lengths of slices and strings are content, which this {} does not have, nor does it tell of any that refers to "
       "an object of {} or more: capture it anew with --with-content",
       snapshot.target.from_file ? "capture" : "snapshot", format_bytes(heap::kLeastBytesOfLargeHeader));
}

void check_size(const heap::Snapshot& snapshot, Address address, std::uint64_t size) {
  if (snapshot.content.known() || size >= heap::kLeastBytesOfLargeHeader) return;
  fail(ErrorCode::kUnsupported,
       "the object at {} takes {}: without content, lengths are known of slices and strings that refer to objects of "
       "{} or more; capture it anew with --with-content",
       hex(address), format_bytes(size), format_bytes(heap::kLeastBytesOfLargeHeader));
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

// Says which headers of frames are among those that cover something, and what the other words of frames lead to.
std::string remark_on_frames(const SliceLister& lister, const heap::Snapshot& snapshot,
                             std::optional<std::uint64_t> goid) {
  const auto is_meant = [&](graph::NodeId from) {
    const GoroutineId id = from.root() ? snapshot.roots[from.root().row].goroutine : GoroutineId();
    return id && (!goid || snapshot.goroutines[id.row].goid == *goid);
  };
  std::uint64_t sure = 0, words = 0, bytes = 0;
  for (const SliceHeader& header : lister.found().headers)
    if (is_meant(header.from)) ++sure;
  std::set<const heap::FrameHeader*> unsure;
  ObjectId last;
  for (const OtherPointer& other : lister.found().others) {
    if (!is_meant(other.from)) continue;
    if (other.frame != nullptr) {
      unsure.insert(other.frame);
      continue;
    }
    ++words;
    if (other.into != last) bytes += lister.index().size_of(other.into);
    last = other.into;
  }
  std::string text = sure == 1
                         ? fmt::format("Of frames 1 header is counted among what covers.")
                         : fmt::format("Of frames {} are counted among what covers.", format_count(sure, "header"));
  if (!unsure.empty())
    text += fmt::format(" Of {} more the length is not known, or not surely: they cover nothing.",
                        format_count(unsure.size()));
  if (words > 0)
    text += fmt::format(" {} of frames {} to {} and {} to no header that is known: pointers to structures, mostly.",
                        format_count(words, "other word"), words == 1 ? "leads" : "lead", format_bytes(bytes),
                        words == 1 ? "belongs" : "belong");
  return text;
}

std::string remark_of(const SliceLister& lister, const heap::Snapshot& snapshot, const SliceOptions& options,
                      std::uint64_t listed, std::uint64_t live) {
  const std::string frames = remark_on_frames(lister, snapshot, options.goid);
  if (options.goid) return frames;
  const SliceHeaders& found = lister.found();
  std::string text = fmt::format(
      "{} of the {} that live are in these objects. To the others no slice or string leads whose type is known, or "
      "they are below {} and not listed: {}.",
      format_bytes(listed), format_bytes(live), format_bytes(least_listed(snapshot)),
      snapshot.content.known() ? "what no header covers of those is little more than the rounding of their sizes"
                               : "of those the lengths are content, which only --with-content captures");
  if (found.odd > 0)
    text += fmt::format(
        " {} of slices or strings {} the heap, as in memory that is not used yet, and "
        "{} nothing.",
        format_count(found.odd, "header"), found.odd == 1 ? "contradicts" : "contradict",
        found.odd == 1 ? "covers" : "cover");
  return text + " " + frames;
}

std::shared_ptr<SliceLister> list_slices(const heap::Snapshot& snapshot, const heap::OwnerRules& rules,
                                         const graph::Reachability& reached, const SliceOptions& options) {
  check_content(snapshot);
  auto lister = std::make_shared<SliceLister>(snapshot, rules, options.object.has_value());
  const ObjectId one = options.object ? lister->index().find_object(*options.object) : ObjectId();
  if (options.object && !one) fail(ErrorCode::kNotFound, "there is no object at {}", hex(*options.object));
  if (one) check_size(snapshot, *options.object, lister->index().size_of(one));
  const std::vector<ObjectId> stack = options.goid ? on_stack(snapshot, *options.goid) : std::vector<ObjectId>();
  const graph::ObjectSizes sizes(snapshot);
  lister->find(reached, [&](ObjectId object) {
    if (one) return object == one;
    if (options.goid && !std::ranges::binary_search(stack, object)) return false;
    return (options.goid && snapshot.content.known()) || sizes.size_of(object) >= least_listed(snapshot);
  });
  return lister;
}

void open_objects(Table& table, std::vector<Address> objects) {
  table.command = [objects = std::move(objects)](std::uint32_t row) {
    return RowCommand{"slices", fmt::format("--object {:#x}", objects[row].value)};
  };
}

Table object_rows(const std::shared_ptr<SliceLister>& lister, const SliceOptions& options) {
  std::vector<ObjectId> objects = headed(lister->found());
  if (options.object && objects.empty()) objects.push_back(lister->index().find_object(*options.object));
  Table table = make_table<SliceRow>(slice_shape(SliceRows::kObjects), kColumns, lister->rows(objects));
  table.lines_name = "by";
  table.lines = [lister, objects](std::uint32_t row) { return lister->holders(objects[row]); };
  table.command = [lister, objects, is_one = options.object.has_value()](std::uint32_t row) {
    const std::string address = fmt::format("{:#x}", lister->index().address_of(objects[row]).value);
    return is_one ? RowCommand{"show", address} : RowCommand{"slices", "--object " + address};
  };
  return table;
}

Table place_rows(SliceLister& lister) {
  std::vector<PlaceRow> rows = lister.places(headed(lister.found()));
  std::vector<Address> examples;
  for (const PlaceRow& row : rows) examples.push_back(row.example);
  Table table = make_table<PlaceRow>(slice_shape(SliceRows::kPlaces), kPlaceColumns, std::move(rows));
  open_objects(table, std::move(examples));
  return table;
}

Table header_rows(const std::shared_ptr<SliceLister>& lister, const SliceOptions& options) {
  std::vector<HeaderRow> rows = lister->headers(options.goid);
  std::vector<Address> objects;
  for (const HeaderRow& row : rows) objects.push_back(row.object);
  Table table = make_table<HeaderRow>(slice_shape(SliceRows::kHeaders), kHeaderColumns, std::move(rows));
  table.lines_name = "by";
  table.lines = [lister, objects](std::uint32_t row) {
    return lister->holders(lister->index().find_object(objects[row]));
  };
  open_objects(table, std::move(objects));
  return table;
}

}  // namespace

TableShape slice_shape(SliceRows rows) {
  switch (rows) {
    case SliceRows::kPlaces:
      return make_shape<PlaceRow>("slice-places", "place", "uncovered", kPlaceColumns, "uncovered");
    case SliceRows::kHeaders:
      return make_shape<HeaderRow>("slice-headers", "header", "covers", kHeaderColumns, "covers", true);
    case SliceRows::kObjects:
      break;
  }
  return make_shape<SliceRow>("slices", "object", "uncovered", kColumns, "uncovered");
}

Table slice_table(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const graph::Reachability& reached,
                  const SliceOptions& options, SliceRows rows) {
  const auto lister = list_slices(snapshot, rules, reached, options);
  Table table = rows == SliceRows::kPlaces    ? place_rows(*lister)
                : rows == SliceRows::kHeaders ? header_rows(lister, options)
                                              : object_rows(lister, options);
  std::uint64_t listed = 0;
  for (const ObjectId object : headed(lister->found())) listed += lister->index().size_of(object);
  if (!options.object) table.remark = remark_of(*lister, snapshot, options, listed, reached.bytes);
  return table;
}

}  // namespace holdfast::view
