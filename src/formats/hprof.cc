#include "formats/hprof.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <unordered_map>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/string_table.h"
#include "base/units.h"
#include "formats/hprof_shapes.h"
#include "formats/hprof_stream.h"
#include "formats/hprof_threads.h"
#include "graph/object_sizes.h"
#include "heap/field_path.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::formats {
namespace {

// Records of the file, and of the heap in it.
constexpr std::uint8_t kText = 0x01, kLoadClass = 0x02, kFrame = 0x04, kTrace = 0x05, kHeapEnd = 0x2c;
constexpr std::uint8_t kRootFrame = 0x03, kRootClass = 0x05, kRootThread = 0x08;
constexpr std::uint8_t kClass = 0x20, kInstance = 0x21, kObjectArray = 0x22, kPrimitiveArray = 0x23;

// Types of fields and of elements of arrays.
enum Basic : std::uint8_t { kReference = 2, kChar = 5, kByte = 8, kInt = 10, kLong = 11 };

constexpr std::uint64_t kId = 4;            // bytes of an identifier
constexpr std::uint32_t kInstanceHead = 8;  // bytes that readers add
constexpr std::uint32_t kArrayHead = 12;
constexpr std::uint32_t kNoTrace = 1;         // serial number of a stack without frames
constexpr std::size_t kMostStatics = 60'000;  // of a class: their count has 16 bits

constexpr std::uint32_t kNoFrame = ~std::uint32_t{0};

struct Field {
  StringId name;
  Basic type = kReference;
};

struct Static {
  StringId name;
  ObjectId object;
};

struct Class {
  StringId name;
  std::uint32_t super = 0;  // row
  std::uint32_t bytes = 0;  // of an instance, with its head
  std::vector<Field> fields = {};
  std::vector<Static> statics = {};
};

std::uint32_t bytes_of(Basic type) {
  return type == kLong ? 8 : type == kByte ? 1 : type == kChar ? 2 : 4;
}

class HprofWriter {
 public:
  HprofWriter(const view::Groundwork& groundwork, Stream& out, std::uint64_t largest_array)
      : names_(groundwork.names()),
        snapshot_(groundwork.snapshot()),
        live_(groundwork.dominators()),
        shapes_(groundwork, largest_array),
        largest_array_(largest_array),
        threads_(snapshot_),
        file_(out) {}

  HprofSums run() {
    declare_java();
    for (const HprofShape& shape : shapes_.all()) declare(shape);
    declare_code();
    declare_statics();
    name_threads();
    number();
    write_head();
    write_names();
    write_stacks();
    write_classes();
    write_threads();
    write_objects();
    file_.end_heap();
    file_.begin_record(kHeapEnd, 0);
    return sums_;
  }

 private:
  std::uint32_t add_class(std::string_view name, std::uint32_t bytes = 0) {
    classes_.push_back({.name = texts_.add(name), .super = object_class_, .bytes = bytes});
    return static_cast<std::uint32_t>(classes_.size() - 1);
  }

  // What the readers ask for before they open a file. Only java.lang.Object says a size: what has one of 0 is no memory
  // of the program's.
  void declare_java() {
    object_class_ = add_class("java/lang/Object", kInstanceHead);
    for (const std::string_view name : {"java/lang/Class", "java/lang/ClassLoader"}) add_class(name);
    string_class_ = add_class("java/lang/String");
    classes_[string_class_].fields = {{texts_.add("value"), kReference}, {texts_.add("coder"), kByte}};
    thread_class_ = add_class("java/lang/Thread");
    classes_[thread_class_].fields = {{texts_.add("name"), kReference}, {texts_.add("tid"), kLong}};
    const std::uint32_t reference = add_class("java/lang/ref/Reference");
    classes_[reference].fields = {{texts_.add("referent"), kReference}};
    for (const std::string_view kind : {"Soft", "Weak", "Final", "Phantom"}) {
      const std::uint32_t row = add_class(fmt::format("java/lang/ref/{}Reference", kind));
      classes_[row].super = reference;
    }
    for (const std::string_view name : {"[Z", "[C", "[F", "[D", "[B", "[S", "[I", "[J"}) add_class(name);
  }

