// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cost/shapes.h"
#include "isoflop/base/random.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/cost/failures.h"
#include "isoflop/cost/memory.h"
#include "isoflop/cost/serving.h"
#include "isoflop/cost/training.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::deepseek_v3;
using ::testing::HasSubstr;
using testing::kRounding;
using testing::kSolverParameters;
using testing::llama_3;
using testing::message_of;
using testing::near_rel;

TEST(Transformer, FillsInWhatZeroStandsFor) {
  Transformer shape = llama_3(8);
  shape.kv_heads = 0;
  EXPECT_EQ(completed(shape).kv_heads, 32);
  EXPECT_EQ(completed(shape).head_size, 128);
}

TEST(Transformer, RefusesWhatCannotBelongTogether) {
  const auto refusal = [](auto change) {
    Transformer shape = llama_3(8);
    change(shape);
    return message_of<std::invalid_argument>([&] { size_of(shape); });
  };
  EXPECT_THAT(refusal([](auto& s) { s.layers = 0; }), HasSubstr("layers"));
  EXPECT_THAT(refusal([](auto& s) { s.heads = 33; }), HasSubstr("multiple"));
  EXPECT_THAT(refusal([](auto& s) { s.kv_heads = 7; }), HasSubstr("kv_heads"));
  EXPECT_THAT(refusal([](auto& s) { s.experts = 8; }),
              HasSubstr("experts_per_token"));
  EXPECT_THAT(refusal([](auto& s) { s.shared_experts = 1; }),
              HasSubstr("need experts"));
  EXPECT_THAT(refusal([](auto& s) { s.kv_rank = 512; }),
              HasSubstr("value_size"));
  EXPECT_THAT(refusal([](auto& s) { s.feed_forward = 0; }),
              HasSubstr("feed_forward"));
}

TEST(Transformer, TrainingIsThreeForwardPasses) {
  for (const Transformer& shape : {llama_3(70), deepseek_v3()}) {
    EXPECT_THAT(training_flops(shape, Tokens(0)).value(),
                near_rel(6 * size_of(shape).active.value(), kRounding));
    EXPECT_THAT(forward_flops(shape, Tokens(0)).value(),
                near_rel(2 * size_of(shape).active.value(), kRounding));
  }
}

TEST(Transformer, SmallModelsCostMoreThanSixN) {
  // A tied table is multiplied with once: only attention is added.
  double last = 10.0;
  for (const int layers : {4, 12, 24, 48}) {
    Transformer shape;
    shape.layers = layers;
    shape.heads = layers;
    shape.width = 64 * layers;
    shape.feed_forward = 4 * shape.width;
    shape.vocabulary = 1000;
    shape.is_plain = shape.ties_embeddings = true;
    const double factor = training_flops_over_6n(shape, Tokens(2048));
    EXPECT_GT(factor, 1.0);
    EXPECT_LT(training_flops_over_6n(shape, Tokens(1024)), factor);
    if (layers > 4) {
      EXPECT_LT(factor, last);
    }
    last = factor;
  }
}

TEST(Transformer, TypicalOneHasTheSizeAskedFor) {
  for (double params = 2e6; params < 3e13; params *= 1.37) {
    const Transformer shape = typical_transformer(Params(params));
    EXPECT_THAT(size_of(shape).total.value(), near_rel(params, {5e-3}));
    // Above 8 the heads come in eights, which is coarse in small models.
    const double most = params > 1e10 ? 0.6 : params > 1e8 ? 1.5 : 4.0;
    EXPECT_LT(std::abs(std::log2(double(shape.layers) / shape.heads)), most)
        << params;
  }
  EXPECT_EQ(typical_transformer(Params(8.03e9)).layers, 32);
  EXPECT_EQ(typical_transformer(Params(8.03e9)).width, 4096);
  EXPECT_THROW(typical_transformer(Params(0)), std::invalid_argument);
}

TEST(Training, TimeAndWorkAreInverse) {
  const FlopsPerSecond peak(1e15);
  const DeviceHours time = device_hours(Flops(1e24), peak, Share(0.4));
  EXPECT_THAT(flops_in(time, peak, Share(0.4)).value(),
              near_rel(1e24, kRounding));
  EXPECT_THAT(wall_time(time, 1000).value() * 1000 / 3600,
              near_rel(time.value(), kRounding));
}

