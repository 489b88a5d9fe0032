// What every pass over the Go runtime works with: target memory, layouts, version, modules, and the places of the
// runtime's own variables. identify() makes it once (go/identify.h); it does not change, so several threads may share
// it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/memory_source.h"
#include "go/layout.h"
#include "go/version.h"

namespace holdfast::go {

// A Go slice header.
struct Slice {
  Address data;
  std::uint64_t length = 0;
};

// One runtime.moduledata (Go 1.19-1.27; reference 1.3): the program, a plugin, a shared library.
struct Module {
  Address moduledata;
  std::string path;   // the file that it was loaded from
  Address pc_header;  // the start of pclntab; all its tables are within [pc_header, pclntab_end)
  Address pclntab_end;
  Address function_names, cu_table, file_table, pc_table,
      func_table_data;  // funcnametab, cutab, filetab, pctab, pclntable
  Slice ftab;
  Address min_pc, max_pc, text, etext;
  AddressRange noptrdata, data, bss, noptrbss;
  Address types, etypes;
  Address rodata;       // the base of stack object masks
  Address gofunc;       // the base of funcdata offsets
  Slice text_sections;  // textsectmap: {vaddr, end, baseaddr} of 8 bytes each
  Slice typelinks;      // i32 offsets from types; empty from 1.27
  Slice itablinks;      // *itab; empty from 1.27
  std::uint64_t type_desc_len = 0, itab_offset = 0, itab_size = 0;  // 1.27
  // The expanded pointer masks of data and bss: bit i stands for word i.
  Address data_mask, bss_mask;
  std::uint64_t data_mask_bits = 0, bss_mask_bits = 0;
  Address gcdata, gcbss;  // the GC programs that these masks were expanded from
  bool has_main = false;

  // Where package variables lie; some ranges may be empty.
  std::array<AddressRange, 4> variables() const { return {data, bss, noptrdata, noptrbss}; }
};

// Addresses of runtime variables. Null = not found; each pass says what it cannot do without it.
struct Variables {
  Address mheap, allgs, allglen, allgptr, allp, allm, memstats, gc_controller, gcphase, work, finq, allfin, fing;
  Address gc_cleanups, all_pools, old_pools, semtable, sched, itab_table, m0, g0, mbuckets, bbuckets;
  Address profile_cycle, profile_rate;  // runtime.mProfCycle, runtime.MemProfileRate
  Address c_handle_index;               // runtime/cgo.handleIdx
  Address cpu_limiter;                  // runtime.gcCPULimiter; only by its symbol
};

struct Runtime {
  const MemorySource& memory;
  const LayoutSource& layouts;
  GoVersion version;
  std::vector<Module> modules;  // the program's own one comes first
  Variables vars;
  // Of a target that has gone on since `memory` was copied: what does not change while it is in use can be read here.
  // Null: nothing can.
  const MemorySource* unchanging = nullptr;

  // Returns the module whose text (or types) holds the address; nullptr if none does.
  const Module* module_of_pc(Address pc) const;
  const Module* module_of_type(Address type) const;
  // Whether a package variable can lie there.
  bool is_variable(Address at) const;
};

}  // namespace holdfast::go
