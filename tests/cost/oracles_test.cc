// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "cost/shapes.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/cost/failures.h"
#include "isoflop/cost/memory.h"
#include "isoflop/cost/serving.h"
#include "isoflop/cost/training.h"
#include "support/reference.h"

namespace isoflop {
namespace {

using testing::deepseek_v3;
using testing::gpt_3;
using testing::llama_3;
using testing::reference_rows;
using Numbers = std::map<std::string, double>;

void add_shapes(Numbers& known) {
  known["llama-3-8b params"] = size_of(llama_3(8)).total.value();
  known["llama-3-70b params"] = size_of(llama_3(70)).total.value();
  known["llama-3-405b params"] = size_of(llama_3(405)).total.value();
  known["gpt-3 params B"] = size_of(gpt_3()).total.value() / 1e9;
  const TransformerSize deepseek = size_of(deepseek_v3());
  known["deepseek-v3 params B"] = deepseek.total.value() / 1e9;
  known["deepseek-v3 active B"] = deepseek.active.value() / 1e9;
  known["deepseek-v3 kv kB"] = kv_bytes(deepseek_v3()).value() / 1e3;
  known["llama-3-8b kv kB"] = kv_bytes(llama_3(8)).value() / 1e3;
  const double with = training_flops(llama_3(8), Tokens(8192)).value();
  const double without = training_flops(llama_3(8), Tokens(0)).value();
  known["llama-3-8b full context attention %"] = 100 * (with / without - 1);
}

void add_training(Numbers& known) {
  known["deepseek-v3 musd"] =
      rent(DeviceHours(2.788e6), UsdPerHour(2)).value() / 1e6;
  const FlopsPerSecond peak =
      peak_flops(find_accelerator("h100-sxm"), Precision::Bf16);
  const auto days = [&](double mfu) {
    const Flops flops = train_flops(Params(405e9), Tokens(15.6e12));
    return days_of(wall_time(device_hours(flops, peak, Share(mfu)), 16384))
        .value();
  };
  known["llama-3-405b days at 43 %"] = days(0.43);
  known["llama-3-405b days at 38 %"] = days(0.38);
  known["llama-65b MWh"] =
      energy(DeviceHours(1022362), Watts(400), 1.1).value() / 3.6e9;
}

void add_failures(Numbers& known) {
  const auto hours = [](Seconds time) { return time.value() / 3600; };
  const Seconds between = time_between_failures(kDeviceHoursPerFailure, 16384);
  known["llama-3-405b MTBF h"] = hours(between);
  known["RSC MTBF h at 16384"] = hours(time_between_failures(6.5, 2048));
  known["RSC MTBF h at 131072"] = hours(time_between_failures(6.5, 16384));
  const Seconds mtbf(3.09 * 3600);
  const Seconds interval = young_interval(Seconds(30), mtbf);
  known["young interval s"] = interval.value();
  known["lost %"] =
      100 * (1 - goodput(interval, Seconds(30), Seconds(300), mtbf).value());
}

void add_serving(Numbers& known) {
  for (const char* id : {"h100", "h200", "mi300x"}) {
    const std::string name = id;
    known[name + " crossover"] = crossover_users(
        find_accelerator(name == "mi300x" ? name : name + "-sxm"),
        Precision::Bf16,
        16);
  }
  ServingLoad load;
  load.weight_bits = 4;
  load.context = Tokens(0);
  Transformer shape = typical_transformer(Params(7e9));
  shape.ties_embeddings = true;  // all that is stored is read
  shape.vocabulary *= 2;
  const Decode speed = decode(find_accelerator("m4"), shape, load, 1, 1);
  known["7b 4 bits 120 GB/s tokens/s"] = speed.per_user.value();
}

void add_data(Numbers& known) {
  SyntheticData made{Params(7e9), Share(0.3), {}};
  known["same-size synthetic at 0.3"] =
      synthetic_over_training(made, Params(7e9));
  Law law = published_law("muennighoff2023");
  const Tokens unique(1e11);
  for (const int epochs : {4, 16, 40}) {
    known["repeats " + std::to_string(epochs) + " epochs"] =
        worth_of_repeats(law, unique * epochs, unique) / unique;
  }
  known["repeats endless"] = worth_of_endless_repeats(law, unique) / unique;
}

void add_memory(Numbers& known) {
  const Transformer shape = typical_transformer(Params(7.5e9));
  TrainingMemory held;
  held.sequences = 0;
  const double exact = 7.5e9 / size_of(shape).total.value();
  for (int zero = 0; zero <= 3; ++zero) {
    const MemoryUse use = memory_per_device(shape, {64, 1, 1, 1, zero}, held);
    const std::string name = zero == 0 ? "baseline" : std::to_string(zero);
    known["zero " + name + " GB"] = exact * use.total().value() / 1e9;
  }
  Transformer plain = gpt_3();
  const MemoryUse use = memory_per_device(plain, {1, 1, 1, 1, 0});
  known["plain activations sbh"] =
      use.activations.value() / (4096.0 * plain.width * plain.layers);
}

TEST(Costs, MatchPublishedNumbers) {
  Numbers known;
  add_shapes(known);
  add_training(known);
  add_failures(known);
  add_serving(known);
  add_data(known);
  add_memory(known);
  for (const auto& row : reference_rows("costs.csv")) {
    const std::string name = row.text("quantity");
    SCOPED_TRACE(name);
    ASSERT_TRUE(known.contains(name));
    EXPECT_THAT(known.at(name), row.is_met());
    known.erase(name);
  }
  EXPECT_TRUE(known.empty()) << known.begin()->first << " has no row";
}

}  // namespace
}  // namespace isoflop
