#include "code/callees.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace holdfast::code {
namespace {

constexpr std::pair<const char*, Callee> kByName[] = {
    {"newobject", Callee::kNewObject},
    {"mallocgc", Callee::kMalloc},
    {"mallocgcLarge", Callee::kMalloc},
    {"mallocgcSmallScanHeader", Callee::kMalloc},
    {"mallocgcSmallScanNoHeader", Callee::kMalloc},
    {"mallocgcSmallNoscan", Callee::kMalloc},
    {"makeslice", Callee::kMakeSlice},
    {"makeslice64", Callee::kMakeSlice},
    {"makeslicecopy", Callee::kMakeSlice},
    {"mapassign", Callee::kMapElement},
    {"mapaccess1", Callee::kMapElement},
    {"mapaccess2", Callee::kMapElement},
    {"mapdelete", Callee::kMapRemove},
    {"mapclear", Callee::kMapRemove},
    {"mapiterinit", Callee::kMapUse},
    {"mapIterStart", Callee::kMapUse},
    {"makemap", Callee::kMakeMap},
    {"makemap64", Callee::kMakeMap},
    {"makemap_small", Callee::kMakeSmallMap},
    {"convT", Callee::kConvert},
    {"convTnoptr", Callee::kConvert},
    {"wbMove", Callee::kTypedMove},
    {"wbZero", Callee::kTypedClear},
    {"typedmemmove", Callee::kTypedMove},
    {"typedmemclr", Callee::kTypedClear},
    {"typedslicecopy", Callee::kTypedSliceCopy},
    {"makechan", Callee::kMakeChan},
    {"makechan64", Callee::kMakeChan},
    {"raceread", Callee::kAnyAddress},
    {"racewrite", Callee::kAnyAddress},
    {"racereadrange", Callee::kAnyAddress},
    {"racewriterange", Callee::kAnyAddress},
    {"msanread", Callee::kAnyAddress},
    {"msanwrite", Callee::kAnyAddress},
    {"asanread", Callee::kAnyAddress},
    {"asanwrite", Callee::kAnyAddress},
    {"gcWriteBarrier", Callee::kWriteBarrier},
    {"panicIndex", Callee::kAway},
    {"gopanic", Callee::kAway},
};

constexpr std::pair<const char*, Callee> kMapFunctions[] = {
    {"mapassign_", Callee::kMapElement},
    {"mapaccess1_", Callee::kMapElement},
    {"mapaccess2_", Callee::kMapElement},
    {"mapdelete_", Callee::kMapRemove},
};

// Go 1.27 allocates small objects through one function for each size class.
constexpr const char* kSmallAllocators[] = {"mallocgcSmallScanNoHeaderSC", "mallocgcSmallNoScanSC", "mallocgcTinySC"};
constexpr unsigned kMostClasses = 68;

}  // namespace

Callees::Callees(const go::FunctionTables& functions, std::span<const binary::FunctionInfo> all) {
  const auto add = [&](const std::string& name, Callee callee) {
    for (const go::Code& code : functions.find_by_name("runtime." + name)) callees_[code.function.entry] = callee;
  };
  for (const auto& [name, callee] : kByName) add(name, callee);
  for (const auto& [prefix, callee] : kMapFunctions)
    for (const char* key : {"fast32", "fast32ptr", "fast64", "fast64ptr", "faststr"})
      add(std::string(prefix) + key, callee);
  add("growslice",
      functions.runtime().version.grow_slice_takes_type_last() ? Callee::kGrowSlice : Callee::kGrowSliceTypeFirst);
  for (int i = 1; i <= 8; ++i) add(fmt::format("gcWriteBarrier{}", i), Callee::kWriteBarrier);
  for (const char* reg : {"CX", "DX", "BX", "BP", "SI", "R8", "R9"})
    add(fmt::format("gcWriteBarrier{}", reg), Callee::kWriteBarrier);
  for (const char* allocator : kSmallAllocators)
    for (unsigned i = 0; i < kMostClasses; ++i) add(fmt::format("{}{}", allocator, i), Callee::kMalloc);
  for (const binary::FunctionInfo& function : all)
    if (function.name.starts_with("runtime.AddCleanup[") && function.name.ends_with(']'))
      callees_[function.entry] = Callee::kAddCleanup;
  const auto range_of = [&](const char* name) {
    const auto found = functions.find_by_name(name);
    return found.empty() ? AddressRange() : AddressRange{found.front().function.entry, found.front().function.end};
  };
  duff_zero_ = range_of("runtime.duffzero");
  duff_copy_ = range_of("runtime.duffcopy");
}

}  // namespace holdfast::code
