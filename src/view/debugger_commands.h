// Commands that take a debugger to an object that holdfast shows. Nothing throws; any thread may call it.
#pragma once

#include <string>
#include <vector>

#include "heap/snapshot.h"
#include "view/shown_object.h"

namespace holdfast::view {

enum class Debugger : std::uint8_t { kDlv, kGdb };

struct DebuggerCommands {
  std::string open;                   // a command of the shell
  std::vector<std::string> commands;  // to be typed into the debugger
  std::vector<std::string> remarks;   // sentences
};

// `core`: the path of the core file that was looked at; empty for a process and for a capture.
DebuggerCommands debugger_commands(const heap::TargetInfo& target, const std::string& core, const ShownObject& shown,
                                   Debugger debugger);

}  // namespace holdfast::view
