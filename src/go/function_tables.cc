#include "go/function_tables.h"

#include <algorithm>
#include <array>
#include <compare>
#include <utility>

namespace holdfast::go {
namespace {

constexpr std::array<std::pair<std::string_view, SpecialFunction>, 22> kSpecialNames{{
    {"runtime.sigpanic", SpecialFunction::kSigpanic},
    {"runtime.asyncPreempt", SpecialFunction::kAsyncPreempt},
    {"runtime.debugCallV2", SpecialFunction::kDebugCall},
    {"gcWriteBarrier", SpecialFunction::kWriteBarrier},  // 1.21+
    {"runtime.gcWriteBarrier", SpecialFunction::kWriteBarrier},
    // One for each register that may hold the value, up to 1.20.
    {"runtime.gcWriteBarrierCX", SpecialFunction::kWriteBarrier},
    {"runtime.gcWriteBarrierDX", SpecialFunction::kWriteBarrier},
    {"runtime.gcWriteBarrierBX", SpecialFunction::kWriteBarrier},
    {"runtime.gcWriteBarrierBP", SpecialFunction::kWriteBarrier},
    {"runtime.gcWriteBarrierSI", SpecialFunction::kWriteBarrier},
    {"runtime.gcWriteBarrierR8", SpecialFunction::kWriteBarrier},
    {"runtime.gcWriteBarrierR9", SpecialFunction::kWriteBarrier},
    {"runtime.cgocallback", SpecialFunction::kCgocallback},
    {"racecall", SpecialFunction::kRaceCall},
    {"reflect.makeFuncStub", SpecialFunction::kReflectStub},
    {"reflect.methodValueCall", SpecialFunction::kReflectStub},
    {"runtime.main", SpecialFunction::kRuntimeMain},
    {"runtime.runfinq", SpecialFunction::kFinalizerLoop},
    {"runtime.runFinalizers", SpecialFunction::kFinalizerLoop},
    {"runtime.runCleanups", SpecialFunction::kCleanupLoop},
    {"runtime.corostart", SpecialFunction::kCorostart},
    {"runtime.handleAsyncEvent", SpecialFunction::kHandleAsyncEvent},
}};

// moduledata.textsectmap has more than one row only if the text does not fit into one section; each row is about 64
// MiB.
constexpr std::uint64_t kMaxTextSections = 1 << 16;

std::vector<binary::TextSection> read_text_sections(const MemorySource& memory, const Slice& rows) {
  constexpr std::uint64_t kRow = 24;  // runtime.textsect {vaddr, end, baseaddr}
  std::vector<binary::TextSection> sections;
  if (rows.length < 2 || rows.length > kMaxTextSections) return sections;
  for (std::uint64_t i = 0; i < rows.length; ++i) {
    const Address row = rows.data + i * kRow;
    sections.push_back(
        {memory.integer<std::uint64_t>(row), memory.integer<std::uint64_t>(row + 8), memory.pointer(row + 16)});
  }
  return sections;
}

}  // namespace

FunctionTables::FunctionTables(const Runtime& runtime, LossLedger& losses) : runtime_(runtime) {
  tables_.resize(runtime.modules.size());
  for (std::uint32_t i = 0; i < runtime.modules.size(); ++i) {
    try {
      add_module(i);
    } catch (const Error&) {
      losses.add(LossKind::kUnreadableFunctionTable, runtime.modules[i].pc_header);
    }
  }
  std::sort(specials_.begin(), specials_.end());
}

void FunctionTables::add_module(std::uint32_t index) {
  const Module& module = runtime_.modules[index];
  const std::uint64_t size = module.pclntab_end < module.pc_header ? 0 : module.pclntab_end - module.pc_header;
  std::unique_ptr<std::byte[]> copy;
  const std::byte* bytes = runtime_.memory.try_view(module.pc_header, size);
  if (bytes == nullptr) {
    copy = std::make_unique<std::byte[]>(size);
    if (!runtime_.memory.try_read(module.pc_header, {copy.get(), size}))
      fail(ErrorCode::kDamaged, "{:#x} bytes of the function table at {:#x} cannot be read", size,
           module.pc_header.value);
    bytes = copy.get();
  }
  ByteView view({bytes, size}, "function table of " + module.path);
  auto sections = read_text_sections(runtime_.memory, module.text_sections);
  const auto form =
      runtime_.version.functions_have_start_lines() ? binary::TableForm::kGo120 : binary::TableForm::kGo118;
  tables_[index] = std::make_unique<Table>(
      Table{std::move(copy), binary::FunctionTable(std::move(view), module.text, std::move(sections), form)});
  for (const auto& [name, special] : kSpecialNames)
    for (const auto& function : tables_[index]->table.find_by_name(name))
      specials_.push_back({{index, function.index}, special});
}

Code FunctionTables::code(std::uint32_t module, const binary::FunctionInfo& function) const {
  const FunctionRef ref{module, function.index};
  const auto special = std::lower_bound(specials_.begin(), specials_.end(), Special{ref, SpecialFunction::kNone});
  const bool is_special = special != specials_.end() && special->ref == ref;
  return {ref, &runtime_.modules[module], &tables_[module]->table, function,
          is_special ? special->function : SpecialFunction::kNone};
}

std::optional<Code> FunctionTables::find(Address pc) const {
  for (std::uint32_t i = 0; i < tables_.size(); ++i) {
    const Module& module = runtime_.modules[i];
    if (!tables_[i] || pc < module.min_pc || pc >= module.max_pc) continue;
    if (const auto function = tables_[i]->table.find(pc)) return code(i, *function);
  }
  return std::nullopt;
}

std::optional<Code> FunctionTables::function(FunctionRef ref) const {
  if (ref.module >= tables_.size() || !tables_[ref.module]) return std::nullopt;
  const auto function = tables_[ref.module]->table.function(ref.index);
  return function ? std::optional(code(ref.module, *function)) : std::nullopt;
}

std::vector<Code> FunctionTables::find_by_name(std::string_view name) const {
  std::vector<Code> found;
  for (std::uint32_t i = 0; i < tables_.size(); ++i)
    if (tables_[i])
      for (const auto& function : tables_[i]->table.find_by_name(name)) found.push_back(code(i, function));
  return found;
}

Address FunctionTables::funcdata(const Code& code, binary::FuncData which) const {
  const auto offset = code.table->funcdata(code.function, which);
  return offset ? code.module->gofunc + *offset : Address();
}

std::vector<binary::SourceFrame> FunctionTables::source_frames(Address pc, bool is_return_address) const {
  const auto code = find(pc);
  if (!code) return {};
  if (is_return_address && pc > code->function.entry) pc = pc - 1;
  const std::uint64_t size = code->table->inline_tree_bytes(code->function);
  const Address tree = funcdata(*code, binary::FuncData::kInlineTree);
  std::vector<std::byte> copy;
  const std::byte* bytes = size == 0 ? nullptr : runtime_.memory.try_view(tree, size);
  if (size != 0 && bytes == nullptr) {
    copy.resize(size);
    if (runtime_.memory.try_read(tree, copy)) bytes = copy.data();
  }
  return code->table->inline_stack(code->function, pc, ByteView({bytes, bytes == nullptr ? 0 : size}, {}));
}

}  // namespace holdfast::go
