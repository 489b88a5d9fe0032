// Finds the type of each object. A piece of evidence (an allocation header, an interface word, a variable of debug
// information, ...) is a claim on an object. An object whose type is known makes claims on what its fields point to,
// and so on, until nothing changes.
//
// Each object keeps its best claim. A claim is better, in this order of rules, if it accounts for the whole object and
// the other only says how the object begins; if its evidence is stronger; if it comes from an earlier run(); if its
// type is larger; if its type contains the other one. The order is total, so an object changes its type a bounded
// number of times. One rule takes something from both claims: generic code allocates by the shape of its types, so if
// the better claim names a shape and the other a type with the same layout, the object gets the evidence of the first
// and the name of the second.
//
// One thread walks the waiting rows in ascending order, again and again, so the same claims give the same result. It
// takes 4 bytes per object, and a bit for those with pointers. More evidence is plugged in by making claims and calling
// run() again; earlier runs keep precedence. Damaged memory gives wrong claims at worst: nothing throws.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/huge_array.h"
#include "base/ids.h"
#include "base/parallel.h"
#include "heap/known_by.h"
#include "typing/reasons.h"
#include "typing/type_table.h"

namespace holdfast::typing {

using heap::KnownBy;

// The objects as the caller has them: those that are alive, or were at the last completed mark. Objects that had died
// before and only wait to be swept must be left out (find() gives kNone), because their pointers may lead to slots that
// are in use again. Rows 0 .. pointerful-1 can hold pointers, rows pointerful .. objects-1 cannot.
class HeapView {
 public:
  // Where in which object an address lies.
  struct Location {
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    std::uint32_t row = kNone;  // kNone: no object there
    std::uint64_t offset = 0;   // from the first byte of the value (behind an allocation header); wraps within one
    std::uint64_t bytes = 0;    // room for values: the slot without its header
    // Values of up to so many bytes would have got a smaller slot: the room of the next smaller size class (one page
    // less for a large object, 0 for the class of tiny objects).
    std::uint64_t too_small = 0;
  };
  struct Object {
    const std::byte* data = nullptr;  // of the value; null if it cannot be read
    std::uint64_t bytes = 0;
    std::uint64_t too_small = 0;  // as of a Location
  };

  HeapView() = default;
  HeapView(const HeapView&) = delete;
  HeapView& operator=(const HeapView&) = delete;
  virtual ~HeapView() = default;

  virtual std::uint32_t pointerful() const = 0;
  virtual std::uint32_t objects() const = 0;
  // Fills locations[i] with where addresses[i] lies. It is called for a hundred at once, so that it can load ahead.
  virtual void find(std::span<const Address> addresses, std::span<Location> locations) const = 0;
  // Fills objects[i] with the bytes of the object in rows[i], which can hold pointers. Rows mostly ascend. The bytes
  // stay valid as long as this.
  virtual void read(std::span<const std::uint32_t> rows, std::span<Object> objects) const = 0;
  // `bytes` bytes from `at` on, if all of them belong to the package variables that may hold pointers; null otherwise.
  // They stay valid as long as this.
  virtual const std::byte* variable(Address /*at*/, std::uint64_t /*bytes*/) const { return nullptr; }
  // For an object so large that looking at each of its words takes long: calls visit(offset) in ascending order for
  // words that together name all targets that the object names, and returns true. False: look at each word.
  virtual bool visit_references(std::uint32_t /*row*/,
                                const std::function<void(std::uint64_t offset)>& /*visit*/) const {
    return false;
  }
};

struct PropagationStats {
  std::uint64_t claims = 0;   // on objects, seeds included
  std::uint64_t walks = 0;    // of objects, again after a better claim included
  std::uint64_t misfits = 0;  // claims that the object has no room or no pointers for
  // Whole-object claims of two types of which neither begins with the other, though at least one of them was inferred.
  std::uint64_t conflicts = 0;
  std::uint32_t first_conflict = 0;  // row of the object that had the first of them
};

class Propagation {
 public:
  // All must outlive this. `reasons` keeps the source of each claim; null if nobody will ask. The types do not depend
  // on it.
  Propagation(const HeapView& heap, TypeTable& types, Reasons* reasons = nullptr);

