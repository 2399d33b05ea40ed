// Pictures that cannot be used: what they are, what is done about them, how they are listed.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "io/options.h"

namespace radial {

enum class OnBadImage { error, skip };
const Choices<OnBadImage>& on_bad_image_names();  // on the command line

// A picture that is damaged, or a file that is none. Only this is left out by OnBadImage::skip: an error of the system
// (a descriptor or memory that is not to be had, a disk that cannot be read) says nothing about the picture.
class BadPicture : public Error {
 public:
  explicit BadPicture(const std::string& message) : Error(ErrorKind::dataset, message) {}
};

struct BadImage {
  std::string path;
  std::string message;  // with the path
};

// "3 files cannot be used, the first: ..."; the list must not be empty.
std::string summary(const std::vector<BadImage>& bad);

}  // namespace radial
