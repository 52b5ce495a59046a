// SPDX-License-Identifier: Apache-2.0
#include "report/cost_parts.h"

#include "isoflop/base/printable.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string range_text(const Range<Share>& mfu) {
  const std::string low = format_quantity(mfu.low);
  return mfu.is_exact() ? low : low + " .. " + format_quantity(mfu.high);
}

/// A time on the clock in the unit that people would say.
std::string time_text(Seconds time) {
  constexpr double kMinute = 60.0;
  constexpr double kHour = 3600.0;
  constexpr double kDay = 86400.0;
  const double seconds = time.value();
  if (seconds < 2 * kMinute) return format_number(seconds, 3) + " s";
  if (seconds < 2 * kHour) return format_number(seconds / kMinute, 3) + " min";
  if (seconds < 4 * kDay) return format_number(seconds / kHour, 3) + " h";
  return format_number(seconds / kDay, 3) + " days";
}

std::string training_table(const TrainingCost& cost) {
  TextTable table("lrl");
  table.add({"training",
             "plan",
             cost.mfu.is_exact() ? "" : "over MFU " + range_text(cost.mfu)});
  const auto row = [&](const char* name,
                       double amount,
                       const std::optional<Interval>& span,
                       const Unit& unit) {
    table.add({name, format_quantity(amount, unit), interval_text(span, unit)});
  };
  row("device-hours",
      cost.device_hours.value(),
      cost.device_hours_interval,
      DeviceHoursTag::unit);
  if (cost.days) {
    row("days", cost.days->value(), cost.days_interval, DaysTag::unit);
  }
  if (cost.usd) row("USD", cost.usd->value(), cost.usd_interval, UsdTag::unit);
  if (cost.energy) {
    row("energy", cost.energy->value(), cost.energy_interval, JoulesTag::unit);
  }
  return table.str();
}

std::string training_text(const TrainingCost& cost) {
  std::string on = "on ";
  if (cost.devices) on += std::to_string(*cost.devices) + " ";
  on += printable(cost.accelerator) + ", " +
        std::string(to_string(cost.precision)) + " at an MFU of " +
        format_quantity(cost.mfu.middle());
  if (cost.usd_per_hour) {
    on += ", " + format_number(cost.usd_per_hour->value(), 3) +
          " USD an hour each";
  }
  std::string text = "\n" + training_table(cost) + "\n" + wrap(on, 2);
  if (cost.reliability) {
    const Reliability& found = *cost.reliability;
    text += wrap(
        format_quantity(found.goodput) +
            " of the time trains: " + format_number(cost.interruptions, 3) +
            " interruptions, one in " + time_text(found.between_failures) +
            "; checkpoint every " + time_text(found.checkpoint_interval),
        2);
  }
  if (cost.sharding && cost.memory && cost.device_memory) {
    text += wrap("memory: " + format_quantity(cost.memory->total()) + " of " +
                     format_quantity(*cost.device_memory) + " under " +
                     cost.sharding->text() +
                     (cost.recomputes ? ", recomputing activations" : ""),
                 2);
  }
  return text;
}

std::string serving_text(const ServingCost& cost) {
  if (!cost.decode) return "\n" + wrap("serving: not on these devices", 2);
  const Decode& speed = *cost.decode;
  std::string text = "serving on " + std::to_string(speed.devices) + " " +
                     printable(cost.accelerator) + ": at most " +
                     format_quantity(speed.per_user) +
                     " tokens/s for each of " + format_number(speed.users, 4) +
                     (speed.users == 1.0 ? " user" : " users") + ", bound by " +
                     (speed.computes ? "arithmetic" : "memory traffic");
  if (cost.usd_per_million_tokens) {
    text += "; at least " + format_quantity(*cost.usd_per_million_tokens) +
            " USD a million tokens";
  }
  if (cost.usd) text += ", " + format_quantity(*cost.usd) + " USD for all";
  return "\n" + wrap(text, 2);
}

std::string device_text(const DeviceCost& cost) {
  if (!cost.decode) {
    return wrap("on one " + printable(cost.accelerator) + ": does not fit", 2);
  }
  return wrap("on one " + printable(cost.accelerator) + ": at most " +
                  format_quantity(cost.decode->per_user) + " tokens/s, " +
                  format_quantity(cost.decode->memory) + " of memory",
              2);
}

}  // namespace

std::string cost_text(const RunCost& cost) {
  std::string text;
  if (cost.training) text += training_text(*cost.training);
  if (cost.serving) text += serving_text(*cost.serving);
  if (cost.device) {
    text += (cost.serving ? "" : "\n") + device_text(*cost.device);
  }
  if (cost.lifetime_usd) {
    text += wrap("training and serving together: " +
                     format_quantity(*cost.lifetime_usd) + " USD",
                 2);
  }
  return text;
}

std::string versus_text(const std::vector<AcceleratorAlternative>& versus) {
  if (versus.empty()) return {};
  TextTable table("lrrrr");
  table.add({"instead on", "device-hours", "USD/h", "USD", "cheaper below"});
  const auto or_dash = [](const auto& value) {
    return value ? format_quantity(*value) : std::string("-");
  };
  for (const AcceleratorAlternative& other : versus) {
    table.add({printable(other.accelerator),
               format_quantity(other.device_hours),
               or_dash(other.usd_per_hour),
               or_dash(other.usd),
               other.break_even_usd_per_hour
                   ? format_quantity(*other.break_even_usd_per_hour) + " USD/h"
                   : "-"});
  }
  return "\n" + table.str();
}

}  // namespace isoflop
