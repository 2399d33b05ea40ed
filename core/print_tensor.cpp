// array([[1, 2],
//        [3, 4]], dtype=float32)
#include <ostream>
#include <sstream>

#include "core/tensor.h"
#include "core/untracked.h"

namespace radial {

namespace {

constexpr int64_t most_shown = 6, shown_at_an_end = 3;  // along a dimension: all, or the first and the last of them

class Printer {
 public:
  Printer(std::ostream& out, const Tensor& x) : out_(out), shape_(x.shape()), whole_(!is_float(x.dtype())) {
    const bool many = x.rank() > 0 && x.dim(0) > most_shown;
    if (many) {  // what lies between need not come from the device
      const Tensor begin = Untracked::slice(x, 0, shown_at_an_end);
      const Tensor end = Untracked::slice(x, x.dim(0) - shown_at_an_end, x.dim(0));
      values_ = begin.to_vector();
      const std::vector<double> rest = end.to_vector();
      skipped_ = (x.dim(0) - 2 * shown_at_an_end) * x.slice_numel();
      values_.insert(values_.end(), rest.begin(), rest.end());
    } else {
      values_ = x.to_vector();
    }
  }

  // The part of x that begins with this element, from dimension d on.
  void print(int d, int64_t first) {
    if (d == shape_.rank()) {
      print(value(first));
      return;
    }
    int64_t stride = 1;
    for (int i = d + 1; i < shape_.rank(); ++i) stride *= shape_[i];
    const std::string between = d + 1 == shape_.rank() ? ", " : ",\n" + std::string(static_cast<size_t>(d + 7), ' ');
    const int64_t n = shape_[d];
    out_ << '[';
    for (int64_t i = 0; i < n; ++i) {
      if (i > 0) out_ << between;
      if (n > most_shown && i == shown_at_an_end) {
        out_ << "..." << between;
        i = n - shown_at_an_end;
      }
      print(d + 1, first + i * stride);
    }
    out_ << ']';
  }

 private:
  void print(double x) {
    if (whole_)
      out_ << static_cast<int64_t>(x);
    else if (x == x)
      out_ << x;
    else
      out_ << "nan";  // without its sign, which devices do not agree on
  }

  double value(int64_t element) const {
    const auto begin = shown_at_an_end * (shape_.rank() > 0 ? shape_.slice_numel() : 0);
    return values_[static_cast<size_t>(skipped_ > 0 && element >= begin ? element - skipped_ : element)];
  }

  std::ostream& out_;
  const Shape& shape_;
  const bool whole_;  // numbers, with all their digits
  std::vector<double> values_;
  int64_t skipped_ = 0;  // elements between the first and the last rows of dimension 0
};

}  // namespace

std::string Tensor::str() const {
  if (!defined()) return "array(undefined)";
  std::ostringstream out;
  out << "array(";
  Printer(out, *this).print(0, 0);
  out << ", dtype=" << name_of(dtype_);
  if (device() != Device{}) out << ", device=" << device();
  out << ')';
  return out.str();
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << x.str(); }

}  // namespace radial
