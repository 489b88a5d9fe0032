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
  EXPECT_EQ(in[0], WordType::pointer(item));
  EXPECT_EQ(in[1], WordType::pointer(item, 0, true));
  EXPECT_EQ(in[2], WordType()) << "length";
  EXPECT_EQ(in[3], WordType()) << "capacity";
  EXPECT_EQ(in[4], WordType()) << "a number";
  EXPECT_EQ(in[5], WordType::part(doer, 0));
  EXPECT_EQ(in[6], WordType::part(doer, 8));
  EXPECT_EQ(in[7], WordType::pointer(item));
}

TEST_F(SignaturesTest, StructsGoFieldByFieldAndFloatsElsewhere) {
  const RegisterWords in = words({wide, pointer});
  EXPECT_EQ(in[0], WordType::part(text, 0));
  EXPECT_EQ(in[1], WordType());
  EXPECT_EQ(in[2], WordType::pointer(item));
  EXPECT_EQ(in[3], WordType::pointer(item)) << "the float took no register of these";
}

TEST_F(SignaturesTest, ArraysOfMoreThanOneGoToTheStack) {
  EXPECT_EQ(words({pair, pointer})[0], WordType::pointer(item));
}

TEST_F(SignaturesTest, WhatDoesNotFitGoesToTheStackWholeAndLaterOnesMayStillFit) {
  const RegisterWords in = words({slice, slice, text, slice, pointer});
  EXPECT_EQ(in[6], WordType::part(text, 0));
  EXPECT_EQ(in[8], WordType::pointer(item)) << "the third slice has three words and one register is left";
}

TEST_F(SignaturesTest, WordsOfValuesKnowTheirFields) {
  const go::Runtime runtime = image.runtime();
  const go::TypeReader reader(runtime);
  WordTypes types(reader);
  EXPECT_EQ(types.word_at(wide, 16), WordType::pointer(item));
  EXPECT_EQ(types.word_at(wide, 24), WordType());
  EXPECT_EQ(types.word_at(wide, 32), WordType()) << "behind it";
  EXPECT_EQ(types.word_at(pair, 8), WordType::pointer(item));
  EXPECT_TRUE(types.begins_with(wide, text));
  EXPECT_TRUE(types.begins_with(pair, pointer));
  EXPECT_FALSE(types.begins_with(text, wide));
  EXPECT_EQ(types.find(Address(0x1238)), nullptr);
}

TEST_F(SignaturesTest, AreMadeOfWhoTellsThem) {
  using Kind = SignatureSource::Kind;
  const Address method = image.function({slice, item}, {text, pointer}, false, "func([]main.Item, main.Item) (...)");
  const Address entry = TypeImage::kText + 0x100;
  const go::Runtime runtime = image.runtime();
  const go::TypeReader reader(runtime);
  const Signatures signatures({{entry, Kind::kMethod, pointer, method},
                               {entry + 8, Kind::kReceiver, item},
                               {entry + 16, Kind::kBytes, item},
                               {entry + 24, Kind::kText, text},
                               {entry + 32, Kind::kMethod, pointer, Address(0x1238)},
                               {TypeImage::kHeap, Kind::kItab, pointer}},
                              reader);
  const Signature* const found = signatures.find(entry);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(signatures.find(entry), found) << "made once";
  EXPECT_EQ(found->in[0], WordType::pointer(item)) << "the receiver";
  EXPECT_EQ(found->in[1], WordType::pointer(item, 0, true));
  EXPECT_EQ(found->out[0], WordType::part(text, 0));
  EXPECT_EQ(found->out[2], WordType::pointer(item));
  EXPECT_TRUE(found->knows_results);
  EXPECT_EQ(signatures.find(entry + 8)->in[0], WordType::pointer(item));
  EXPECT_FALSE(signatures.find(entry + 8)->knows_results);
  EXPECT_EQ(signatures.find(entry + 16)->out[0], WordType::pointer(item, 0, true));
  EXPECT_EQ(signatures.find(entry + 24)->out[0], WordType::part(text, 0));
  EXPECT_EQ(signatures.find(entry + 32)->in[0], WordType()) << "no descriptor lies there";
  EXPECT_EQ(signatures.find(entry + 1), nullptr);
  EXPECT_EQ(signatures.value_behind(TypeImage::kHeap), WordType::pointer(item));
  EXPECT_EQ(signatures.value_behind(entry + 1), WordType());
}

}  // namespace
}  // namespace holdfast::code
