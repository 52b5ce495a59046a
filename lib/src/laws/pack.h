// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace isoflop {

/// Eight runs at once: a scalar for templated forms whose arithmetic Eigen
/// turns into vector instructions. `ceres::Jet<Pack, P>` then differentiates
/// eight runs at once from the same source as one.
struct Pack {
  static constexpr int kSize = 8;
  using Array = Eigen::Array<double, kSize, 1>;
  Array v;

  Pack() : Pack(0.0) {}
  Pack(double value) : v(Array::Constant(value)) {}  // NOLINT: a scalar
  template <class Derived>
  explicit Pack(const Eigen::ArrayBase<Derived>& values) : v(values) {}

  Pack& operator+=(const Pack& b) {
    v += b.v;
    return *this;
  }
  Pack& operator-=(const Pack& b) {
    v -= b.v;
    return *this;
  }
  Pack& operator*=(const Pack& b) {
    v *= b.v;
    return *this;
  }
  Pack& operator/=(const Pack& b) {
    v /= b.v;
    return *this;
  }
  friend Pack operator+(const Pack& a, const Pack& b) {
    return Pack(a.v + b.v);
  }
  friend Pack operator-(const Pack& a, const Pack& b) {
    return Pack(a.v - b.v);
  }
  friend Pack operator*(const Pack& a, const Pack& b) {
    return Pack(a.v * b.v);
  }
  friend Pack operator/(const Pack& a, const Pack& b) {
    return Pack(a.v / b.v);
  }
  friend Pack operator-(const Pack& a) { return Pack(-a.v); }
  friend Pack exp(const Pack& a) { return Pack(a.v.exp()); }
  friend Pack log(const Pack& a) { return Pack(a.v.log()); }
  friend Pack sqrt(const Pack& a) { return Pack(a.v.sqrt()); }
};

}  // namespace isoflop

template <>
struct Eigen::NumTraits<isoflop::Pack> : Eigen::GenericNumTraits<double> {
  using Real = isoflop::Pack;
  using NonInteger = isoflop::Pack;
  using Nested = isoflop::Pack;
  using Literal = double;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 0,
    ReadCost = 8,
    AddCost = 8,
    MulCost = 8
  };
};
