#include "code/signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "go/type_image_for_tests.h"

namespace holdfast::code {
namespace {

using go::TypeImage;
using go::TypeKind;

class SignaturesTest : public testing::Test {
 protected:
  SignaturesTest() {
    integer = image.integer();
    floating = image.basic(TypeKind::kFloat64, "float64", 8, {false});
    text = image.string();
    item = image.structure({{"n", integer, 0}}, 8, "main.Item", {"main", {}});
    pointer = image.pointer(item, "*main.Item");
    slice = image.slice(item, "[]main.Item");
    pair = image.array(pointer, 2, "[2]*main.Item");
    wide = image.structure({{"name", text, 0}, {"item", pointer, 16}, {"rate", floating, 24}}, 32, "main.Wide",
                           {"main", {}});
    doer = image.interface({}, "main.Doer", {"main", {}});
  }
  RegisterWords words(const std::vector<Address>& values) {
    const go::Runtime runtime = image.runtime();
    const go::TypeReader reader(runtime);
    WordTypes types(reader);
    return in_registers(types, values);
  }
  TypeImage image{26};
  Address integer, floating, text, item, pointer, slice, pair, wide, doer;
};

TEST_F(SignaturesTest, EachWordOfAValueHasARegister) {
  const RegisterWords in = words({pointer, slice, integer, doer, pointer});
  EXPECT_EQ(in[0], Word::pointer(item));
  EXPECT_EQ(in[1], Word::pointer(item, 0, true));
  EXPECT_EQ(in[2], Word()) << "length";
  EXPECT_EQ(in[3], Word()) << "capacity";
  EXPECT_EQ(in[4], Word()) << "a number";
  EXPECT_EQ(in[5], Word::part(doer, 0));
  EXPECT_EQ(in[6], Word::part(doer, 8));
  EXPECT_EQ(in[7], Word::pointer(item));
}

TEST_F(SignaturesTest, StructsGoFieldByFieldAndFloatsElsewhere) {
  const RegisterWords in = words({wide, pointer});
  EXPECT_EQ(in[0], Word::part(text, 0));
  EXPECT_EQ(in[1], Word());
  EXPECT_EQ(in[2], Word::pointer(item));
  EXPECT_EQ(in[3], Word::pointer(item)) << "the float took no register of these";
}

TEST_F(SignaturesTest, ArraysOfMoreThanOneGoToTheStack) {
  EXPECT_EQ(words({pair, pointer})[0], Word::pointer(item));
}

TEST_F(SignaturesTest, WhatDoesNotFitGoesToTheStackWholeAndLaterOnesMayStillFit) {
  const RegisterWords in = words({slice, slice, text, slice, pointer});
  EXPECT_EQ(in[6], Word::part(text, 0));
  EXPECT_EQ(in[8], Word::pointer(item)) << "the third slice has three words and one register is left";
}

TEST_F(SignaturesTest, WordsOfValuesKnowTheirFields) {
  const go::Runtime runtime = image.runtime();
  const go::TypeReader reader(runtime);
  WordTypes types(reader);
  EXPECT_EQ(types.word_at(wide, 16), Word::pointer(item));
  EXPECT_EQ(types.word_at(wide, 24), Word());
  EXPECT_EQ(types.word_at(wide, 32), Word()) << "behind it";
  EXPECT_EQ(types.word_at(pair, 8), Word::pointer(item));
  EXPECT_TRUE(types.begins_with(wide, text));
  EXPECT_TRUE(types.begins_with(pair, pointer));
  EXPECT_FALSE(types.begins_with(text, wide));
  EXPECT_EQ(types.find(Address(0x1238)), nullptr);
}

}  // namespace
}  // namespace holdfast::code
