// Go's function table (pclntab): it says which function a code address belongs to, its frame sizes, stack maps, files
// and lines. It survives strip and -ldflags='-s -w'. Both forms are read: that of Go 1.18-1.19 (magic 0xfffffff0) and
// that of Go 1.20 and later (0xfffffff1); reference 1.2 and 5.3.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/byte_view.h"

namespace holdfast::binary {

// Indexes into a function's pcdata and funcdata (internal/abi, Go 1.18-1.27).
enum class PcData : std::uint32_t { kUnsafePoint = 0, kStackMap = 1, kInlineTree = 2 };
enum class FuncData : std::uint32_t {
  kArgsPointerMaps = 0,
  kLocalsPointerMaps = 1,
  kStackObjects = 2,
  kInlineTree = 3,
};

// FunctionInfo::flags (internal/abi.FuncFlag).
constexpr std::uint8_t kFlagTopFrame = 1;  // the outermost function of its stack
constexpr std::uint8_t kFlagSpWrite = 2;   // writes to SP in a way that pcsp does not tell
constexpr std::uint8_t kFlagAssembly = 4;

// FunctionInfo::args of the variadic stubs of reflect.
constexpr std::int32_t kArgsUnknown = std::int32_t{-0x7fffffff} - 1;

// The fixed part of one runtime._func. pcsp, pcfile and pcln are offsets of pc-value tables; 0 = no table.
struct FunctionInfo {
  Address entry;
  Address end;            // the entry of the next function
  std::string_view name;  // in the table's bytes: "main.(*Cart).add"; empty if its offset is damaged
  std::uint32_t index = 0;
  std::int32_t args = 0;          // bytes of arguments and results, or kArgsUnknown
  std::uint32_t deferreturn = 0;  // offset of the call of runtime.deferreturn from entry; 0 = none
  std::uint32_t pcsp = 0;
  std::uint32_t pcfile = 0;
  std::uint32_t pcln = 0;
  std::uint32_t cu_offset = 0;  // first row of its compile unit in the table of files
  std::int32_t start_line = 0;  // 1.20+; 0 before
  std::uint32_t npcdata = 0;
  std::uint8_t nfuncdata = 0;
  std::uint8_t func_id = 0;  // numbers move between releases
  std::uint8_t flags = 0;
  std::uint64_t pcdata_at = 0;  // where its pcdata array lies in the table's bytes
};

// One row of moduledata.textsectmap. `start` and `end` are offsets in the concatenated text, as entries are; `base` is
// where that part lies at run time.
struct TextSection {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  Address base;
};

// One of the function calls that share a physical frame: innermost first come inlined calls, then the function itself.
struct SourceFrame {
  std::string_view function;
  std::string_view file;
  std::uint32_t line = 0;
  bool inlined = false;
  std::uint8_t func_id = 0;
};

// How the records of functions look. The magic says it, but for programs that were garbled: theirs is random.
enum class TableForm : std::uint8_t { kGo118, kGo120 };

// Does not own the bytes. Safe to use from several threads. No content of the bytes makes it fail after construction,
// or loop for longer than the bytes last: what is damaged is nullopt, 0 or empty.
class FunctionTable {
 public:
  // `table`: from the header to the end of the last function record (longer does no harm). `text`: run-time address
  // that entries are relative to (moduledata.text); null = the header's own textStart, which Go 1.18 to 1.25 fill in.
  // `sections` with fewer than two rows is ignored. `form`: what other magics stand for, if the release is known. Fails
  // with kDamaged, kTruncated, or kUnsupported for other magics.
  FunctionTable(ByteView table, Address text, std::vector<TextSection> sections = {},
                std::optional<TableForm> form = std::nullopt);
  FunctionTable(FunctionTable&&) noexcept;
  FunctionTable& operator=(FunctionTable&&) noexcept;
  FunctionTable(const FunctionTable&) = delete;
  FunctionTable& operator=(const FunctionTable&) = delete;
  ~FunctionTable();

  std::uint32_t size() const { return functions_; }
  Address text() const { return text_; }
  AddressRange range() const { return range_; }  // of all code

  // Returns the function whose code holds `pc`.
  std::optional<FunctionInfo> find(Address pc) const;
  std::optional<FunctionInfo> function(std::uint32_t index) const;
  // Returns all functions of that name, ordered by address: a name occurs twice if an ABI wrapper has the name of the
  // body. The first call sorts an index of all names.
  std::vector<FunctionInfo> find_by_name(std::string_view name) const;

  // Returns the value that the pc-value table at `offset` has for `pc`; nullopt if there is no table or it does not
  // reach that far.
  std::optional<std::int32_t> pc_value(std::uint32_t offset, const FunctionInfo& function, Address pc) const;
  // Returns the bytes between SP and the return address.
  std::optional<std::int32_t> sp_delta(const FunctionInfo& function, Address pc) const {
    return pc_value(function.pcsp, function, pc);
  }
  // Returns -1 if the function has no such table, as the runtime does.
  std::int32_t pcdata(const FunctionInfo& function, PcData which, Address pc) const;
  // Returns an offset from moduledata.gofunc.
  std::optional<std::uint32_t> funcdata(const FunctionInfo& function, FuncData which) const;

  // These are about the innermost call at `pc`, inlined or not. For a return address pass pc - 1.
  std::uint32_t line_of(const FunctionInfo& function, Address pc) const;
  std::string_view file_of(const FunctionInfo& function, Address pc) const;

  // Calls visit for each run of instructions of one line, in order; the same line comes again where code of others lies
  // in between.
  void for_each_line(const FunctionInfo& function,
                     const std::function<void(std::string_view file, std::uint32_t line)>& visit) const;

  // Returns the calls that share the physical frame at `pc`, innermost first; at least one. `tree` has the bytes of the
  // function's inline tree (FuncData::kInlineTree), inline_tree_bytes() of them; if it is empty, nothing counts as
  // inlined.
  std::vector<SourceFrame> inline_stack(const FunctionInfo& function, Address pc, const ByteView& tree) const;
  // Returns how long the function's inline tree is, judged by what its pcdata refers to. 0 = it has none.
  std::uint64_t inline_tree_bytes(const FunctionInfo& function) const;

 private:
  struct NameIndex;
  class PcValues;

  bool old_form() const;
  std::uint32_t entry_offset(std::uint64_t row) const;
  Address address_of(std::uint64_t text_offset) const;
  std::optional<std::uint64_t> text_offset_of(Address pc) const;
  std::string_view name_at(std::uint32_t name_offset) const;
  std::string_view file_at(const FunctionInfo& function, std::int32_t file) const;
  std::optional<std::uint32_t> pcdata_table(const FunctionInfo& function, PcData which) const;

  ByteView table_;
  Address text_;
  std::vector<TextSection> sections_;
  AddressRange range_;
  TableForm form_ = TableForm::kGo120;
  std::uint32_t functions_ = 0;
  std::uint32_t quantum_ = 1;
  // Offsets of the parts in table_, ascending; the last part, of functions, reaches to the end.
  std::uint64_t names_ = 0;
  std::uint64_t cutab_ = 0;
  std::uint64_t files_ = 0;
  std::uint64_t pctab_ = 0;
  std::uint64_t funcs_ = 0;
  std::unique_ptr<NameIndex> names_index_;
};

}  // namespace holdfast::binary
