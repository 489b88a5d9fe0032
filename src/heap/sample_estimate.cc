#include "heap/sample_estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace holdfast::heap {
namespace {

constexpr double kTail = 0.025;       // on either side of an interval of 95 %
constexpr double kDeviations = 1.96;  // of a normal distribution, for that tail
constexpr double kManySamples = 100;  // from here on the approximation below is right to four digits

// Returns P(shape, x), the share of a gamma distribution of scale 1 below x (series 6.5.29 of Abramowitz and Stegun).
double gamma_below(double shape, double x) {
  if (x <= 0) return 0;
  double term = std::exp(shape * std::log(x) - x - std::lgamma(shape + 1)), sum = term;
  for (double n = 1; term > sum * 1e-12 && n < 10000; ++n) sum += term *= x / (shape + n);
  return std::min(sum, 1.0);
}

// Returns where the share `below` of a gamma distribution of scale 1 ends. `below` is kTail or 1 - kTail.
double gamma_quantile(double shape, double below) {
  if (shape >= kManySamples) {  // Wilson and Hilferty 1931: the cube root is nearly normal
    const double deviations = below < 0.5 ? -kDeviations : kDeviations;
    return shape * std::pow(1 - 1 / (9 * shape) + deviations / (3 * std::sqrt(shape)), 3);
  }
  double low = 0, high = shape + 10 * std::sqrt(shape) + 10;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (gamma_below(shape, middle) < below ? low : high) = middle;
  }
  return low;
}

std::uint64_t whole(double number) {
  constexpr auto kLargest = static_cast<double>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::uint64_t>(std::clamp(number, 0.0, kLargest));
}

}  // namespace

double sampling_probability(std::uint64_t bytes, std::uint64_t rate) {
  if (rate <= 1) return static_cast<double>(rate);
  return -std::expm1(-static_cast<double>(bytes) / static_cast<double>(rate));
}

void SampleEstimate::Sum::add(double weight, double probability, double count) {
  sampled += count * weight;
  mean += count * weight * (1 - probability) / probability;
  const double deviation = weight * std::sqrt(1 - probability) / probability;
  variance += count * deviation * deviation;
  most = std::max(most, deviation);
}

EstimatedNumber SampleEstimate::Sum::estimate(double least_unit) const {
  const double unit = std::max(most, least_unit);
  if (unit == 0) return {whole(sampled), whole(sampled), whole(sampled)};  // every object is sampled
  const auto limit = [&](double m, double v, double below) { return v / m * gamma_quantile(m * m / v, below); };
  const double least = mean > 0 ? limit(mean, variance, kTail) : 0;
  const double most_of_rest = limit(mean + unit, variance + unit * unit, 1 - kTail);
  return {whole(sampled + mean), whole(sampled + least), whole(std::ceil(sampled + most_of_rest))};
}

void SampleEstimate::add(std::uint64_t bytes, std::uint64_t count) {
  samples_ += count;
  const double probability = std::max(sampling_probability(bytes, rate_), std::numeric_limits<double>::min());
  objects_.add(1, probability, static_cast<double>(count));
  bytes_.add(static_cast<double>(bytes), probability, static_cast<double>(count));
}

EstimatedNumber SampleEstimate::bytes() const {
  return bytes_.estimate(rate_ <= 1 ? 0 : static_cast<double>(rate_));
}

EstimatedNumber SampleEstimate::objects() const {
  return samples_ == 0 ? EstimatedNumber() : objects_.estimate(0);
}

}  // namespace holdfast::heap
