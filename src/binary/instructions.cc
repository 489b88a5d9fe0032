#include "binary/instructions.h"

#include <Zydis/Zydis.h>

#include <optional>

namespace holdfast::binary {
namespace {

std::uint8_t general_register(ZydisRegister name) {
  if (name == ZYDIS_REGISTER_NONE) return kNoRegister;
  if (name == ZYDIS_REGISTER_RIP) return kRip;
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return kNoRegister;
  return static_cast<std::uint8_t>(whole - ZYDIS_REGISTER_RAX);
}

std::uint8_t vector_register(ZydisRegister name) {
  if (name < ZYDIS_REGISTER_XMM0 || name > ZYDIS_REGISTER_XMM15) return kNoRegister;
  return static_cast<std::uint8_t>(name - ZYDIS_REGISTER_XMM0);
}

class Translation {
 public:
  Translation(const ZydisDecodedInstruction& decoded, std::span<const ZydisDecodedOperand> operands, Address at)
      : decoded_(decoded), operands_(operands) {
    out_.at = at;
    out_.length = decoded.length;
  }

  Instruction run() {
    classify();
    if (out_.operation == Operation::kOther || out_.operation == Operation::kExchange) list_writes();
    return out_;
  }

 private:
  bool is_register(std::size_t i) const { return operands_[i].type == ZYDIS_OPERAND_TYPE_REGISTER; }
  bool is_memory(std::size_t i) const { return operands_[i].type == ZYDIS_OPERAND_TYPE_MEMORY; }
  bool is_immediate(std::size_t i) const { return operands_[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE; }
  std::uint8_t general(std::size_t i) const { return general_register(operands_[i].reg.value); }
  std::uint8_t vector(std::size_t i) const { return vector_register(operands_[i].reg.value); }

  void list_writes() {
    for (const ZydisDecodedOperand& operand : operands_) {
      if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
        continue;
      const std::uint8_t reg = general_register(operand.reg.value);
      if (reg < kRip) out_.writes = static_cast<std::uint16_t>(out_.writes | 1U << reg);
    }
  }

  void take_memory(std::size_t i) {
    const ZydisDecodedOperand& operand = operands_[i];
    out_.width = static_cast<std::uint8_t>(operand.size / 8);
    out_.memory.base = general_register(operand.mem.base);
    out_.memory.index = general_register(operand.mem.index);
    out_.memory.scale = operand.mem.scale == 0 ? std::uint8_t{1} : operand.mem.scale;
    out_.memory.displacement = operand.mem.disp.has_displacement != 0 ? operand.mem.disp.value : 0;
    out_.memory.other_segment = operand.mem.segment == ZYDIS_REGISTER_FS || operand.mem.segment == ZYDIS_REGISTER_GS;
    if (out_.memory.base != kRip) return;
    ZyanU64 absolute = 0;
    ZydisCalcAbsoluteAddress(&decoded_, &operand, out_.at.value, &absolute);
    out_.memory.displacement = static_cast<std::int64_t>(absolute);
  }

  Address immediate(std::size_t i) const {
    ZyanU64 target = operands_[i].imm.value.u;
    if (operands_[i].imm.is_relative != 0) ZydisCalcAbsoluteAddress(&decoded_, &operands_[i], out_.at.value, &target);
    return Address(target);
  }

  void classify() {
    switch (decoded_.mnemonic) {
      case ZYDIS_MNEMONIC_MOV:
        return move();
      case ZYDIS_MNEMONIC_LEA:
        out_.operation = Operation::kAddress;
        out_.reg = general(0);
        take_memory(1);
        out_.width = static_cast<std::uint8_t>(operands_[0].size / 8);
        return;
      case ZYDIS_MNEMONIC_XOR:
        if (is_register(0) && is_register(1) && operands_[0].reg.value == operands_[1].reg.value) {
          out_.operation = Operation::kConstant;
          out_.reg = general(0);
          out_.width = 8;
        }
        return;
      case ZYDIS_MNEMONIC_ADD:
      case ZYDIS_MNEMONIC_SUB:
        return add();
      case ZYDIS_MNEMONIC_MOVUPS:
      case ZYDIS_MNEMONIC_MOVUPD:
      case ZYDIS_MNEMONIC_MOVAPS:
      case ZYDIS_MNEMONIC_MOVDQU:
      case ZYDIS_MNEMONIC_MOVDQA:
      case ZYDIS_MNEMONIC_VMOVUPS:
      case ZYDIS_MNEMONIC_VMOVDQU:
        return move_vector();
      case ZYDIS_MNEMONIC_XORPS:
      case ZYDIS_MNEMONIC_PXOR:
        if (is_register(1) && operands_[0].reg.value == operands_[1].reg.value) {
          out_.operation = Operation::kVectorZero;
          out_.reg = vector(0);
        }
        return;
      case ZYDIS_MNEMONIC_PUSH:
      case ZYDIS_MNEMONIC_PUSHFQ:
        out_.operation = Operation::kPush;
        return;
      case ZYDIS_MNEMONIC_POP:
      case ZYDIS_MNEMONIC_POPFQ:
        out_.operation = Operation::kPop;
        if (is_register(0)) out_.reg = general(0);
        return;
      case ZYDIS_MNEMONIC_XCHG:
        out_.operation = Operation::kExchange;
        if (is_memory(0)) take_memory(0);
        return;
      case ZYDIS_MNEMONIC_CMP:
      case ZYDIS_MNEMONIC_TEST:
        out_.operation = Operation::kCompare;
        return;
      case ZYDIS_MNEMONIC_CMPXCHG:
      case ZYDIS_MNEMONIC_XADD:
        if (is_memory(0)) take_memory(0);
        return;
      default:
        return branch();
    }
  }

  void move() {
    if (is_register(0) && general(0) == kNoRegister) return;  // it belongs to a segment or control register
    if (is_register(0)) {
      out_.reg = general(0);
      out_.width = static_cast<std::uint8_t>(operands_[0].size / 8);
      if (is_register(1)) {
        out_.operation = general(1) == kNoRegister ? Operation::kOther : Operation::kMove;
        out_.other = general(1);
      } else if (is_memory(1)) {
        out_.operation = Operation::kLoad;
        take_memory(1);
      } else {
        out_.operation = Operation::kConstant;
        out_.value = immediate(1);
      }
    } else if (is_memory(0) && is_register(1)) {
      out_.operation = Operation::kStore;
      out_.reg = general(1);
      take_memory(0);
    } else if (is_memory(0) && is_immediate(1)) {
      out_.operation = Operation::kStoreConstant;
      out_.value = immediate(1);
      take_memory(0);
    }
  }

  void add() {
    if (!is_register(0) || operands_[0].size != 64) return;
    const bool minus = decoded_.mnemonic == ZYDIS_MNEMONIC_SUB;
    if (is_immediate(1)) {
      out_.operation = Operation::kAdd;
      out_.reg = general(0);
      const std::uint64_t by = immediate(1).value;
      out_.value = Address(minus ? 0 - by : by);
    } else if (is_register(1) && !minus) {
      out_.operation = Operation::kAddRegister;
      out_.reg = general(0);
      out_.other = general(1);
    }
  }

  void move_vector() {
    if (is_register(0) && vector(0) == kNoRegister) return;
    if (is_memory(0)) {
      if (vector(1) == kNoRegister) return;
      out_.operation = Operation::kVectorStore;
      out_.reg = vector(1);
      take_memory(0);
    } else if (is_memory(1)) {
      out_.operation = Operation::kVectorLoad;
      out_.reg = vector(0);
      take_memory(1);
    } else {
      out_.operation = Operation::kVectorMove;
      out_.reg = vector(0);
      out_.other = vector(1);
    }
  }

  void branch() {
    switch (decoded_.meta.category) {
      case ZYDIS_CATEGORY_CALL:
        out_.operation = is_immediate(0)  ? Operation::kCall
                         : is_register(0) ? Operation::kCallRegister
                                          : Operation::kCallMemory;
        break;
      case ZYDIS_CATEGORY_UNCOND_BR:
        out_.operation = is_immediate(0) ? Operation::kJump : Operation::kJumpElsewhere;
        break;
      case ZYDIS_CATEGORY_COND_BR:
        out_.operation = Operation::kJumpIf;
        break;
      case ZYDIS_CATEGORY_RET:
        out_.operation = Operation::kReturn;
        return;
      default:
        if (decoded_.mnemonic == ZYDIS_MNEMONIC_UD2 || decoded_.mnemonic == ZYDIS_MNEMONIC_INT3)
          out_.operation = Operation::kTrap;
        return;
    }
    if (is_immediate(0)) out_.value = immediate(0);
    if (is_register(0)) out_.reg = general(0);
    if (is_memory(0)) take_memory(0);
  }

  const ZydisDecodedInstruction& decoded_;
  std::span<const ZydisDecodedOperand> operands_;  // with the hidden ones
  Instruction out_;
};

// Instructions that operands say nothing more about: a third of all. Operands are a quarter of the time of decoding.
std::optional<Instruction> without_operands(const ZydisDecodedInstruction& decoded, Address at) {
  Instruction out;
  out.at = at;
  out.length = decoded.length;
  const bool is_relative = decoded.raw.imm[0].is_relative != 0;
  switch (decoded.meta.category) {
    case ZYDIS_CATEGORY_CALL:
      out.operation = Operation::kCall;
      break;
    case ZYDIS_CATEGORY_UNCOND_BR:
      out.operation = Operation::kJump;
      break;
    case ZYDIS_CATEGORY_COND_BR:
      out.operation = Operation::kJumpIf;
      break;
    default:
      if (decoded.mnemonic != ZYDIS_MNEMONIC_CMP && decoded.mnemonic != ZYDIS_MNEMONIC_TEST) return std::nullopt;
      out.operation = Operation::kCompare;
      return out;
  }
  if (!is_relative) return std::nullopt;
  out.value = at + decoded.length + static_cast<std::uint64_t>(decoded.raw.imm[0].value.s);
  return out;
}

}  // namespace

void decode(std::span<const std::byte> code, Address at, std::vector<Instruction>& out) {
  out.clear();
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction decoded;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  ZydisDecoderContext context;
  for (std::size_t offset = 0; offset < code.size();) {
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, &context, code.data() + offset, code.size() - offset, &decoded))) {
      ++offset;
      continue;
    }
    if (const auto known = without_operands(decoded, at + offset)) {
      out.push_back(*known);
    } else if (ZYAN_SUCCESS(
                   ZydisDecoderDecodeOperands(&decoder, &context, &decoded, operands, decoded.operand_count))) {
      out.push_back(Translation(decoded, std::span(operands, decoded.operand_count), at + offset).run());
    } else {
      ++offset;
      continue;
    }
    offset += decoded.length;
  }
}

}  // namespace holdfast::binary
