#include "view/crash_meaning.h"

#include <fmt/format.h>

#include "dumps/crash_addresses.h"

namespace holdfast::view {
namespace {

using dumps::Happened;
using dumps::Message;

struct Meaning {
  std::string_view words;  // of the message
  std::string_view means;
};

// The first whose words are in the message counts.
constexpr Meaning kMeanings[] = {
    {"invalid memory address or nil pointer dereference",
     "a nil pointer was followed: safe Go does no harm to memory by that"},
    {"index out of range", "an index was outside of its slice; nothing was read or written there"},
    {"slice bounds out of range", "bounds were outside of a slice; nothing was read or written there"},
    {"makeslice: ", "somebody asked for a slice of a negative or impossible length"},
    {"makechan: ", "somebody asked for a channel of a negative or impossible size"},
    {"send on closed channel", "a sender was not told that its channel had been closed"},
    {"assignment to entry in nil map", "the map was never made"},
    {"found bad pointer in Go heap",
     "the collector met a pointer into memory that is freed: only unsafe, cgo, or a race on a value of several words "
     "makes "
     "one; `holdfast dangling` with --crash says who has it"},
    {"invalid pointer found on stack",
     "an integer stood in a variable of a pointer type: only unsafe or cgo puts one there"},
    {"marked free object",
     "something led to a slot that is free: unsafe, cgo or a race; `holdfast dangling` with --crash "
     "says what"},
    {"found pointer to free object",
     "something led to a slot that is free: unsafe, cgo or a race; `holdfast dangling` with "
     "--crash says what"},
    {"sweep increased allocation count", "the collector's marks contradict its counts: memory is damaged"},
    {"all goroutines are asleep", "each goroutine waits for another: nobody can go on, and all that they hold stays"},
    {"no goroutines (main called", "main has ended by Goexit, and no other goroutine is left"},
    {"concurrent map", "two goroutines used a map at the same time without a lock: the map may be damaged"},
    {"out of memory", "the system gave no more memory: an address space, a limit or a single request was too large"},
    {"cannot allocate memory",
     "the system gave no more memory: an address space, a limit or a single request was too large"},
    {"stack overflow",
     "a stack reached its limit: its innermost and outermost frames show which functions call each other "
     "without an end"},
    {"unlock of unlocked", "a lock was given back that nobody had: what it guards was open to all"},
    {"negative WaitGroup counter", "Done was called more often than Add"},
    {"detected possible issues with cleanups",
     "GODEBUG=checkfinalizers=1 found finalizers or cleanups that may never run"},
    {"dumpgs in STW - bad status",
     "debug.WriteHeapDump met a goroutine that the profile of leaks had marked: take the dump "
     "first"},
    {"checkptr: ", "unsafe.Pointer was used against its rules"},
    {"invalid memory address", "a pointer was followed that leads nowhere"},
};

std::string_view of_signal(std::string_view name) {
  if (name == "SIGQUIT") return "somebody asked for this dump, and the program ended with it";
  if (name == "SIGABRT") return "C code gave up, or somebody asked for this dump; the program ended with it";
  if (name == "SIGSEGV" || name == "SIGBUS")
    return "memory that is not there was touched outside of Go code, by C or the runtime, or somebody sent the signal";
  if (name == "SIGILL" || name == "SIGTRAP" || name == "SIGFPE")
    return "it came from code that is not Go's, or from outside";
  return {};
}

std::string of_fault(const Message& message) {
  const std::string place =
      message.signal && message.signal->address ? fmt::format(" at {:#x}", message.signal->address->value) : "";
  return fmt::format(
      "memory{} that is not mapped was touched: only unsafe, cgo, mmap or a system call can lead there, safe Go cannot",
      place);
}

std::string of_nil(const Message& message, std::string_view means) {
  if (!message.signal || !message.signal->address) return std::string(means);
  const std::uint64_t address = message.signal->address->value;
  // SetPanicOnFault makes a panic of any fault.
  if (address >= dumps::kFirstPage) return of_fault(message);
  // The compiler may have touched the beginning only to see whether there is one.
  return address == 0 ? std::string(means)
                      : fmt::format("{}; what it wanted lies {} bytes behind the pointer", means, address);
}

}  // namespace

std::string_view name_of(Happened what) {
  switch (what) {
    case Happened::kPanic:
      return "panic";
    case Happened::kCaughtPanic:
      return "panic that net/http caught";
    case Happened::kFatal:
      return "fatal error";
    case Happened::kSignal:
      return "signal";
  }
  return "";
}

std::string meaning_of(const Message& message) {
  if (message.what == Happened::kSignal) return message.signal ? std::string(of_signal(message.signal->name)) : "";
  if (message.what == Happened::kFatal && message.text == "fault") return of_fault(message);
  if (message.recovered) return "it was recovered, but another panic followed";
  // What a program says itself may have the same words: only the runtime's own beginnings count in a panic.
  const bool is_runtime = message.what == Happened::kFatal || message.text.starts_with("runtime error: ") ||
                          message.text.starts_with("sync: ") || message.text.starts_with("send on closed channel") ||
                          message.text.starts_with("assignment to entry in nil map");
  for (const Meaning& one : kMeanings) {
    if (!is_runtime || message.text.find(one.words) == std::string::npos) continue;
    return one.words.starts_with("invalid memory address") ? of_nil(message, one.means) : std::string(one.means);
  }
  return "";
}

}  // namespace holdfast::view
