// For tests: a whole Go process, built by hand and standing still, in the form that `build` wants: a program file,
// functions, goroutines and their stacks, package variables, a heap.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binary/elf_builder_for_tests.h"
#include "capture/build.h"
#include "capture/content.h"
#include "go/heap_image_for_tests.h"
#include "go/stack_image_for_tests.h"

namespace holdfast::capture {

class TargetImage {
 public:
  static constexpr Address kVariables{0x800000};  // data, with bss behind it
  static constexpr std::uint64_t kVariableBytes = 0x1000;
  static constexpr std::uint64_t kCodeBytes = 0x1000;

  explicit TargetImage(int minor) : image(minor), heap(image) {
    image.map(go::StackImage::kText, kCodeBytes);
    image.map(kVariables, kVariableBytes);
    image.map(kGoroutines, kVariableBytes);
    constexpr std::uint8_t kReturn = 0xc3;
    for (std::uint64_t at = 0; at < kCodeBytes; ++at) image.put<std::uint8_t>(go::StackImage::kText + at, kReturn);
    image.vars.allgs = kGoroutines;
    image.put(kGoroutines, kGoroutines + 0x100);
  }

  go::StackImage image;
  go::HeapImage heap;
  LossLedger losses;

  // Adds a package variable of one word that the collector follows; `number` counts from 0.
  Address variable(std::uint64_t number, Address value) {
    image.put(kVariables + number * 8, value);
    variable_words_ = std::max(variable_words_, number + 1);
    return kVariables + number * 8;
  }
  // Gives a variable a name in the program's symbol table.
  void name(Address variable, std::string_view symbol) { symbols_.emplace_back(symbol, variable); }

  // Adds a goroutine on the image's stack or another part of it.
  Address goroutine(std::uint64_t goid, go::GoroutineStatus status, Address start) {
    const Address g = image.make("runtime.g");
    image.set(g, "runtime.g", "goid", goid);
    image.set(g, "runtime.g", "atomicstatus", static_cast<std::uint64_t>(status));
    image.set(g, "runtime.g", "startpc", start);
    image.put(kGoroutines + 0x100 + 8 * goroutines_, g);
    image.put<std::uint64_t>(kGoroutines + 8, ++goroutines_);
    return g;
  }

  // Returns what `build` makes of it. Without symbols only the function table has names.
  heap::Snapshot snapshot(const Options& options = {}, const Callbacks& callbacks = {}) {
    open_program();
    go::Runtime& runtime = image.runtime();
    go::Module& module = runtime.modules.front();
    module.data = {kVariables, kVariables + variable_words_ * 8};
    module.data_mask = kVariables + 0x800;
    module.data_mask_bits = variable_words_;
    for (std::uint64_t i = 0; i < (variable_words_ + 7) / 8; ++i)
      image.put<std::uint8_t>(module.data_mask + i, std::uint8_t{0xff});
    module.etext = module.max_pc = module.text + kCodeBytes;
    identified_.runtime = std::make_unique<go::Runtime>(
        go::Runtime{runtime.memory, runtime.layouts, runtime.version, runtime.modules, runtime.vars});
    identified_.functions = std::make_unique<go::FunctionTables>(*identified_.runtime, losses);
    const FrozenTarget target{
        &*program_,
        &identified_,
        threads,
        now_ns,
        std::nullopt,
        nullptr,
        copied_bytes,
        std::make_shared<FrozenContent>(image.runtime().memory, *identified_.functions, nullptr, "cannot be read")};
    heap::Snapshot out;
    PassTimes times;
    Options own = options;
    own.use_cache = false;
    build(target, own, callbacks, out, losses, times);
    return out;
  }
  std::vector<go::ThreadRegisters> threads;
  std::uint64_t now_ns = 0;
  std::uint64_t copied_bytes = 0;

 private:
  static constexpr Address kGoroutines{0x900000};

  void open_program() {
    binary::Bytes build_info;
    build_info.text("\xff Go buildinf:").u8(8).u8(2).zeros(16);
    build_info.u8(static_cast<std::uint8_t>(image.version.text.size())).text(image.version.text).u8(0);
    binary::Bytes code, variables;
    code.zeros(kCodeBytes);
    variables.zeros(kVariableBytes);
    constexpr std::uint32_t kReadExecute = 5, kRead = 4, kReadWrite = 6;
    binary::ElfBuilder elf(binary::ElfType::kExec);
    elf.segment(binary::kSegmentLoad, kReadExecute, go::StackImage::kText, code);
    elf.segment(binary::kSegmentLoad, kRead, Address(0x500000), build_info);
    elf.segment(binary::kSegmentLoad, kReadWrite, kVariables, variables);
    elf.section_at(".go.buildinfo", 1, Address(0x500000), build_info.size());
    for (const auto& [symbol, at] : symbols_) elf.symbol(symbol, at, 8);
    file_ = elf.build();
    program_.emplace(Program::open(
        {{{go::StackImage::kText, go::StackImage::kText + kCodeBytes}, 0, "/bin/server"}}, "/bin/server",
        [&](const FilePart&) {
          return FileBytes{ByteView(file_, "/bin/server"), nullptr};
        },
        losses));
    program_->take({0}, {{"/bin/server", "", std::nullopt, true}}, std::nullopt);
  }

  std::vector<std::pair<std::string, Address>> symbols_;
  std::vector<std::byte> file_;
  std::optional<Program> program_;
  go::Identified identified_;
  std::uint64_t variable_words_ = 0;
  std::uint64_t goroutines_ = 0;
};

}  // namespace holdfast::capture
