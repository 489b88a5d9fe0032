#include "go/variable_masks.h"

#include <algorithm>
#include <span>

namespace holdfast::go {
namespace {

constexpr std::uint64_t kMostProgramBytes = 64 << 20;

BitVector section_mask(const Runtime& runtime, Address mask, std::uint64_t bits, Address program, AddressRange section,
                       LossLedger& losses) {
  BitVector out;
  out.count = std::min(bits, section.size() / 8);
  out.words.resize((out.count + 63) / 64);
  const auto bytes = std::as_writable_bytes(std::span(out.words)).first((out.count + 7) / 8);
  if (out.count > 0 && !runtime.memory.try_read(mask, bytes)) {
    GcProgramResult expanded = expand_gc_program(runtime.memory, program, out.count, kMostProgramBytes);
    if (expanded.end != GcProgramEnd::kComplete) losses.add(LossKind::kNoSectionMask, section.begin);
    out.words = std::move(expanded.bits.words);
    out.words.resize((out.count + 63) / 64);
  }
  if (out.count % 64 != 0) out.words.back() &= (std::uint64_t{1} << (out.count % 64)) - 1;
  return out;
}

}  // namespace

BitVector data_mask(const Runtime& runtime, const Module& module, LossLedger& losses) {
  return section_mask(runtime, module.data_mask, module.data_mask_bits, module.gcdata, module.data, losses);
}

BitVector bss_mask(const Runtime& runtime, const Module& module, LossLedger& losses) {
  return section_mask(runtime, module.bss_mask, module.bss_mask_bits, module.gcbss, module.bss, losses);
}

}  // namespace holdfast::go