  void declare(const HprofShape& shape) {
    if (shape.form == HprofForm::kInstance)
      class_of_shape_.push_back(add_class(shape.name, static_cast<std::uint32_t>(shape.slot)));
    else if (shape.form == HprofForm::kReferences)
      class_of_shape_.push_back(add_class(shape.name));
    else
      class_of_shape_.push_back(object_class_);  // arrays of bytes and the like say what they are
    if (shape.form != HprofForm::kInstance) {
      padding_.push_back(0);
      return;
    }
    Class& row = classes_.back();
    for (const std::string& field : shape.fields) row.fields.push_back({texts_.add(field), kReference});
    const std::uint64_t used = kInstanceHead + shape.fields.size() * kId;
    const std::uint64_t room = shape.slot < used ? 0 : shape.slot - used;
    padding_.push_back(static_cast<std::uint32_t>(room));
    if (room % kPointerBytes != 0) row.fields.push_back({texts_.add("(rest)"), kInt});
    for (std::uint64_t word = 0; word < room / kPointerBytes; ++word)
      row.fields.push_back({texts_.add(word == 0 ? "(address)" : "(rest)"), kLong});
  }

  // A class for each package that has code or variables.
  std::uint32_t package_class(std::string_view package) {
    const auto [at, is_new] = class_of_package_.try_emplace(std::string(package), 0);
    if (is_new) at->second = add_class(java_name(package));
    return at->second;
  }

  void declare_code() {
    for (const HprofFrame& frame : threads_.frames()) {
      package_class(frame.package);
      texts_.add(frame.method);
      texts_.add(frame.file);
    }
  }

  void declare_statics() {
    for (const heap::Root& root : snapshot_.roots) {
      if (threads_.thread_of(root) < threads_.threads().size()) continue;
      for (std::uint32_t t = 0; t < root.target_count; ++t)
        add_static(root, snapshot_.root_targets[root.first_target + t]);
    }
  }

  void add_static(const heap::Root& root, const heap::RootTarget& target) {
    std::string name = root.target_count == 1
                           ? view::root_text_with_field(snapshot_, root)
                           : view::root_text(snapshot_, root) + names_.target_path(root, target).text;
    std::string holder = fmt::format("({})", view::name_of(root.kind));
    if (root.kind == heap::RootKind::kGlobal && view::label_of(snapshot_, root).variable) {
      const auto [package, variable] = split_package(name);
      if (!package.empty()) {
        holder = package;
        name = std::string(variable);
      }
    }
    std::uint32_t row = package_class(holder);
    for (int part = 2; classes_[row].statics.size() >= kMostStatics; ++part)
      row = package_class(fmt::format("{} ({})", holder, part));
    classes_[row].statics.push_back({texts_.add(name), target.object});
  }

  // Goroutines at one place share a name.
  void name_threads() {
    for (const HprofThread& thread : threads_.threads()) {
      const auto [at, is_new] = row_of_name_.try_emplace(thread.name, static_cast<std::uint32_t>(thread_names_.size()));
      if (!is_new) continue;
      std::string latin;
      for (const char c : thread.name)
        if ((c & 0xc0) != 0x80) latin += (c & 0x80) != 0 ? '?' : c;
      sums_.name_bytes += (kArrayHead + latin.size() + kPointerBytes - 1) / kPointerBytes * kPointerBytes;
      thread_names_.push_back(std::move(latin));
    }
  }

  // Names, classes, threads and objects share the numbers of 32 bits.
  void number() {
    for (const std::string_view text : {"", "()"}) texts_.add(text);
    std::uint64_t next = 1;
    const auto take = [&](std::uint64_t count) {
      const std::uint64_t first = next;
      next += count;
      return static_cast<std::uint32_t>(first);
    };
    first_text_ = take(texts_.size());
    first_frame_ = take(threads_.frames().size());
    first_class_ = take(classes_.size());
    first_thread_ = take(threads_.threads().size());
    first_name_ = take(2 * thread_names_.size());
    first_object_ = take(snapshot_.objects);
    first_piece_ = take(0);
    live_.columns().sizes.for_each_run(0, snapshot_.objects,
                                       [&](std::uint64_t first, std::uint64_t end, std::uint64_t slot) {
                                         if (slot > largest_array_) next += (end - first) * (slot / largest_array_ + 1);
                                       });
    if (next > std::numeric_limits<std::uint32_t>::max())
      fail(ErrorCode::kUnsupported,
           "{} of objects, types and names are more than an HPROF file with numbers of 32 bits has",
           format_count(next));
  }

