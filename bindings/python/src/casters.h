// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/eigen.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/interval.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

// Quantities are floats in Python, intervals and ranges pairs, enums words.
namespace pybind11::detail {

template <class Tag>
struct type_caster<isoflop::Quantity<Tag>> {
  PYBIND11_TYPE_CASTER(isoflop::Quantity<Tag>, const_name("float"));
  bool load(handle source, bool convert) {
    make_caster<double> number;
    if (!number.load(source, convert)) return false;
    value = isoflop::Quantity<Tag>(cast_op<double>(number));
    return true;
  }
  static handle cast(isoflop::Quantity<Tag> quantity,
                     return_value_policy,
                     handle) {
    return PyFloat_FromDouble(quantity.value());
  }
};

template <>
struct type_caster<isoflop::Interval> {
  PYBIND11_TYPE_CASTER(isoflop::Interval, const_name("tuple[float, float]"));
  bool load(handle, bool) { return false; }
  static handle cast(const isoflop::Interval& interval,
                     return_value_policy,
                     handle) {
    return make_tuple(interval.low, interval.high).release();
  }
};

template <class Q>
struct type_caster<isoflop::Range<Q>> {
  PYBIND11_TYPE_CASTER(isoflop::Range<Q>, const_name("tuple[float, float]"));
  bool load(handle, bool) { return false; }
  static handle cast(const isoflop::Range<Q>& range,
                     return_value_policy,
                     handle) {
    return make_tuple(range.number_of(range.low), range.number_of(range.high))
        .release();
  }
};

template <isoflop::WordedEnum E>
struct type_caster<E> {
  PYBIND11_TYPE_CASTER(E, const_name("str"));
  bool load(handle, bool) { return false; }
  static handle cast(E value, return_value_policy, handle) {
    return str(std::string(isoflop::to_string(value))).release();
  }
};

}  // namespace pybind11::detail