TEST(Training, UtilisationIsOfThePeakAtThePrecision) {
  const Accelerator h100 = find_accelerator("h100-sxm");
  const Utilisation bf16 = published_utilisation(h100, Precision::Bf16);
  const Utilisation fp8 = published_utilisation(h100, Precision::Fp8);
  EXPECT_FALSE(bf16.is_assumed);
  EXPECT_EQ(bf16.mfu, Range<Share>(Share(0.38), Share(0.43)));
  EXPECT_THAT(fp8.mfu.low.value() * h100.fp8->value(),
              near_rel(bf16.mfu.low.value() * h100.bf16->value(), kRounding));
  const Utilisation other =
      published_utilisation(find_accelerator("b200-sxm"), Precision::Bf16);
  EXPECT_TRUE(other.is_assumed);
  EXPECT_EQ(other.mfu, Range<Share>(Share(0.34), Share(0.52)));
  EXPECT_THAT(message_of([&] { peak_flops(h100, Precision::Fp4); }),
              HasSubstr("no fp4 peak of h100-sxm"));
}

TEST(Training, BreakEvenRentMakesTheDollarsEqual) {
  const Accelerator a = find_accelerator("h100-sxm");
  const Accelerator b = find_accelerator("b200-sxm");
  const UsdPerHour price =
      break_even_rent(UsdPerHour(2), *a.bf16, Share(0.4), *b.bf16, Share(0.35));
  EXPECT_THAT(
      rent(device_hours(Flops(1e25), *b.bf16, Share(0.35)), price).value(),
      near_rel(
          rent(device_hours(Flops(1e25), *a.bf16, Share(0.4)), UsdPerHour(2))
              .value(),
          kRounding));
}

TEST(Memory, SmallestShardingFitsAndOneCutLessDoesNot) {
  const Accelerator h100 = find_accelerator("h100-sxm");
  for (const int billions : {8, 70, 405}) {
    const Transformer shape = llama_3(billions);
    const auto found = smallest_sharding(shape, h100, 16384);
    ASSERT_TRUE(found.has_value()) << billions;
    EXPECT_LE(found->tensor, 8);
    EXPECT_LE(found->devices(), 16384);
    EXPECT_LE(memory_per_device(shape, *found).total(),
              kUsableMemory.value() * *h100.memory);
    if (found->pipeline > 1) {
      Sharding less = *found;
      less.pipeline /= 2;
      less.data *= 2;
      less.zero = 2;
      EXPECT_GT(memory_per_device(shape, less).total(),
                kUsableMemory.value() * *h100.memory);
    }
  }
}

TEST(Memory, LargerModelsAreCutMore) {
  const Accelerator h100 = find_accelerator("h100-sxm");
  int last = 0;
  for (double params = 1e8; params < 5e11; params *= 3) {
    const auto found =
        smallest_sharding(typical_transformer(Params(params)), h100, 16384);
    ASSERT_TRUE(found.has_value());
    EXPECT_GE(found->tensor * found->pipeline, last);
    last = found->tensor * found->pipeline;
  }
  EXPECT_GT(last, 1);
  EXPECT_FALSE(smallest_sharding(llama_3(405), h100, 8).has_value());
}

TEST(Memory, FastLinksBoundTensorAndExpertGroups) {
  for (const char* id : {"h100-sxm", "gb200-nvl72"}) {
    const Accelerator device = find_accelerator(id);
    const auto found = smallest_sharding(deepseek_v3(), device, 2048);
    ASSERT_TRUE(found.has_value());
    EXPECT_LE(found->tensor * found->expert, *device.scaleup_devices);
    EXPECT_EQ(found->data % found->expert, 0);
  }
}

TEST(Memory, RecomputingKeepsLess) {
  TrainingMemory held;
  const Bytes all = memory_per_device(llama_3(70), {}, held).activations;
  held.recomputes = true;
  EXPECT_LT(memory_per_device(llama_3(70), {}, held).activations, all / 8);
  EXPECT_THROW(memory_per_device(llama_3(8), {2, 1, 1, 4, 0}),
               std::invalid_argument);
}