  // Claims from now on rest on the grounds that make() returns. It is called only if reasons are kept.
  template <typename Make>
  void because(const Make& make) {
    if (reasons_ != nullptr) reasons_->because(make());
  }

  // Whether claims from now on are in doubt: they type only objects that had no type after the last run(), and
  // contradict none. Change it only right after run().
  void set_in_doubt(bool in_doubt) { in_doubt_ = in_doubt; }

  // Claims that the object in `row` is a value of the type, or several if there is room for more.
  void claim_object(std::uint32_t row, TypeId type, KnownBy known_by);
  // Claims that a value of the type lies at `target`.
  void claim_target(Address target, TypeId type, KnownBy known_by);
  // Claims that `count` values lie there one behind the other; 0 = as many as there is room for.
  void claim_elements(Address target, TypeId type, std::uint64_t count, KnownBy known_by);
  // The same, of a pointer to elements that is followed by what may be their number: if it leads to the beginning of an
  // object, there are as many as there is room for.
  void claim_perhaps_counted(Address target, TypeId type, std::uint64_t count, KnownBy known_by);
  // `value` is a value of the type outside of the heap: a variable, or a slot of a frame. Claims what it points to.
  void claim_value(std::span<const std::byte> value, TypeId type, KnownBy known_by);
  // Finds interfaces among words that nothing is known about (a descriptor or itab, then the address of a value that
  // fits) and claims what they point to. Returns how many it found.
  std::uint64_t claim_interfaces(std::span<const std::byte> words);
  // Does the same in all objects that had no type after the last run(), and in closures. Objects that begin like a
  // closure become one. Returns how many objects had either.
  std::uint64_t claim_untyped();

  // Follows the fields of all objects whose claim is new until nothing changes.
  void run();

  // A holder refers to the middle of an object: a value of `type` lies there. These are kept, up to a number, for
  // objects with pointers that had no type at that time, since they may be all that is known of them (typing/shapes.h).
  struct InnerValue {
    std::uint32_t row = 0;
    std::uint64_t offset = 0;
    TypeId type;
    auto operator<=>(const InnerValue&) const = default;
  };
  static constexpr std::size_t kMostInnerValues = 1 << 18;
  const std::vector<InnerValue>& inner_values() const { return inner_values_; }

  // Values among the package variables that typed words lead to: `var registry = &Registry{}` has no name but this.
  // What they point to is claimed like what objects point to.
  struct Reached {
    TypeId type;
    std::uint64_t count = 1;  // values of the type, one behind the other
  };
  const std::map<Address, Reached>& reached() const { return reached_; }

