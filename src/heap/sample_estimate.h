// What sampled objects say about all objects. The memory profile takes an object of s bytes with the probability
// p = 1 - exp(-s / rate), independently of others (runtime.MemProfileRate; nextSample in src/runtime/malloc.go of Go
// 1.19-1.27; s is the size of the slot). So each sample stands for 1/p objects, of which 1/p - 1 were not sampled
// (scaleHeapSample of runtime/pprof; the estimate of Horvitz and Thompson).
//
// The interval: what was sampled is certain. What was not has the mean sum(w (1-p)/p) and the variance
// sum(w^2 (1-p)/p^2) over the samples, where w is 1 for objects and s for bytes; its limits are those of Fay and Feuer
// (Confidence intervals for directly standardized rates, Statistics in Medicine 16, 1997), a gamma distribution with
// this mean and variance, for the upper limit with one more sample. For equal small objects they are the exact limits
// of Poisson's distribution. One thread.
#pragma once

#include <cstdint>

namespace holdfast::heap {

// In 19 of 20 cases the true number is not below `least` and not above `most`.
struct EstimatedNumber {
  std::uint64_t value = 0, least = 0, most = 0;

  bool operator==(const EstimatedNumber&) const = default;
};

// Returns the probability with which an object of so many bytes is sampled. A rate of 1 takes every one, 0 none.
double sampling_probability(std::uint64_t bytes, std::uint64_t rate);

class SampleEstimate {
 public:
  // `rate` is in bytes and not 0.
  explicit SampleEstimate(std::uint64_t rate) : rate_(rate) {}

  // Adds so many sampled objects, each of so many bytes.
  void add(std::uint64_t bytes, std::uint64_t count = 1);

  std::uint64_t samples() const { return samples_; }
  // Without a sample, up to 3.7 times the rate can be there, in objects of any size.
  EstimatedNumber bytes() const;
  // Of the sizes of which there is a sample. Without any, nothing can be said: all are 0.
  EstimatedNumber objects() const;

 private:
  struct Sum {
    double sampled = 0;
    double mean = 0, variance = 0;  // of what was not sampled
    double most = 0;                // standard deviation that one sample brings, the largest

    void add(double weight, double probability, double count);
    EstimatedNumber estimate(double least_unit) const;
  };

  std::uint64_t rate_;
  std::uint64_t samples_ = 0;
  Sum objects_, bytes_;
};

}  // namespace holdfast::heap
