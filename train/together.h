// What all ranks of a training do at once, so that an error of one is an error of all.
#pragma once

#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "dist/group.h"

namespace radial {

// f() on each rank; where it throws on any, all throw the same: what the first of them threw, with its rank before the
// message where that is another one. f must not wait for other ranks.
void together(Group& group, const std::function<void()>& f);

// f() on the rank that leads alone, with its error for all.
void lead(Group& group, const std::function<void()>& f);

// Numbers as bytes for Group::gather().
template <class T>
std::string packed(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}
template <class T>
std::vector<T> unpacked(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

// The numbers of all ranks, one after the other.
template <class T>
std::vector<T> joined_ranks(Group& group, std::span<const T> own) {
  std::vector<T> all;
  for (const std::string& of_rank : group.gather(packed(own))) {
    const std::vector<T> values = unpacked<T>(of_rank);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

// The rows of all ranks' tensors [n, d], one rank's after the other's, on the device. Undefined where a rank has none,
// and where none has.
Tensor joined_rows(Group& group, const Tensor& own, Device device);

// Throws Error(usage, message) with what differs unless all ranks give the same.
void check_same(Group& group, const std::string& what, const std::string& mine);

}  // namespace radial
