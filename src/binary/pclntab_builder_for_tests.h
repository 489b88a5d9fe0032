// For tests: makes function tables. Say what each function is like, and get the bytes in the form of either Go release.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "binary/elf_builder_for_tests.h"
#include "binary/pclntab.h"

namespace holdfast::binary {

// `value` holds up to `until`, which is an offset from the function's entry.
struct PcRun {
  std::uint32_t until = 0;
  std::int32_t value = 0;
};

struct BuiltFunction {
  std::string name;
  std::uint32_t size = 0x40;  // bytes of code
  std::vector<PcRun> sp = {}, file = {}, line = {};
  std::vector<std::vector<PcRun>> pcdata = {};  // an empty one is no table
  std::vector<std::uint32_t> funcdata = {};     // ~0 = none
  std::int32_t args = 0;
  std::uint32_t deferreturn = 0;
  std::int32_t start_line = 1;
  std::uint8_t func_id = 0;
  std::uint8_t flags = 0;
};

class PclntabBuilder {
 public:
  enum class Form { kGo118, kGo120 };
  explicit PclntabBuilder(Form form) : form_(form) { pctab_.u8(0); }

  // Adds a function behind the others, and returns its entry as an offset from text.
  std::uint32_t add(const BuiltFunction& function) {
    const std::uint32_t entry = entries_.empty() ? 0 : end_;
    entries_.push_back(entry);
    end_ = entry + function.size;
    records_.push_back(record(entry, function));
    return entry;
  }
  // The n-th call adds the file that `file` runs call n, starting with 0.
  void add_file(const std::string& name) {
    cutab_.u32(static_cast<std::uint32_t>(files_.size()));
    files_.text(name).u8(0);
  }
  // Returns the offset of a name in the table of names, which inline trees have.
  std::uint32_t add_name(const std::string& text) {
    const auto at = static_cast<std::uint32_t>(names_.size());
    names_.text(text).u8(0);
    return at;
  }

  std::vector<std::byte> build(std::uint64_t text_start = 0) const {
    constexpr std::size_t kHeader = 72;
    const std::size_t cutab = (kHeader + names_.size() + 7) / 8 * 8;
    const std::size_t files = cutab + cutab_.size();
    const std::size_t pctab = files + files_.size();
    const std::size_t funcs = (pctab + pctab_.size() + 7) / 8 * 8;
    Bytes out;
    out.u32(form_ == Form::kGo118 ? 0xfffffff0 : 0xfffffff1).u8(0).u8(0).u8(1).u8(8);
    out.u64(entries_.size()).u64(cutab_.size() / 4).u64(text_start);
    for (const std::size_t at : {kHeader, cutab, files, pctab, funcs}) out.u64(at);
    out.append(names_.get()).zeros(cutab - kHeader - names_.size());
    out.append(cutab_.get()).append(files_.get()).append(pctab_.get()).pad_to(8);
    Bytes records;
    const std::size_t rows = entries_.size() * 8 + 4;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      out.u32(entries_[i]).u32(static_cast<std::uint32_t>(rows + records.size()));
      records.append(records_[i].get());
    }
    out.u32(end_).append(records.get());
    return out.get();
  }

 private:
  void varint(std::uint32_t value) {
    for (; value >= 0x80; value >>= 7) pctab_.u8(static_cast<std::uint8_t>(value | 0x80));
    pctab_.u8(static_cast<std::uint8_t>(value));
  }

  std::uint32_t table(const std::vector<PcRun>& runs) {
    if (runs.empty()) return 0;
    const auto at = static_cast<std::uint32_t>(pctab_.size());
    std::uint32_t pc = 0;
    std::int32_t value = -1;
    for (const PcRun& run : runs) {
      const std::int32_t change = run.value - value;
      varint(static_cast<std::uint32_t>(change < 0 ? ~(change << 1) : change << 1));
      varint(run.until - pc);
      pc = run.until;
      value = run.value;
    }
    varint(0);
    return at;
  }

  Bytes record(std::uint32_t entry, const BuiltFunction& f) {
    Bytes out;
    out.u32(entry).u32(add_name(f.name)).add(f.args).u32(f.deferreturn);
    out.u32(table(f.sp)).u32(table(f.file)).u32(table(f.line));
    out.u32(static_cast<std::uint32_t>(f.pcdata.size())).u32(0);
    if (form_ == Form::kGo120) out.add(f.start_line);
    out.u8(f.func_id).u8(f.flags).u8(0).u8(static_cast<std::uint8_t>(f.funcdata.size()));
    for (const auto& runs : f.pcdata) out.u32(table(runs));
    for (const std::uint32_t offset : f.funcdata) out.u32(offset);
    return out;
  }

  Form form_;
  Bytes names_, cutab_, files_, pctab_;
  std::vector<std::uint32_t> entries_;
  std::vector<Bytes> records_;
  std::uint32_t end_ = 0;
};

}  // namespace holdfast::binary
