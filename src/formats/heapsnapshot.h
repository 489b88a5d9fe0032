// The live heap as a .heapsnapshot file of V8, for the memory panel of Chromium's DevTools and for memlab. Types are
// constructors, fields are properties; the roots stand below groups: "(package variables)", "(goroutines)". The own
// sizes add up to the live bytes.
//
// Sources: src/profiler/heap-snapshot-generator.cc of V8, HeapSnapshotLoader.ts and HeapSnapshot.ts of DevTools. What
// their loader asks for: keys in V8's order; whole numbers of 32 bits, so an object of more than 2 GiB becomes several
// nodes; root's children synthetic and all of one sort, or distances and retained sizes go wrong. It takes 20 s and
// 150 B of memory for each million nodes, so the graph should be folded above that. One thread.
#pragma once

#include "formats/stream.h"
#include "view/exported_graph.h"

namespace holdfast::formats {

// What an object is called is the same in each file of one process, as long as its heap lies within 30 GiB, so that two
// of them can be compared; returns whether it does.
bool write_heapsnapshot(const view::Groundwork& groundwork, view::ExportedGraph& graph, Stream& out);

}  // namespace holdfast::formats