  std::uint32_t id_of(StringId text) const { return first_text_ + text.row; }
  std::uint32_t id_of_text(std::string_view text) { return id_of(texts_.add(text)); }
  std::uint32_t id_of(ObjectId object) const { return first_object_ + object.row; }
  std::uint32_t id_of_class(std::uint32_t row) const { return first_class_ + row; }

  void write_head() {
    constexpr std::string_view kMagic("JAVA PROFILE 1.0.2\0", 19);
    file_.put(kMagic);
    file_.u4(kId);
    file_.u8(static_cast<std::uint64_t>(std::max<std::int64_t>(0, snapshot_.target.captured_at_ns)) / 1'000'000);
  }

  void write_names() {
    for (std::uint32_t row = 0; row < texts_.size(); ++row) {
      const std::string_view text = texts_[StringId(row)];
      file_.begin_record(kText, kId + text.size());
      file_.id(first_text_ + row);
      file_.put(text);
    }
    for (std::uint32_t row = 0; row < classes_.size(); ++row) {
      file_.begin_record(kLoadClass, 8 + 2 * kId);
      file_.u4(row + 1);
      file_.id(id_of_class(row));
      file_.u4(kNoTrace);
      file_.id(id_of(classes_[row].name));
    }
  }

  void write_stacks() {
    std::uint32_t next = first_frame_;
    for (const HprofFrame& frame : threads_.frames()) {
      file_.begin_record(kFrame, 8 + 4 * kId);
      file_.id(next++);
      file_.id(id_of_text(frame.method));
      file_.id(id_of_text("()"));
      file_.id(id_of_text(frame.file));
      file_.u4(package_class(frame.package) + 1);
      file_.u4(frame.line > 0 ? static_cast<std::uint32_t>(frame.line) : ~std::uint32_t{0});
    }
    write_trace(kNoTrace, 0, {});
    for (std::uint32_t row = 0; row < threads_.threads().size(); ++row)
      write_trace(kNoTrace + 1 + row, row + 1, threads_.threads()[row].frames);
  }

  void write_trace(std::uint32_t serial, std::uint32_t thread, const std::vector<std::uint32_t>& frames) {
    file_.begin_record(kTrace, 12 + frames.size() * kId);
    file_.u4(serial);
    file_.u4(thread);
    file_.u4(static_cast<std::uint32_t>(frames.size()));
    for (const std::uint32_t frame : frames) file_.id(first_frame_ + frame);
  }

  void write_classes() {
    for (std::uint32_t row = 0; row < classes_.size(); ++row) write_class(row);
    for (std::uint32_t row = 0; row < classes_.size(); ++row) {
      file_.begin_in_heap(1 + kId);
      file_.u1(kRootClass);
      file_.id(id_of_class(row));
    }
  }

  void write_class(std::uint32_t row) {
    const Class& one = classes_[row];
    file_.begin_in_heap(1 + 7 * kId + 8 + 2 + 2 + one.statics.size() * (2 * kId + 1) + 2 +
                        one.fields.size() * (kId + 1));
    file_.u1(kClass);
    file_.id(id_of_class(row));
    file_.u4(kNoTrace);
    file_.id(row == object_class_ ? 0 : id_of_class(one.super));
    for (int unused = 0; unused < 5; ++unused) file_.id(0);  // loader, signers, protection domain, two reserved
    file_.u4(one.bytes);
    file_.u2(0);  // constants
    file_.u2(static_cast<std::uint16_t>(one.statics.size()));
    for (const Static& field : one.statics) {
      file_.id(id_of(field.name));
      file_.u1(kReference);
      file_.id(id_of(field.object));
    }
    file_.u2(static_cast<std::uint16_t>(one.fields.size()));
    for (const Field& field : one.fields) {
      file_.id(id_of(field.name));
      file_.u1(field.type);
    }
  }

