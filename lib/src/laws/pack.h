// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ceres/jet.h>

#include <Eigen/Core>

namespace isoflop {

/// Eight runs at once: a scalar for templated forms whose arithmetic Eigen
/// turns into vector instructions. `ceres::Jet<Pack, P>` then differentiates
/// eight runs at once from the same source as one.
struct Pack {
  static constexpr int kSize = 8;
  using Array = Eigen::Array<double, kSize, 1>;
  static constexpr double kLeastExponent = -700.0;
  /// What Eigen makes of it, to the last bit.
  inline static const double kLeastPower =
      Array::Constant(kLeastExponent).exp()[0];
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
  /// Zero below exp(-700): arithmetic with the smallest doubles takes a hundred
  /// times as long, and a choice by comparison costs a third of the speed.
  friend Pack exp(const Pack& a) {
    return Pack(a.v.max(kLeastExponent).exp() - kLeastPower);
  }
  friend Pack log(const Pack& a) { return Pack(a.v.log()); }
  friend Pack sqrt(const Pack& a) { return Pack(a.v.sqrt()); }
  friend Pack fmin(const Pack& a, const Pack& b) { return Pack(a.v.min(b.v)); }
};

/// A jet of packs takes the smaller number of each lane with its derivatives.
template <int N>
ceres::Jet<Pack, N> fmin(const ceres::Jet<Pack, N>& a,
                         const ceres::Jet<Pack, N>& b) {
  const auto first = a.a.v <= b.a.v;
  ceres::Jet<Pack, N> least;
  least.a = Pack(first.select(a.a.v, b.a.v));
  for (int i = 0; i < N; ++i) {
    least.v[i] = Pack(first.select(a.v[i].v, b.v[i].v));
  }
  return least;
}

// Ceres mixes jets with their own scalar only.
template <int N>
ceres::Jet<Pack, N> operator+(double s, const ceres::Jet<Pack, N>& f) {
  return f + Pack(s);
}
template <int N>
ceres::Jet<Pack, N> operator-(double s, const ceres::Jet<Pack, N>& f) {
  return Pack(s) - f;
}
template <int N>
ceres::Jet<Pack, N> operator*(double s, const ceres::Jet<Pack, N>& f) {
  return f * Pack(s);
}
template <int N>
ceres::Jet<Pack, N> operator/(double s, const ceres::Jet<Pack, N>& f) {
  return Pack(s) / f;
}
template <int N>
ceres::Jet<Pack, N> operator+(const ceres::Jet<Pack, N>& f, double s) {
  return f + Pack(s);
}
template <int N>
ceres::Jet<Pack, N> operator-(const ceres::Jet<Pack, N>& f, double s) {
  return f - Pack(s);
}
template <int N>
ceres::Jet<Pack, N> operator*(const ceres::Jet<Pack, N>& f, double s) {
  return f * Pack(s);
}
template <int N>
ceres::Jet<Pack, N> operator/(const ceres::Jet<Pack, N>& f, double s) {
  return f / Pack(s);
}

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