TEST(Failures, YoungsIntervalLosesLeastToFirstOrder) {
  const Seconds mtbf(20000);
  const Seconds best = young_interval(Seconds(30), mtbf);
  const auto kept = [&](double factor) {
    return goodput(best * factor, Seconds(30), Seconds(300), mtbf).value();
  };
  EXPECT_GT(kept(1.0), kept(0.7));
  EXPECT_GT(kept(1.0), kept(1.4));
  EXPECT_EQ(daly_interval(Seconds(30), mtbf), best - Seconds(30));
  EXPECT_EQ(daly_interval(Seconds(300), Seconds(500)), Seconds(500));
}

TEST(Failures, GoodputIsThatOfSimulatedFailures) {
  const double mean = 5000, interval = 600, checkpoint = 40, restart = 200;
  RandomStream random(7, 0);
  double clock = 0, kept = 0;
  for (int segment = 0; segment < 200000; ++segment) {
    double next = -mean * std::log1p(-random.uniform());
    while (next < interval + checkpoint) {
      clock += next;
      // A restart may fail too.
      while ((next = -mean * std::log1p(-random.uniform())) < restart) {
        clock += next;
      }
      clock += restart;
      next = -mean * std::log1p(-random.uniform());
    }
    clock += interval + checkpoint;
    kept += interval;
  }
  // 200,000 segments: the standard error is below 0.1 %.
  EXPECT_THAT(goodput(Seconds(interval),
                      Seconds(checkpoint),
                      Seconds(restart),
                      Seconds(mean))
                  .value(),
              near_rel(kept / clock, {4e-3}));
}

TEST(Failures, MoreDevicesKeepLess) {
  double last = 1.0;
  for (double devices = 8; devices < 1e7; devices *= 4) {
    const Reliability now = reliability({}, devices);
    EXPECT_LT(now.goodput.value(), last);
    EXPECT_GE(now.goodput.value(), 0.0);
    last = now.goodput.value();
  }
}

TEST(Serving, ExpertsTouchedRiseFromActiveToAll) {
  const Transformer shape = deepseek_v3();
  EXPECT_THAT(experts_touched(shape, 1), near_rel(8, kRounding));
  EXPECT_THAT(experts_touched(shape, 1e6), near_rel(256, kRounding));
  // 256 (1 - (1 - 1/32)^10)
  EXPECT_THAT(experts_touched(shape, 10),
              near_rel(256 * (1 - std::pow(31.0 / 32, 10)), kRounding));
  EXPECT_EQ(experts_touched(llama_3(8), 100), 0.0);
}

TEST(Serving, OneUserReadsTheActiveWeights) {
  ServingLoad load;
  load.context = Tokens(0);
  const Accelerator device = find_accelerator("h100-sxm");
  const Decode speed = decode(device, deepseek_v3(), load, 1, 8);
  const double bytes = 2 * size_of(deepseek_v3()).active.value();
  EXPECT_THAT(
      speed.per_user.value(),
      near_rel(8 * device.memory_bandwidth->value() / bytes, kRounding));
  EXPECT_FALSE(speed.computes);
}

TEST(Serving, UsersShareTheWeightsUntilArithmeticBinds) {
  const Accelerator device = find_accelerator("h100-sxm");
  ServingLoad load;
  load.context = Tokens(0);
  const double crossover = crossover_users(device, Precision::Bf16, 16);
  const Transformer shape = llama_3(8);
  EXPECT_FALSE(decode(device, shape, load, 0.99 * crossover, 1).computes);
  EXPECT_TRUE(decode(device, shape, load, 1.01 * crossover, 1).computes);
  const auto per_device = [&](double users) {
    return decode(device, shape, load, users, 1).per_device.value();
  };
  EXPECT_THAT(per_device(100), near_rel(100 * per_device(1), kRounding));
  EXPECT_THAT(per_device(4000), near_rel(per_device(2000), kRounding));
}

