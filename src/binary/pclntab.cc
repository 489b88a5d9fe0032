#include "binary/pclntab.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/hash.h"

namespace holdfast::binary {
namespace {

constexpr std::uint32_t kMagic118 = 0xfffffff0;
constexpr std::uint32_t kMagic120 = 0xfffffff1;
constexpr std::uint64_t kNameLimit = 1 << 20;
// Calls can be inlined into one another. The compiler's budget ends that after a few dozen.
constexpr int kMaxInlineDepth = 256;

// runtime.pcHeader, Go 1.18-1.27. Offsets count from the header's start.
struct PcHeader {
  le32 magic;
  std::uint8_t pad[2];
  std::uint8_t quantum;
  std::uint8_t pointer_size;
  le64 functions;
  le64 files;
  le64 text_start;
  le64 names_at;
  le64 cutab_at;
  le64 files_at;
  le64 pctab_at;
  le64 funcs_at;
};
static_assert(sizeof(PcHeader) == 72 && WireStruct<PcHeader>);

// A row of functab. Both are offsets: of the code from text, and of the record from the functab's start. The row after
// the last one only has an entry.
struct FuncTabRow {
  le32 entry;
  le32 record;
};
static_assert(sizeof(FuncTabRow) == 8);

// The part of runtime._func that all releases share.
struct FuncRecord {
  le32 entry;
  les32 name;
  les32 args;
  le32 deferreturn;
  le32 pcsp;
  le32 pcfile;
  le32 pcln;
  le32 npcdata;
  le32 cu_offset;
};
static_assert(sizeof(FuncRecord) == 36);

// What follows FuncRecord; Go 1.20 put the start line before it.
struct FuncTail {
  std::uint8_t func_id;
  std::uint8_t flags;
  std::uint8_t pad;
  std::uint8_t nfuncdata;
};
static_assert(sizeof(FuncTail) == 4);

// runtime.inlinedCall.
struct InlinedCall118 {
  std::uint8_t parent[2];
  std::uint8_t func_id;
  std::uint8_t pad;
  les32 file;
  les32 line;
  le32 name;
  les32 parent_pc;
};
static_assert(sizeof(InlinedCall118) == 20);

struct InlinedCall120 {
  std::uint8_t func_id;
  std::uint8_t pad[3];
  le32 name;
  les32 parent_pc;
  les32 start_line;
};
static_assert(sizeof(InlinedCall120) == 16);

bool known_magic(std::uint32_t magic) {
  return magic == kMagic118 || magic == kMagic120;
}

bool plausible_header(const PcHeader& h, std::uint64_t size) {
  if (h.pad[0] != 0 || h.pad[1] != 0 || h.pointer_size != 8) return false;
  if (h.quantum != 1 && h.quantum != 2 && h.quantum != 4) return false;
  if (h.functions == 0 || h.functions > size / sizeof(FuncTabRow)) return false;
  return sizeof(PcHeader) <= h.names_at && h.names_at <= h.cutab_at && h.cutab_at <= h.files_at &&
         h.files_at <= h.pctab_at && h.pctab_at <= h.funcs_at && h.funcs_at <= size;
}

}  // namespace

struct FunctionTable::NameIndex {
  std::once_flag made;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_hash;  // the hash of a name, and the function
};

// Runs through one pc-value table (reference 5.3). It has pairs of variable-length numbers: the change of the value
// (zigzag), and how many quanta of code the value holds for. Every step takes at least two bytes, so it ends.
class FunctionTable::PcValues {
 public:
  PcValues(const FunctionTable& table, std::uint32_t offset)
      : quantum_(table.quantum_), at_(table.table_.data()), end_(at_ + table.funcs_) {
    at_ += std::min(table.pctab_ + offset, table.funcs_);
  }

