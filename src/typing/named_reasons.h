// Tells the reasons that the propagation kept (typing/reasons.h) with names: of types, fields, variables, functions.
// Reading is safe from several threads. Nothing throws.
#pragma once

#include <vector>

#include "heap/type_reasons.h"
#include "typing/find_types.h"
#include "typing/reasons.h"
#include "typing/type_table.h"

namespace holdfast::typing {

class NamedReasons : public heap::TypeReasons {
 public:
  // `snapshot` must have its types, `reasons` must be finished. All must outlive this.
  NamedReasons(const TypeInputs& inputs, const heap::Snapshot& snapshot, const TypeTable& table,
               const Reasons& reasons);

  heap::TypeChain chain(ObjectId object) const override;
  std::vector<heap::TypeConflict> conflicts() const override;
  heap::VariableWord variable_at(Address address) const override;

 private:
  // What one step is about: an object as what it was taken for at that time, or a value outside of the heap.
  struct Subject {
    bool outside = false;
    std::uint32_t row = 0;  // of the object, or of the grounds that tell what the value is
    TypeId type;
    Source source;  // of the object's claim
    bool replaced = false;
  };
  Subject subject(std::uint32_t row, std::uint32_t time) const;
  Subject current(std::uint32_t row) const;
  heap::TypeStep step(const Subject& subject) const;
  // Finds the subject that leads to this one; false at the end of the chain.
  bool next(const Subject& subject, Subject& holder) const;
  void tell_holder(const Subject& holder, std::uint32_t word, heap::TypeStep& step) const;
  void tell_grounds(const Grounds& grounds, std::uint32_t word, heap::TypeStep& step) const;
  void tell_code(Address code, heap::TypeStep& step) const;
  void tell_closure(heap::TypeStep& step) const;
  void tell_interface(heap::TypeStep& step) const;
  heap::VariableWord variable_of(const Grounds& grounds, Address word) const;
  void tell_rule(TypeId type, std::uint64_t offset, heap::TypeStep& step) const;
  Address begin_of(std::uint32_t row) const;
  std::uint64_t room_of(std::uint32_t row) const;

  const TypeInputs& inputs_;
  const go::Runtime& runtime_;
  const heap::Snapshot& snapshot_;
  const TypeTable& table_;
  const Reasons& reasons_;
};

}  // namespace holdfast::typing
