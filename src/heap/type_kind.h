// What kind of type a type is.
#pragma once

#include <cstdint>

namespace holdfast::heap {

// reflect.Kind's numbers; the last ones are ours.
enum class TypeKind : std::uint8_t {
  kInvalid = 0,
  kBool = 1,
  kInt = 2,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kUintptr,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128,
  kArray = 17,
  kChan,
  kFunc,
  kInterface,
  kMap,
  kPointer,
  kSlice,
  kString,
  kStruct,
  kUnsafePointer = 26,
  kClosure = 27,  // a function value's object: code address, then the captured variables
  kOpaque = 28,   // a name and a size, no inside
};

// Whether the program removes entries from maps of a type, by its machine code: calls of delete and clear.
enum class MapRemovals : std::uint8_t {
  kUnknown,  // no map; or not all code could be read, or generic code that is told its types when it runs may do so
  kNever,    // no code does, but for reflect, which can do so with any type, and assembly
  kSomewhere,
};

}  // namespace holdfast::heap
