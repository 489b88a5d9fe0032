// A small program, and a heap of its values, for tests of what follows from what.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "typing/heap_for_tests.h"
#include "typing/propagate.h"

namespace holdfast::typing {

class Propagate : public testing::Test {
 protected:
  explicit Propagate(int minor = 26) : program(minor), image(program.image) {
    integer = image.integer();
    string = image.string();
    item = image.structure({{"n", integer, 0}, {"name", string, 8}, {"next", pointer_later(), 24}}, 32, "main.Item",
                           {"main", {}});
    image.write(item_pointer + go::kElemAt, item.value);
    set_direct(item_pointer);
  }
  Address pointer_later() { return item_pointer = image.pointer(Address(), "*main.Item"); }
  void set_direct(Address type) {
    auto header = *go::read_type_header(image.memory(), type);
    header.tflag |= 32;  // since Go 1.26
    image.write(type, header);
  }
  std::string type(const Propagation& p, std::uint32_t row) { return program.name(p.type(row)); }

  TestProgram program;
  go::TypeImage& image;
  TestHeap heap;
  Address integer, string, item, item_pointer;
};

}  // namespace holdfast::typing
