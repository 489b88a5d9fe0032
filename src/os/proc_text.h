// Small texts of /proc and /sys, and how they are taken apart. Views point into the text that they are taken from. All
// functions can be called by several threads at once.
#pragma once

#include <sys/types.h>

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::os {

// Reads the whole file. None, with errno set, if it cannot be opened or read; such a file can vanish between the two.
std::optional<std::string> try_read_text(const std::string& path);

// Takes the first line, without its end, off `text`. None at the end.
std::optional<std::string_view> next_line(std::string_view& text);
// Takes the first word, ended by spaces or tabs, off `text`; empty at the end.
std::string_view next_word(std::string_view& text);
// Returns what follows "<name>:" in the first line that begins so, without blanks around it.
std::optional<std::string_view> labelled(std::string_view text, std::string_view name);

// Returns the number that `text` begins with, if it does.
template <std::integral T>
std::optional<T> leading_number(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return std::nullopt;
  return value;
}
// Returns a number only if `text` is nothing else.
template <std::integral T>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Undoes the kernel's three-digit octal escapes ("\012"). A path that really holds such a text cannot be told apart.
std::string unescape_octal(std::string_view text);

// Takes the mark off with which the kernel names a file that is gone ("/bin/server (deleted)"); other paths stay as
// they are.
std::string_view without_deleted_mark(std::string_view path);

// Makes the path /proc/PID/task/TID/FILE.
std::string thread_file(pid_t pid, pid_t tid, std::string_view file);

}  // namespace holdfast::os