  // Goes to the next value, which holds for [begin(), end()) relative to the function's entry; false at the table's
  // end.
  bool next() {
    std::uint32_t change = 0;
    std::uint32_t length = 0;
    if (!varint(change) || (change == 0 && !first_) || !varint(length)) return false;
    first_ = false;
    value_ += (change & 1) != 0 ? ~(change >> 1) : change >> 1;
    covered_ += std::uint64_t{length} * quantum_;
    return true;
  }
  std::uint64_t end() const { return covered_; }
  std::int32_t value() const { return static_cast<std::int32_t>(value_); }

 private:
  bool varint(std::uint32_t& out) {
    for (unsigned shift = 0; shift < 35; shift += 7) {
      if (at_ == end_) return false;
      const auto byte = std::to_integer<std::uint32_t>(*at_++);
      out |= (byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  std::uint32_t quantum_;
  const std::byte* at_;
  const std::byte* end_;
  std::uint32_t value_ = ~std::uint32_t{0};
  std::uint64_t covered_ = 0;
  bool first_ = true;
};

FunctionTable::FunctionTable(ByteView table, Address text, std::vector<TextSection> sections,
                             std::optional<TableForm> form)
    : table_(std::move(table)), sections_(std::move(sections)), names_index_(std::make_unique<NameIndex>()) {
  const PcHeader& h = table_.at<PcHeader>(0);
  if (!known_magic(h.magic) && !form)
    fail(ErrorCode::kUnsupported, "{} begins with {:#x}, which is no function table of Go 1.18 or later",
         table_.origin(), std::uint32_t{h.magic});
  form_ = !known_magic(h.magic) ? *form : h.magic == kMagic118 ? TableForm::kGo118 : TableForm::kGo120;
  if (!plausible_header(h, table_.size()))
    fail(ErrorCode::kDamaged, "the header of {} ({} functions, records at {:#x}) does not fit its {:#x} bytes",
         table_.origin(), std::uint64_t{h.functions}, std::uint64_t{h.funcs_at}, table_.size());
  functions_ = static_cast<std::uint32_t>(h.functions);
  quantum_ = h.quantum;
  names_ = h.names_at;
  cutab_ = h.cutab_at;
  files_ = h.files_at;
  pctab_ = h.pctab_at;
  funcs_ = h.funcs_at;
  table_.bytes(funcs_, std::uint64_t{functions_} * sizeof(FuncTabRow) + sizeof(le32));  // rows need no check afterwards
  text_ = text ? text : Address(h.text_start);
  if (sections_.size() < 2) sections_.clear();
  range_ = {address_of(entry_offset(0)), address_of(entry_offset(functions_))};
}

FunctionTable::FunctionTable(FunctionTable&&) noexcept = default;
FunctionTable& FunctionTable::operator=(FunctionTable&&) noexcept = default;
FunctionTable::~FunctionTable() = default;

bool FunctionTable::old_form() const {
  return form_ == TableForm::kGo118;
}

std::uint32_t FunctionTable::entry_offset(std::uint64_t row) const {
  return load_le<std::uint32_t>(table_.data() + funcs_ + row * sizeof(FuncTabRow));
}

Address FunctionTable::address_of(std::uint64_t text_offset) const {
  for (const TextSection& section : sections_) {
    const bool at_last_end = &section == &sections_.back() && text_offset == section.end;
    if (text_offset >= section.start && (text_offset < section.end || at_last_end))
      return section.base + (text_offset - section.start);
  }
  return text_ + text_offset;
}

std::optional<std::uint64_t> FunctionTable::text_offset_of(Address pc) const {
  if (sections_.empty()) return pc < text_ ? std::nullopt : std::optional(pc - text_);
  for (const TextSection& section : sections_)
    if (pc >= section.base && pc - section.base < section.end - section.start) return pc - section.base + section.start;
  return std::nullopt;
}

std::optional<FunctionInfo> FunctionTable::find(Address pc) const {
  const auto offset = text_offset_of(pc);
  if (!offset || *offset < entry_offset(0) || *offset >= entry_offset(functions_)) return std::nullopt;
  std::uint32_t low = 0;  // the last row known to begin at or below the offset
  std::uint32_t high = functions_;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (entry_offset(middle) <= *offset ? low : high) = middle;
  }
  return function(low);
}

std::optional<FunctionInfo> FunctionTable::function(std::uint32_t index) const {
  if (index >= functions_) return std::nullopt;
  const std::byte* row = table_.data() + funcs_ + std::uint64_t{index} * sizeof(FuncTabRow);
  const std::uint64_t at = funcs_ + load_le<std::uint32_t>(row + sizeof(le32));
  const std::uint64_t tail_at = at + sizeof(FuncRecord) + (old_form() ? 0 : sizeof(les32));
  if (!table_.has(at, tail_at - at + sizeof(FuncTail))) return std::nullopt;
  const FuncRecord& record = table_.at<FuncRecord>(at);
  const FuncTail& tail = table_.at<FuncTail>(tail_at);
  return FunctionInfo{
      .entry = address_of(entry_offset(index)),
      .end = address_of(entry_offset(std::uint64_t{index} + 1)),
      .name = name_at(static_cast<std::uint32_t>(std::int32_t{record.name})),
      .index = index,
      .args = record.args,
      .deferreturn = record.deferreturn,
      .pcsp = record.pcsp,
      .pcfile = record.pcfile,
      .pcln = record.pcln,
      .cu_offset = record.cu_offset,
      .start_line = old_form() ? 0 : table_.integer<std::int32_t>(at + sizeof(FuncRecord)),
      .npcdata = record.npcdata,
      .nfuncdata = tail.nfuncdata,
      .func_id = tail.func_id,
      .flags = tail.flags,
      .pcdata_at = tail_at + sizeof(FuncTail),
  };
}

std::vector<FunctionInfo> FunctionTable::find_by_name(std::string_view name) const {
  auto& rows = names_index_->by_hash;
  std::call_once(names_index_->made, [&] {
    rows.reserve(functions_);
    for (std::uint32_t i = 0; i < functions_; ++i)
      if (const auto info = function(i)) rows.emplace_back(hash_of(info->name), i);
    std::sort(rows.begin(), rows.end());
  });
  std::vector<FunctionInfo> found;
  const std::uint64_t hash = hash_of(name);
  auto row = std::lower_bound(rows.begin(), rows.end(), std::pair(hash, std::uint32_t{0}));
  for (; row != rows.end() && row->first == hash; ++row)
    if (const auto info = function(row->second); info && info->name == name) found.push_back(*info);
  return found;
}

std::optional<std::int32_t> FunctionTable::pc_value(std::uint32_t offset, const FunctionInfo& function,
                                                    Address pc) const {
  if (offset == 0 || pc < function.entry) return std::nullopt;
  const std::uint64_t target = pc - function.entry;
  PcValues values(*this, offset);
  while (values.next())
    if (target < values.end()) return values.value();
  return std::nullopt;
}

std::optional<std::uint32_t> FunctionTable::pcdata_table(const FunctionInfo& function, PcData which) const {
  const auto index = static_cast<std::uint32_t>(which);
  if (index >= function.npcdata) return std::nullopt;
  return table_.try_integer<std::uint32_t>(function.pcdata_at + std::uint64_t{index} * sizeof(le32));
}

std::int32_t FunctionTable::pcdata(const FunctionInfo& function, PcData which, Address pc) const {
  const auto offset = pcdata_table(function, which);
  return offset ? pc_value(*offset, function, pc).value_or(-1) : -1;
}

std::optional<std::uint32_t> FunctionTable::funcdata(const FunctionInfo& function, FuncData which) const {
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  const auto index = static_cast<std::uint32_t>(which);
  if (index >= function.nfuncdata) return std::nullopt;
  const auto offset =
      table_.try_integer<std::uint32_t>(function.pcdata_at + (std::uint64_t{function.npcdata} + index) * sizeof(le32));
  return offset == kNone ? std::nullopt : offset;
}

std::string_view FunctionTable::name_at(std::uint32_t name_offset) const {
  if (name_offset >= cutab_ - names_) return {};
  return table_.try_c_string(names_ + name_offset, kNameLimit).value_or(std::string_view());
}

std::uint32_t FunctionTable::line_of(const FunctionInfo& function, Address pc) const {
  const std::int32_t line = pc_value(function.pcln, function, pc).value_or(0);
  return line < 0 ? 0 : static_cast<std::uint32_t>(line);
}

std::string_view FunctionTable::file_of(const FunctionInfo& function, Address pc) const {
  return file_at(function, pc_value(function.pcfile, function, pc).value_or(-1));
}

std::string_view FunctionTable::file_at(const FunctionInfo& function, std::int32_t file) const {
  if (file < 0) return {};
  const std::uint64_t row = std::uint64_t{function.cu_offset} + static_cast<std::uint32_t>(file);
  if (row >= (files_ - cutab_) / sizeof(le32)) return {};
  // ~0 means none; it is beyond any part.
  const auto offset = table_.integer<std::uint32_t>(cutab_ + row * sizeof(le32));
  if (offset >= pctab_ - files_) return {};
  return table_.try_c_string(files_ + offset, kNameLimit).value_or(std::string_view());
}

void FunctionTable::for_each_line(const FunctionInfo& function,
                                  const std::function<void(std::string_view, std::uint32_t)>& visit) const {
  if (function.pcln == 0 || function.pcfile == 0) return;
  PcValues lines(*this, function.pcln), files(*this, function.pcfile);
  std::string_view path;
  bool has_file = files.next();
  if (has_file) path = file_at(function, files.value());
  for (std::uint64_t begin = 0; lines.next(); begin = lines.end()) {
    while (has_file && files.end() <= begin)
      if ((has_file = files.next())) path = file_at(function, files.value());
    if (!has_file || begin >= function.end - function.entry) return;
    if (lines.value() > 0) visit(path, static_cast<std::uint32_t>(lines.value()));
  }
}

std::uint64_t FunctionTable::inline_tree_bytes(const FunctionInfo& function) const {
  const auto offset = pcdata_table(function, PcData::kInlineTree);
  if (!offset || *offset == 0 || !funcdata(function, FuncData::kInlineTree)) return 0;
  std::int32_t highest = -1;
  PcValues values(*this, *offset);
  while (values.next()) highest = std::max(highest, values.value());
  const std::uint64_t record = old_form() ? sizeof(InlinedCall118) : sizeof(InlinedCall120);
  return static_cast<std::uint64_t>(std::int64_t{highest} + 1) * record;
}

std::vector<SourceFrame> FunctionTable::inline_stack(const FunctionInfo& function, Address pc,
                                                     const ByteView& tree) const {
  std::vector<SourceFrame> calls;
  const auto add = [&](std::string_view name, std::uint8_t func_id, bool inlined) {
    calls.push_back({name, file_of(function, pc), line_of(function, pc), inlined, func_id});
  };
  // An inlined call's parent is the code at its parent_pc; pcdata tells again where in the tree that is.
  while (static_cast<int>(calls.size()) < kMaxInlineDepth) {
    const std::int32_t index = tree.empty() ? -1 : pcdata(function, PcData::kInlineTree, pc);
    const std::uint64_t record = old_form() ? sizeof(InlinedCall118) : sizeof(InlinedCall120);
    if (index < 0 || !tree.has(static_cast<std::uint64_t>(index) * record, record)) break;
    const std::uint64_t at = static_cast<std::uint64_t>(index) * record;
    std::int32_t parent_pc = 0;
    if (old_form()) {
      const auto& call = tree.at<InlinedCall118>(at);
      add(name_at(call.name), call.func_id, true);
      parent_pc = call.parent_pc;
    } else {
      const auto& call = tree.at<InlinedCall120>(at);
      add(name_at(call.name), call.func_id, true);
      parent_pc = call.parent_pc;
    }
    if (parent_pc < 0) break;
    pc = function.entry + static_cast<std::uint32_t>(parent_pc);
  }
  add(function.name, function.func_id, false);
  return calls;
}

}  // namespace holdfast::binary
