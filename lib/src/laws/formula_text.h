// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

/// What a step of a formula does. A program of steps has no Log10 and only
/// whole constant powers, see `compile`.
enum class FormulaOp : std::uint8_t {
  Number,
  Input,
  Coefficient,
  Negate,
  Add,
  Subtract,
  Multiply,
  Divide,
  Power,
  Exp,
  Log,
  Log10,
  Sqrt,
  Sin,
  Cos,
  Atan,
  Abs,
  Min,
  Max
};

/// One step: an operation on the results of earlier ones.
struct FormulaStep {
  FormulaOp op = FormulaOp::Number;
  int a = -1;           ///< first operand, a place among the steps
  int b = -1;           ///< second operand
  double number = 0.0;  ///< of a Number; the exponent of a program's Power
  int index = -1;       ///< of an Input or a Coefficient
};

/// A formula as it was written: steps after their operands, the last one is
/// the value.
struct FormulaText {
  std::string text;  ///< on one line, no blanks at the ends
  std::vector<FormulaStep> steps;
  std::vector<std::string> inputs;        ///< names, in order of appearance
  std::vector<std::string> coefficients;  ///< names, in order of appearance
};

/// Whether a text is meant as a formula: it has an operator or a parenthesis,
/// begins with a digit, or is empty and so no name either.
bool is_formula(std::string_view text);

/// @param columns  names that are inputs besides those of the variables
/// @throws std::invalid_argument saying what is wrong at which character.
FormulaText parse_formula(std::string_view text,
                          std::span<const std::string> columns);

}  // namespace isoflop
