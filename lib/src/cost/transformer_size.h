// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/cost/transformer.h"

namespace isoflop {

/// `size_of` a shape that is known to be `completed`, for loops.
TransformerSize size_of_completed(const Transformer& shape);

}  // namespace isoflop
