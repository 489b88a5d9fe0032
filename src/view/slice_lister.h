// What headers of slices and strings say together of the objects that they refer to: how much they cover, where they
// stand, who else leads there. Behind the tables of slices. Sizes are in bytes. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/reachability.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/names.h"
#include "view/slice_headers.h"

namespace holdfast::view {

// An object that headers refer to.
struct SliceRow {
  ObjectId object;
  Address address;
  std::string_view element;
  std::uint64_t size = 0, covered = 0, spare = 0;
  std::uint64_t headers = 0, in_frames = 0, others = 0, stacks = 0;
  std::uint64_t longest = 0, capacity = 0;  // in elements

  std::uint64_t uncovered() const { return size - covered; }
};

// Objects whose longest header lies at one place.
struct PlaceRow {
  std::string place, element;
  Address example;  // of which most is uncovered
  std::uint64_t objects = 0, size = 0, covered = 0, spare = 0, most = 0;

  std::uint64_t uncovered() const { return size - covered; }
};

// A header that stands in a frame or a package variable, or those of objects that stand at one place in them.
struct HeaderRow {
  std::uint64_t goid = 0;  // 0: in no frame
  std::string place, variable, element;
  std::string_view known_by;  // a word of words_of_headers()
  std::uint64_t headers = 1;
  std::uint64_t covers = 0;  // by their lengths, sum
  // Of several, these are of the longest.
  Address data;
  std::optional<std::uint64_t> length, capacity;  // in elements; none if not known
  Address object;
  std::uint64_t size = 0, covered = 0, sharers = 0;

  std::uint64_t uncovered() const { return size - covered; }
};

// What HeaderRow::known_by can be: "type" of the place, or what HeaderBasis says.
std::vector<std::string_view> words_of_headers();

class SliceLister {
 public:
  // `is_one`: only one object is asked about, so all is said of who leads there. Both must outlive this.
  SliceLister(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, bool is_one);
  SliceLister(const SliceLister&) = delete;
  SliceLister& operator=(const SliceLister&) = delete;
  ~SliceLister() = default;

  void find(const graph::Reachability& reached, const std::function<bool(ObjectId)>& wanted);
  const SliceHeaders& found() const { return found_; }
  const heap::ObjectIndex& index() const { return index_; }

  std::vector<SliceRow> rows(const std::vector<ObjectId>& objects);
  std::vector<PlaceRow> places(const std::vector<ObjectId>& objects);
  // The headers that stand in frames of the goroutine, or all that were found: single ones of frames and package
  // variables, those of objects summed by place.
  std::vector<HeaderRow> headers(std::optional<std::uint64_t> goid);
  // What refers to the object: alike ones in one line, the longest first.
  std::vector<std::string> holders(ObjectId object) const;

 private:
  std::span<const SliceHeader> headers_of(ObjectId object) const;
  std::span<const OtherPointer> others_of(ObjectId object) const;
  SliceRow row_of(ObjectId object);
  HeaderRow row_of_header(const SliceHeader& header, const SliceRow& object);
  HeaderRow row_of_other(const OtherPointer& other, const SliceRow& object);
  HeaderRow row_at(graph::NodeId from, std::uint64_t at, const heap::FrameHeader* frame, TypeId type,
                   const SliceRow& object);
  std::uint64_t goid_of(graph::NodeId from) const;
  std::string_view element_name(TypeId type);
  std::string numbers_of(const SliceHeader& header) const;
  std::string place_without_goroutine(graph::NodeId from, std::uint64_t at) const;
  std::string place_of(graph::NodeId from, std::uint64_t at) const;
  std::string place_of(const SliceHeader& header, bool with_goroutine) const;

  const heap::Snapshot& snapshot_;
  heap::ObjectIndex index_;
  Names names_;
  SliceHeaders found_;
  bool is_one_;
  std::map<TypeId, std::string> element_names_;
};

}  // namespace holdfast::view
