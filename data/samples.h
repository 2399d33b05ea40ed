// Data that can be read by number: pictures with labels, pictures with boxes, sounds, pieces of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/random.h"
#include "core/shape.h"
#include "core/tensor.h"

namespace radial {

// One of the values that every sample has, all of one shape: {"image", u8, {224, 224, 3}}, {"label", i32, {}}. What
// differs from sample to sample is a field as large as the largest, and a second one that says how much of it counts:
// {"boxes", f32, {100, 5}}, {"box count", i32, {}}.
struct Field {
  std::string name;
  DType dtype = DType::f32;
  Shape shape = {};
};

// Reads samples, one at a time. It belongs to one thread and may keep buffers from sample to sample.
class Reader {
 public:
  virtual ~Reader() = default;
  // Writes each field of the sample to its row. What is written follows from (sample, random) alone. Throws BadSample
  // for one that is damaged, other Errors for what is the system's or the whole data set's fault.
  virtual void read(int64_t sample, Random random, std::span<std::byte* const> rows) = 0;
};

// May be asked by any thread, and does not change.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual int64_t size() const = 0;
  virtual std::span<const Field> fields() const = 0;
  virtual std::unique_ptr<Reader> reader() const = 0;
  virtual std::string name(int64_t sample) const = 0;  // for messages: the path of a picture
  virtual std::string place() const = 0;               // where all of them lie, for messages
};

struct Batch {
  std::vector<Tensor> fields = {};    // [n, ...] each, in the order of Samples::fields()
  std::vector<int64_t> samples = {};  // their numbers
  int64_t number = 0;                 // in the epoch, from 0
  int epoch = 0;

  const Tensor& operator[](size_t field) const { return fields[field]; }
};

}  // namespace radial
