#include "go/runtime_lists.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

Slice slice_at(const MemorySource& memory, Address header) {
  return {memory.pointer(header), memory.integer<std::uint64_t>(header + kWord)};
}

std::vector<Address> entries(const MemorySource& memory, const Slice& list, std::uint64_t most, std::string_view name) {
  if (list.length > most) fail(ErrorCode::kDamaged, "{} claims {} entries, more than {}", name, list.length, most);
  // Reads piece by piece, so that memory is only taken for what is there.
  constexpr std::uint64_t kPiece = 4096;
  std::array<std::byte, kPiece * kWord> bytes{};
  std::vector<Address> out;
  for (std::uint64_t done = 0; done < list.length; done += kPiece) {
    const std::uint64_t count = std::min(kPiece, list.length - done);
    const Address at = list.data + done * kWord;
    if (!memory.try_read(at, std::span(bytes).first(count * kWord)))
      fail(ErrorCode::kDamaged, "entries {} to {} of {} at {:#x} cannot be read", done, done + count, name, at.value);
    for (std::uint64_t i = 0; i < count; ++i) out.emplace_back(load_le<std::uint64_t>(bytes.data() + i * kWord));
  }
  return out;
}

template <typename List>
std::vector<Address> or_nothing(const List& list) {
  try {
    return list();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kDamaged) return {};
    throw;
  }
}

}  // namespace

std::vector<Address> list_goroutines(const Runtime& runtime) {
  const Variables& vars = runtime.vars;
  // The runtime stores allgptr before allglen, so if the length is read first, it is never beyond its array.
  if (vars.allglen && vars.allgptr) {
    const auto length = runtime.memory.integer<std::uint64_t>(vars.allglen);
    return entries(runtime.memory, {runtime.memory.pointer(vars.allgptr), length}, kMostGoroutines, "runtime.allgs");
  }
  if (!vars.allgs) fail(ErrorCode::kNotFound, "the list of goroutines, runtime.allgs, was not found");
  return entries(runtime.memory, slice_at(runtime.memory, vars.allgs), kMostGoroutines, "runtime.allgs");
}

std::uint64_t goroutine_list_length(const Runtime& runtime) {
  const Variables& vars = runtime.vars;
  if (vars.allglen) return runtime.memory.integer<std::uint64_t>(vars.allglen);
  if (!vars.allgs) fail(ErrorCode::kNotFound, "the list of goroutines, runtime.allgs, was not found");
  return slice_at(runtime.memory, vars.allgs).length;
}

std::vector<Address> list_processors(const Runtime& runtime) {
  if (!runtime.vars.allp) fail(ErrorCode::kNotFound, "the list of processors, runtime.allp, was not found");
  auto list = entries(runtime.memory, slice_at(runtime.memory, runtime.vars.allp), kMostProcessors, "runtime.allp");
  list.erase(std::remove(list.begin(), list.end(), Address()), list.end());
  return list;
}

std::vector<Address> try_list_goroutines(const Runtime& runtime) {
  return or_nothing([&] { return list_goroutines(runtime); });
}

std::vector<Address> try_list_processors(const Runtime& runtime) {
  return or_nothing([&] { return list_processors(runtime); });
}

}  // namespace holdfast::go
