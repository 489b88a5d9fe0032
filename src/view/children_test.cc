#include "view/children.h"

#include <gmock/gmock.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::TypeKind;
using heap::testing::HeapBuilder;

class ChildrenTest : public testing::Test {
 protected:
  ChildrenTest() {
    const TypeId pointer = heap_.pointer_type("*main.node");
    const TypeId map = heap_.type("map[int]*main.node", TypeKind::kMap, 8, pointer);
    const TypeId slice = heap_.type("[]*main.node", TypeKind::kSlice, 24, pointer);
    header_ = heap_.type_of_role(heap::TypeRole::kMapHeader, 48, map);
    group_ = heap_.type_of_role(heap::TypeRole::kMapGroup, 64, map);
    node_ = heap_.structure("main.node", 48,
                            {{"parent", pointer, 0}, {"map", map, 8}, {"list", slice, 16}, {"first", pointer, 40}});
  }
  HeapBuilder::Handle node() { return heap_.object(48, node_); }
  template <typename Made = Children>
  Made made(std::string_view rules) {
    rules_.add(rules, "my.rules");
    snapshot_ = heap_.build();
    const heap::ObjectIndex index(snapshot_);
    return Made(snapshot_, index, TypeRules(snapshot_, rules_));
  }

  HeapBuilder heap_;
  heap::OwnerRules rules_;
  heap::Snapshot snapshot_;
  TypeId header_, group_, node_;
};

TEST_F(ChildrenTest, AreWhatAMapAnArrayOrAPointerOfTheFieldHas) {
  const auto parent = node(), in_map = node(), also_in_map = node(), in_list = node(), first = node();
  const auto header = heap_.object(48, header_), group = heap_.object(64, group_), array = heap_.object(64);
  heap_.edge(parent, 8, header).edge(header, 8, group).edge(group, 8, in_map).edge(group, 16, also_in_map);
  heap_.edge(group, 24, header);  // parts that lead back to each other
  heap_.edge(parent, 16, array).edge(array, 0, in_list).edge(parent, 40, first).edge(first, 0, parent);
  const Children children =
      made("children x main.node.map busy\nchildren x main.node.list busy\nchildren x main.node.first busy");
  for (const auto& child : {in_map, also_in_map, in_list, first}) {
    EXPECT_EQ(children.parent(heap_.id(child)), heap_.id(parent)) << child.row;
    EXPECT_EQ(children.generation(heap_.id(child)), 1U);
  }
  EXPECT_EQ(children.rule(heap_.id(in_map)), RuleId(0));
  EXPECT_EQ(children.rule(heap_.id(in_list)), RuleId(1));
  for (const auto& other : {parent, header, group, array})
    EXPECT_FALSE(children.is_child(heap_.id(other))) << other.row;
}

TEST_F(ChildrenTest, HaveAsManyGenerationsAsParentsAbove) {
  std::vector<HeapBuilder::Handle> nodes;
  for (int i = 0; i < 400; ++i) nodes.push_back(node());
  for (std::size_t i = 1; i < nodes.size(); ++i) heap_.edge(nodes[i], 40, nodes[i - 1]);  // the last one is above all
  const Children children = made("children x main.node.first busy");
  EXPECT_EQ(children.generation(heap_.id(nodes[399])), 0U);
  EXPECT_EQ(children.generation(heap_.id(nodes[398])), 1U);
  EXPECT_EQ(children.generation(heap_.id(nodes[397])), 2U);
  EXPECT_EQ(children.generation(heap_.id(nodes[0])), Children::kMostGenerations);
}

TEST_F(ChildrenTest, MayBeTheirOwnParents) {
  const auto a = node(), b = node(), alone = node();
  heap_.edge(a, 40, b).edge(b, 40, a).edge(alone, 40, alone);
  const Children children = made("children x main.node.first busy");
  EXPECT_EQ(children.generation(heap_.id(a)), Children::kMostGenerations);
  EXPECT_EQ(children.generation(heap_.id(b)), Children::kMostGenerations);
  EXPECT_FALSE(children.is_child(heap_.id(alone)));
}

TEST_F(ChildrenTest, AreNoneWithoutARule) {
  const auto parent = node(), child = node();
  heap_.edge(parent, 40, child);
  EXPECT_FALSE(made("weak main.node.parent").is_child(heap_.id(child)));
}

TEST_F(ChildrenTest, AreBesidePartsOfParts) {
  const TypeId outer = heap_.structure("main.outer", 56, {{"inner", heap_.pointer_type("*main.node"), 0}});
  const TypeId around = heap_.structure("main.around", 48, {{"inner", node_, 0}});
  const auto thing = heap_.object(56, outer), inner = node(), value = heap_.object(48, around), first = node();
  const auto header = heap_.object(48, header_);
  heap_.edge(thing, 0, inner).edge(inner, 8, header).edge(value, 40, first);
  const auto parts = made<Parts>("part main.outer.inner\npart main.around.inner\npart main.node.map");
  EXPECT_EQ(parts.thing(heap_.id(inner)), heap_.id(thing));
  EXPECT_EQ(parts.thing(heap_.id(header)), heap_.id(thing));
  EXPECT_FALSE(parts.is_part(heap_.id(first))) << "a value has fields, and leads to nothing itself";
}

TEST_F(ChildrenTest, AreBesideThePartsOfTheirParent) {
  const auto parent = node(), child = node(), first = node(), other = node();
  const auto header = heap_.object(48, header_), group = heap_.object(64, group_);
  heap_.edge(parent, 0, other).edge(parent, 8, header).edge(header, 8, group).edge(group, 8, child);
  heap_.edge(parent, 40, first).edge(first, 0, parent);
  const auto parts = made<Parts>("part main.node.map\npart main.node.first");
  for (const auto& part : {header, group, first}) {
    EXPECT_TRUE(parts.is_part(heap_.id(part))) << part.row;
    EXPECT_EQ(parts.thing(heap_.id(part)), heap_.id(parent)) << part.row;
  }
  for (const auto& no_part : {parent, child, other}) {
    EXPECT_FALSE(parts.is_part(heap_.id(no_part))) << no_part.row;
    EXPECT_EQ(parts.thing(heap_.id(no_part)), heap_.id(no_part));
  }
}

}  // namespace
}  // namespace holdfast::view
