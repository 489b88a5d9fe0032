#include "binary/x86.h"

#include <Zydis/Zydis.h>

namespace holdfast::binary {
namespace {

struct Instruction {
  const ZydisDecodedInstruction& decoded;
  std::span<const ZydisDecodedOperand> operands;  // those that assembly code shows
  Address at;

  Address absolute(const ZydisDecodedOperand& operand) const {
    ZyanU64 target = 0;
    ZydisCalcAbsoluteAddress(&decoded, &operand, at.value, &target);
    return Address(target);
  }
};

// Calls `visit` for every instruction that has a relative operand: %rip memory or a branch target.
template <typename Visit>
void for_each_relative(std::span<const std::byte> code, Address at, const Visit& visit) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecoderContext context;
  ZydisDecodedInstruction decoded;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  for (std::size_t offset = 0; offset < code.size();) {
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, &context, code.data() + offset, code.size() - offset, &decoded))) {
      ++offset;
      continue;
    }
    // Most instructions have none, so their operands need not be decoded.
    if ((decoded.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0 &&
        ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &decoded, operands, decoded.operand_count_visible)))
      visit(Instruction{decoded, std::span(operands, decoded.operand_count_visible), at + offset});
    offset += decoded.length;
  }
}

RipUse use_of(const ZydisDecodedInstruction& decoded, const ZydisDecodedOperand& memory) {
  if (decoded.mnemonic == ZYDIS_MNEMONIC_LEA) return RipUse::kLea;
  if (decoded.mnemonic == ZYDIS_MNEMONIC_CMP || decoded.mnemonic == ZYDIS_MNEMONIC_TEST) return RipUse::kCompare;
  if (decoded.meta.category != ZYDIS_CATEGORY_DATAXFER) return RipUse::kOther;
  const bool reads = (memory.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
  const bool writes = (memory.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  if (reads == writes) return RipUse::kOther;  // xchg
  return reads ? RipUse::kLoad : RipUse::kStore;
}

}  // namespace

std::vector<RipOperand> rip_operands(std::span<const std::byte> code, Address at) {
  std::vector<RipOperand> out;
  for_each_relative(code, at, [&](const Instruction& instruction) {
    for (const ZydisDecodedOperand& operand : instruction.operands) {
      if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.base != ZYDIS_REGISTER_RIP) continue;
      const RipUse use = use_of(instruction.decoded, operand);
      const unsigned bits = use == RipUse::kLea ? instruction.operands[0].size : operand.size;
      out.push_back({instruction.at, instruction.absolute(operand), use, static_cast<std::uint16_t>(bits / 8)});
    }
  });
  return out;
}

std::vector<CodeTarget> calls(std::span<const std::byte> code, Address at) {
  std::vector<CodeTarget> out;
  for_each_relative(code, at, [&](const Instruction& instruction) {
    const bool is_call = instruction.decoded.mnemonic == ZYDIS_MNEMONIC_CALL;
    if (!is_call && instruction.decoded.mnemonic != ZYDIS_MNEMONIC_JMP) return;
    const ZydisDecodedOperand& operand = instruction.operands[0];
    if (operand.type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return;
    out.push_back({instruction.at, instruction.absolute(operand), is_call});
  });
  return out;
}

}  // namespace holdfast::binary