  TypeId type(std::uint32_t row) const {
    const Claim claim = claims_[row];
    return claim.empty() ? TypeId() : claim.type();
  }
  // kPart if only a part of the object is known, kInferred if it is perhaps an array.
  KnownBy known_by(std::uint32_t row) const {
    const Claim claim = claims_[row];
    if (claim.empty()) return KnownBy::kUnknown;
    return claim.whole() ? claim.known_by() : claim.several() ? KnownBy::kInferred : KnownBy::kPart;
  }
  const PropagationStats& stats() const { return stats_; }
  // Returns the column of results in the memory of the claims: make(type, known_by) for each row with a type, Result()
  // for the others. Nothing else may be called afterwards.
  template <typename Result, typename Make>
    requires(sizeof(Result) == 4)
  HugeArray<Result> take(const Make& make) {
    for_each_part(claims_.size(), worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) {
        const auto row = static_cast<std::uint32_t>(i);
        const Result result = claims_[i].empty() ? Result() : make(type(row), known_by(row));
        claims_[i] = std::bit_cast<Claim>(result);
      }
    });
    return std::move(claims_).template reuse<Result>(claims_.size());
  }

 private:
  // [31] whole, [30:27] 15 - KnownBy, [26:24] 7 - run, [23] several values, [22:0] type. The upper byte orders claims.
  class Claim {
   public:
    Claim() = default;
    Claim(bool whole, KnownBy known_by, unsigned run, bool several, TypeId type)
        : bits_(std::uint32_t{whole} << 31 | (15U - static_cast<std::uint32_t>(known_by)) << 27 | (7U - run) << 24 |
                std::uint32_t{several} << 23 | type.row) {}
    bool empty() const { return bits_ == 0; }
    bool whole() const { return bits_ >> 31 != 0; }
    KnownBy known_by() const { return static_cast<KnownBy>(15 - (bits_ >> 27 & 15)); }
    unsigned run() const { return 7 - (bits_ >> 24 & 7); }
    Claim with_several(bool on) const { return Claim(whole(), known_by(), run(), on, type()); }
    bool several() const { return (bits_ >> 23 & 1) != 0; }
    std::uint32_t rank() const { return bits_ >> 24; }
    TypeId type() const { return TypeId(bits_ & ((1U << 23) - 1)); }

   private:
    std::uint32_t bits_ = 0;
  };
  static constexpr std::uint32_t kMostTypes = 1U << 23;
  static constexpr unsigned kMostRuns = 7;

  // A claim on an address, on its way to the object there.
  struct Pending {
    TypeId type;
    KnownBy known_by = KnownBy::kUnknown;
    bool several = false;
    bool exact = false;       // the claim is wrong if anything but such a value lies there
    bool may_count = false;   // what `count` says need not be so
    std::uint64_t count = 0;  // of several: how many values; 0 = as many as there is room for
  };

  // Bytes that are walked word by word.
  struct Words {
    const std::byte* data = nullptr;
    std::uint64_t bytes = 0;
  };

  std::uint64_t push_interfaces(Words words);
  bool is_lone_type(Address first, Address second);
  void push(const std::byte* at, Address target, const Pending& claim);
  void flush();
  void apply(const HeapView::Location& location, Pending claim);
  bool resolve(const HeapView::Location& location, Pending& claim);
  static bool is_tiny_block(const HeapView::Location& location);
  bool contradict(TypeId a, TypeId b) const;
  bool beats(Claim claim, Claim known);
  Claim named(Claim claim, Claim known) const;
  bool names_elements(const HeapView::Location& location, TypeId type) const;
  bool is_element(const HeapView::Location& location, TypeId type) const;
  void note_inner_value(const HeapView::Location& location, TypeId type);
  heap::ConflictCause cause_of_conflict(Claim known, Claim claim) const;
  void note_conflict(std::uint32_t row, Claim known, Claim claim);
  void note_reached(Address at, const Pending& claim);
  void walk_reached();
  void set(std::uint32_t row, Claim claim);
  void walk_object(std::uint32_t row, const HeapView::Object& object);
  bool walk_references(std::uint32_t row, const HeapView::Object& object, TypeId type, KnownBy known_by);
  void walk_value(Words value, TypeId type, KnownBy known_by);
  void walk_step(Words value, const Step& step, KnownBy known_by);
  void walk_interface(Words pair, bool exact);
  void walk_reflected(const std::byte* value, KnownBy known_by);
  void walk_listed();
  void walk_marked();
  void walk_rows(std::span<const std::uint32_t> rows);
  bool is_untyped(Claim claim) const;
  std::uint64_t claim_untyped_object(const HeapView::Object& object, std::uint32_t row);

  const HeapView& heap_;
  TypeTable& types_;
  Reasons* reasons_;
  std::uint32_t pointerful_;
  HugeArray<Claim> claims_;          // by row
  HugeArray<std::uint64_t> queued_;  // a bit per row: to be walked
  std::uint64_t waiting_ = 0;        // bits in queued_
  std::uint64_t most_listed_;
  std::vector<std::uint32_t> next_;  // the queued rows; only some of them when there are most_listed_
  std::vector<Address> targets_;     // with pending_: claims whose objects are not yet found
  std::vector<Pending> pending_;
  std::vector<InnerValue> inner_values_;
  std::size_t inner_values_refused_ = 0;  // since room was last looked for
  std::map<Address, Reached> reached_;
  std::vector<std::pair<Address, Source>> unwalked_;  // of reached_, with the words that led there
  std::vector<HeapView::Location> locations_;
  std::vector<HeapView::Object> objects_;
  unsigned run_ = 0;
  bool in_doubt_ = false;
  int nesting_ = 0;
  PropagationStats stats_;
};

}  // namespace holdfast::typing