TEST(Serving, CheapestGroupIsFastEnoughAndFits) {
  const Accelerator device = find_accelerator("h100-sxm");
  ServingLoad load;
  double last = HUGE_VAL;
  for (const double speed : {0.0, 10.0, 30.0, 60.0}) {
    const auto found =
        cheapest_decode(device, llama_3(70), load, TokensPerSecond(speed));
    ASSERT_TRUE(found.has_value());
    EXPECT_GE(found->per_user.value(), speed);
    EXPECT_LE(found->memory, kUsableMemory.value() * *device.memory);
    EXPECT_LE(found->per_device.value(), last);
    last = found->per_device.value();
    for (int devices = 1; devices <= 8; devices *= 2) {
      for (double users = 1; users < 4096; users *= 1.5) {
        const Decode other =
            decode(device, llama_3(70), load, std::floor(users), devices);
        if (other.per_user.value() < speed ||
            other.memory > kUsableMemory.value() * *device.memory) {
          continue;
        }
        EXPECT_LE(other.per_device, found->per_device);
      }
    }
  }
  EXPECT_FALSE(cheapest_decode(device, llama_3(405), load, TokensPerSecond(1))
                   .has_value());
  EXPECT_FALSE(cheapest_decode(device, llama_3(70), load, TokensPerSecond(1e4))
                   .has_value());
}

TEST(Serving, PhonesHoldWhatFits) {
  ServingLoad load;
  load.weight_bits = 4;
  const Accelerator phone = find_accelerator("snapdragon-8-elite");
  const auto small = decode_alone(phone, llama_3(8), load);
  ASSERT_TRUE(small.has_value());
  // Measured on such phones: 8 to 15 tokens/s at 4 bits.
  EXPECT_GT(small->per_user.value(), 15);
  EXPECT_LT(small->per_user.value(), 25);
  EXPECT_FALSE(decode_alone(phone, llama_3(70), load).has_value());
}

TEST(Serving, PriceIsRentOverTokens) {
  Decode speed;
  speed.per_device = TokensPerSecond(1000);
  // 3.6M tokens an hour.
  EXPECT_THAT(price_of(speed, UsdPerHour(3.6)).value(), near_rel(1, kRounding));
}

TEST(Serving, PrefillIsBoundByArithmetic) {
  const Accelerator device = find_accelerator("h100-sxm");
  const TokensPerSecond speed =
      prefill(device, llama_3(8), Tokens(0), Share(0.5));
  EXPECT_THAT(speed.value(),
              near_rel(0.5 * 9.894e14 / (2 * 7504924672.0), kRounding));
  EXPECT_LT(prefill(device, llama_3(8), Tokens(1e5), Share(0.5)), speed);
}

TEST(DataSupply, DistinctTokensAreWorthThemselves) {
  const Law law = published_law("muennighoff2023");
  EXPECT_THAT(worth_of_repeats(law, Tokens(1e11), Tokens(1e11)).value(),
              near_rel(1e11, kRounding));
  EXPECT_THAT(worth_of_repeats(law, Tokens(1e10), Tokens(1e11)).value(),
              near_rel(1e10, kRounding));
  EXPECT_THAT(message_of([] {
                worth_of_repeats(
                    published_law("besiroglu2024"), Tokens(1), Tokens(1));
              }),
              HasSubstr("data_constrained"));
}

TEST(DataSupply, SyntheticTokensCostAllThatIsThrownAway) {
  const SyntheticData plain{Params(70e9), Share(0.25), {}};
  const SyntheticData judged{Params(70e9), Share(0.25), Params(7e9)};
  EXPECT_THAT(synthetic_flops(plain).value(), near_rel(5.6e11, kRounding));
  EXPECT_THAT(synthetic_flops(judged).value(), near_rel(6.16e11, kRounding));
  EXPECT_THAT(synthetic_over_training(plain, Params(70e9)),
              near_rel(1 / (3 * 0.25), kRounding));
}

TEST(DataSupply, StockLastsUntilGrowthMeetsIt) {
  EXPECT_THAT(years_until_exhausted(Tokens(15e12), 2.0, Tokens(240e12)),
              near_rel(4.0, kRounding));
  EXPECT_EQ(years_until_exhausted(Tokens(2e15), 2.0, Tokens(kDataStock)), 0.0);
  EXPECT_THROW(years_until_exhausted(Tokens(1), 1.0, Tokens(2)),
               std::invalid_argument);
}

}  // namespace
}  // namespace isoflop
