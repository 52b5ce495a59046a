// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keywords.h"

namespace isoflop::python {

/// A member of a plain struct and its name in Python.
template <class T, class V>
struct Member {
  const char* name;
  V T::*at;
};

/// A plain struct, made of keywords: those that are absent are as in one made
/// by default.
template <class T, class... V>
py::class_<T> bind_plain(py::module_& module,
                         const char* name,
                         const char* doc,
                         Member<T, V>... member) {
  const T defaults;
  py::class_<T> result(module, name, doc);
  result.def(py::init([member...](V... value) {
               T made;
               ((made.*(member.at) = value), ...);
               return made;
             }),
             (py::arg(member.name) = defaults.*(member.at))...);
  (result.def_readonly(member.name, member.at), ...);
  return result;
}

}  // namespace isoflop::python
