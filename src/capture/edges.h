// Makes the graph from bytes: every pointer word of every object, translated to the object that it hits.
#pragma once

#include "base/loss.h"
#include "go/heap_model.h"
#include "go/object_scan.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Whether the span may be one huge object (heap/huge_object.h) whose type says where its pointers are. Of its pointers
// to the beginning of one target only the first becomes an edge.
bool may_be_scanned_in_pieces(const go::Runtime& runtime, const go::MSpan& span);

// Fills snapshot.edges in one parallel pass over the spans that hold pointers, and counts pointers to free slots. The
// snapshot must have its objects. The result does not depend on the number of threads. Fails with kUnsupported if 32
// bits cannot number the edges.
void add_edges(const go::Runtime& runtime, const go::HeapModel& heap, const go::PointerMasks& masks,
               const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