  void begin_instance(std::uint32_t id, std::uint32_t class_row) {
    std::uint32_t bytes = 0;
    for (const Field& field : classes_[class_row].fields) bytes += bytes_of(field.type);
    file_.begin_in_heap(1 + 2 * kId + 8 + bytes);
    file_.u1(kInstance);
    file_.id(id);
    file_.u4(kNoTrace);
    file_.id(id_of_class(class_row));
    file_.u4(bytes);
  }

  void begin_primitives(std::uint32_t id, Basic type, std::uint64_t count) {
    file_.begin_in_heap(1 + kId + 9 + count * bytes_of(type));
    file_.u1(kPrimitiveArray);
    file_.id(id);
    file_.u4(kNoTrace);
    file_.u4(static_cast<std::uint32_t>(count));
    file_.u1(type);
  }

  void write_threads() {
    for (std::uint32_t row = 0; row < thread_names_.size(); ++row) {
      begin_instance(first_name_ + 2 * row, string_class_);
      file_.id(first_name_ + 2 * row + 1);
      file_.u1(0);  // Latin 1
      begin_primitives(first_name_ + 2 * row + 1, kByte, thread_names_[row].size());
      file_.put(thread_names_[row]);
    }
    for (std::uint32_t row = 0; row < threads_.threads().size(); ++row) {
      const HprofThread& thread = threads_.threads()[row];
      begin_instance(first_thread_ + row, thread_class_);
      file_.id(first_name_ + 2 * row_of_name_.at(thread.name));
      file_.u8(snapshot_.goroutines[thread.goroutine.row].goid);
      file_.begin_in_heap(1 + kId + 8);
      file_.u1(kRootThread);
      file_.id(first_thread_ + row);
      file_.u4(row + 1);
      file_.u4(kNoTrace + 1 + row);
    }
    for (const heap::Root& root : snapshot_.roots) {
      const std::size_t thread = threads_.thread_of(root);
      if (thread == threads_.threads().size()) continue;
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        write_frame_root(static_cast<std::uint32_t>(thread), root, snapshot_.root_targets[t].object);
    }
  }

  void write_frame_root(std::uint32_t thread, const heap::Root& root, ObjectId object) {
    const heap::Goroutine& goroutine = snapshot_.goroutines[root.goroutine.row];
    file_.begin_in_heap(1 + kId + 8);
    file_.u1(kRootFrame);
    file_.id(id_of(object));
    file_.u4(thread + 1);
    file_.u4(root.frame ? root.frame.row - goroutine.first_frame : kNoFrame);
  }

  void write_objects() {
    live_.columns().sizes.for_each_run(0, snapshot_.objects,
                                       [&](std::uint64_t first, std::uint64_t end, std::uint64_t slot) {
                                         for (std::uint64_t row = first; row < end; ++row) {
                                           if (row % kObjectsPerCheck == 0) throw_if_cancelled();
                                           const ObjectId object(static_cast<std::uint32_t>(row));
                                           if (live_.reachable(object)) write_object(object, slot);
                                         }
                                       });
  }

  void write_object(ObjectId object, std::uint64_t slot) {
    ++sums_.objects;
    sums_.bytes += slot;
    collect_pointers(object);
    sums_.pointers += pointers_.size();
    const std::uint32_t row = shapes_.of(object, slot);
    const HprofShape& shape = shapes_.all()[row];
    const std::uint64_t room = slot - std::min<std::uint64_t>(slot, kArrayHead);
    switch (shape.form) {
      case HprofForm::kInstance:
        return write_instance(object, shape, row);
      case HprofForm::kReferences:
        return write_references(object, class_of_shape_[row], slot);
      case HprofForm::kBytes:
        return write_primitives(object, kByte, room);
      case HprofForm::kText:
        return write_primitives(object, kChar, room);
      case HprofForm::kUnknown:
        return write_primitives(object, kInt, room);
    }
  }

