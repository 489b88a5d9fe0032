// The live heap as an HPROF file, as Java's virtual machines write them, for VisualVM and Eclipse MAT: Go types are
// classes, fields are fields (formats/hprof_shapes.h), package variables are static fields of a class for their
// package, goroutines are threads whose frames refer to what their words point to. Whatever else is a root is a static
// field of a class that is called after its kind.
//
// What readers compute as sizes adds up to the live bytes and what `HprofSums` says. The file has no content, and is
// about as long as the heap, since a Java object is as large as what the file has of it: zeros.
//
// Sources: the format in hprof_b_spec.h of OpenJDK 8; sizes from ClassDump and ObjectSizeSettings of VisualVM's heap
// library (which takes a class's size as written once that of java.lang.Object is not 0, as JDK 23 writes it) and from
// HprofParserHandlerImpl of MAT. One thread; throws when it is cancelled. Fails with kUnsupported if there are more
// objects and names than 32 bits can number.
#pragma once

#include <cstdint>

#include "formats/hprof_shapes.h"
#include "formats/stream.h"
#include "view/groundwork.h"

namespace holdfast::formats {

struct HprofSums {
  std::uint64_t objects = 0, bytes = 0;  // live ones, as they are in the heap
  std::uint64_t pointers = 0;            // from objects
  std::uint64_t name_bytes = 0;          // of arrays that only have the names of threads: no memory of the program
  std::uint64_t tight_objects = 0;       // of 8 bytes with a pointer, for which MAT computes 16
};

// `largest_array`: bytes, a multiple of 8; what is larger becomes several arrays.
HprofSums write_hprof(const view::Groundwork& groundwork, Stream& out, std::uint64_t largest_array = kHprofPiece);

}  // namespace holdfast::formats
