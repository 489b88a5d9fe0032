// The forms that profiles had before profile.proto, and that Go still writes with ?debug=1: text of heaps, of counted
// stacks (goroutine, goroutineleak, threadcreate, and whatever a program defines), of locks (block, mutex); of C++ and
// Java programs heaps, locks and threads as text, and processor time as words (gperftools, docs/cpuprofile-fileformat).
// Grammars: runtime/pprof/pprof.go of Go 1.19-1.27, and what pprof makes of them (google/pprof,
// profile/legacy_profile.go and legacy_java_profile.go).
//
// Where pprof leaves out what a text says, the text is believed: the lines behind a stack of Go's that begin with "#"
// name its functions, lines and labels; so do those of C++ threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::profile {

struct Converted {
  std::string proto;   // the same as profile.proto
  std::string remark;  // what was left out and why, in sentences without the last dot; empty for nothing
  std::optional<std::uint64_t> gc_cycles = {};  // completed collections, where a heap profile of Go says it
};

// Returns none if the bytes are of none of these forms. Fails with kDamaged, naming the line or the byte, if they
// contradict their form, and with kUnsupported if they are more than `most` or something else that is known, as a dump
// of goroutines. The end may be missing: then the result is what came before it, and the remark says so.
std::optional<Converted> convert_legacy(std::string_view bytes, std::size_t most);

}  // namespace holdfast::profile