  // A pointer of an object: how many bytes from its start, and to what.
  struct Pointer {
    std::uint64_t offset = 0;
    ObjectId to;
  };

  void collect_pointers(ObjectId object) {
    pointers_.clear();
    if (object.row >= snapshot_.pointerful) return;
    std::uint64_t offset = 0;
    for (const std::uint32_t e : snapshot_.edges.of(object.row)) {
      offset += heap::edge_step(snapshot_.edges, e);
      pointers_.push_back({offset, ObjectId(snapshot_.edges.target[e])});
    }
  }

  void write_instance(ObjectId object, const HprofShape& shape, std::uint32_t row) {
    begin_instance(id_of(object), class_of_shape_[row]);
    auto pointer = pointers_.begin();
    for (const std::uint32_t offset : shape.offsets)
      file_.id(pointer != pointers_.end() && pointer->offset == offset ? id_of((pointer++)->to) : 0);
    HOLDFAST_CHECK(pointer == pointers_.end());
    std::uint64_t rest = padding_[row];
    if (shape.slot == kPointerBytes && !shape.offsets.empty()) ++sums_.tight_objects;
    file_.zeros(rest % kPointerBytes);
    rest -= rest % kPointerBytes;
    if (rest == 0) return;
    file_.u8(names_.index().address_of(object).value);
    file_.zeros(rest - kPointerBytes);
  }

  void write_primitives(ObjectId object, Basic type, std::uint64_t room) {
    begin_primitives(id_of(object), type, room / bytes_of(type));
    file_.zeros(room);
  }

  // Word number n is element n; where the object is several arrays, the last element of each refers to the next one.
  void write_references(ObjectId object, std::uint32_t class_row, std::uint64_t slot) {
    auto pointer = pointers_.begin();
    std::uint32_t id = id_of(object);
    for (std::uint64_t begin = 0; begin < slot; begin += largest_array_) {
      const std::uint64_t bytes = std::min(largest_array_, slot - begin);
      const std::uint64_t count = (bytes - kArrayHead) / kId;
      file_.begin_in_heap(1 + 2 * kId + 8 + count * kId);
      file_.u1(kObjectArray);
      file_.id(id);
      file_.u4(kNoTrace);
      file_.u4(static_cast<std::uint32_t>(count));
      file_.id(id_of_class(class_row));
      std::uint64_t at = 0;
      for (; pointer != pointers_.end() && pointer->offset < begin + bytes; ++pointer, ++at) {
        const std::uint64_t element = (pointer->offset - begin) / kPointerBytes;
        file_.zeros((element - at) * kId);
        file_.id(id_of(pointer->to));
        at = element;
      }
      const bool goes_on = begin + bytes < slot;
      file_.zeros((count - at - (goes_on ? 1 : 0)) * kId);
      if (goes_on) file_.id(id = first_piece_ + next_piece_++);
    }
  }

  const view::Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& live_;
  HprofShapes shapes_;
  std::uint64_t largest_array_;
  HprofThreads threads_;
  HprofStream file_;
  HprofSums sums_;
  StringTable texts_;
  std::vector<Class> classes_;
  std::uint32_t object_class_ = 0, string_class_ = 0, thread_class_ = 0;  // rows
  std::vector<std::uint32_t> class_of_shape_;                             // rows
  std::vector<std::uint32_t> padding_;                                    // by shape: bytes behind the fields
  std::unordered_map<std::string, std::uint32_t> class_of_package_;
  std::vector<std::string> thread_names_;
  std::unordered_map<std::string, std::uint32_t> row_of_name_;
  std::uint32_t first_text_ = 0, first_frame_ = 0, first_class_ = 0, first_thread_ = 0, first_name_ = 0,
                first_object_ = 0, first_piece_ = 0;
  std::uint32_t next_piece_ = 0;
  std::vector<Pointer> pointers_;  // of the object that is written
};

}  // namespace

HprofSums write_hprof(const view::Groundwork& groundwork, Stream& out, std::uint64_t largest_array) {
  return HprofWriter(groundwork, out, largest_array).run();
}

}  // namespace holdfast::formats
