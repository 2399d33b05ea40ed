// Samples that cannot be used: what they are, what is done about them, how they are listed.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "io/options.h"

namespace radial {

enum class OnBadSample { error, skip };
const Choices<OnBadSample>& on_bad_sample_names();  // on the command line

// A picture or another sample that is damaged, or a file that is none. Only this is left out by OnBadSample::skip: an
// error of the system (a descriptor or memory that is not to be had, a disk that cannot be read) says nothing about the
// sample.
class BadSample : public Error {
 public:
  explicit BadSample(const std::string& message) : Error(ErrorKind::dataset, message) {}

  struct Entry {
    std::string path;
    std::string message;  // with the path
  };
};

// "3 files cannot be used, the first: ..."; the list must not be empty.
std::string summary(const std::vector<BadSample::Entry>& bad);

}  // namespace radial
