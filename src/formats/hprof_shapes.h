// How the objects of a Go heap become instances and arrays of Java classes, so that readers of HPROF compute for each
// of them the size of its slot. With identifiers of 4 bytes they take 8 bytes for the head of an instance, 12 for that
// of an array, and 4 for a reference.
//
//   one value, up to 2 KiB   an instance of a class for its type and size: a field for each word that is a pointer in
//                            any of them, then what fills it up. A pointer alone in 8 bytes does not fit
//   bytes                    byte[], for each type of one byte: []uint8, []bool
//   what strings refer to    char[]
//   of unknown type, large   int[], if it has no pointers
//   all else                 an array of references with the element's name; word number n is element n. One of 16
//   bytes
//                            has not enough room, and is an instance
//
// So a heap has as many classes as types and sizes. One thread; throws when it is cancelled.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "view/groundwork.h"

namespace holdfast::formats {

enum class HprofForm : std::uint8_t { kInstance, kReferences, kBytes, kText, kUnknown };

// The largest instances, in bytes; and the largest arrays: what is larger is several of them, since readers count
// elements with 31 bits.
inline constexpr std::uint64_t kHprofInstance = 1 << 11;
inline constexpr std::uint64_t kHprofPiece = std::uint64_t{1} << 30;

inline constexpr std::uint64_t kPointerBytes = 8;
inline constexpr std::uint32_t kObjectsPerCheck = 1 << 18;  // for a request to stop

struct HprofShape {
  HprofForm form = HprofForm::kInstance;
  std::string name;                    // the class as a JVM writes it: "main/Session", "[Lmain/Session;"
  std::uint64_t slot = 0;              // bytes; of kInstance
  std::vector<std::uint32_t> offsets;  // of kInstance: where its pointers lie in the slot, ascending
  std::vector<std::string> fields;     // what they are called
};

class HprofShapes {
 public:
  // `groundwork` must outlive this. Larger objects than `largest_array` are several arrays.
  HprofShapes(const view::Groundwork& groundwork, std::uint64_t largest_array);

  const std::vector<HprofShape>& all() const { return shapes_; }
  // Returns the row of a live object's shape. `slot`: its bytes.
  std::uint32_t of(ObjectId object, std::uint64_t slot) const { return shape_of_.at(key_of(object, slot)); }

 private:
  // What is known of a shape while objects are looked at.
  struct Seen {
    heap::ObjectType type;
    std::uint64_t header = 0;
    std::bitset<kHprofInstance / 8> pointers = {};  // words that are one
  };

  std::uint64_t key_of(ObjectId object, std::uint64_t slot) const;
  std::uint32_t shape_at(ObjectId object, std::uint64_t slot);
  HprofForm form_of(ObjectId object, std::uint64_t slot, const std::string& type) const;
  void see_pointers(ObjectId object, Seen& seen) const;
  void name_fields(HprofShape& shape, const Seen& seen) const;

  const view::Names& names_;
  const heap::Snapshot& snapshot_;
  std::uint64_t largest_array_;
  std::vector<HprofShape> shapes_;
  std::vector<Seen> seen_;  // by shape
  std::unordered_map<std::uint64_t, std::uint32_t> shape_of_;
  std::map<std::tuple<HprofForm, std::string, std::uint64_t>, std::uint32_t> row_of_;  // by form, type, slot
  std::unordered_map<std::string, int> named_;                                         // how many have this name
};

// "github.com/acme/shop.Cart" -> "github/com/acme/shop/Cart": readers show slashes as dots, and take brackets and
// parentheses for arrays and methods, which become braces.
std::string java_name(std::string_view go_name);

}  // namespace holdfast::formats
