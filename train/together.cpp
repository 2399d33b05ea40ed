#include "train/together.h"

#include <exception>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/fnv.h"
#include "io/json_lines.h"
#include "train/non_finite.h"

namespace radial {
namespace {

std::string told_to_others(const std::exception& error) {
  nlohmann::ordered_json json = {{"kind", static_cast<int>(kind_of(error))}, {"message", error.what()}};
  if (const auto* loss = dynamic_cast<const NonFiniteLoss*>(&error)) {
    json["where"] = loss->where();
    json["samples"] = loss->samples();
  }
  return json_text(json);
}

[[noreturn]] void throw_what_was_told(const std::string& text, size_t rank) {
  const auto json = nlohmann::ordered_json::parse(text);
  const std::string message = "rank " + std::to_string(rank) + ": " + json.at("message").get<std::string>();
  if (json.contains("where"))
    throw NonFiniteLoss(message, json["where"].get<std::string>(), json["samples"].get<std::vector<std::string>>());
  throw Error(static_cast<ErrorKind>(json.at("kind").get<int>()), message);
}

}  // namespace

void together(Group& group, const std::function<void()>& f) {
  if (group.size() == 1) return f();
  std::exception_ptr own;
  std::string told;
  try {
    f();
  } catch (const std::exception& error) {
    own = std::current_exception();
    told = told_to_others(error);
  }
  const std::vector<std::string> all = group.gather(told);
  for (size_t rank = 0; rank < all.size(); ++rank) {
    if (all[rank].empty()) continue;
    group.end_together();
    if (static_cast<int>(rank) == group.rank()) std::rethrow_exception(own);
    throw_what_was_told(all[rank], rank);
  }
}

void lead(Group& group, const std::function<void()>& f) {
  together(group, [&] {
    if (group.leads()) f();
  });
}

Tensor joined_rows(Group& group, const Tensor& own, Device device) {
  if (group.size() == 1) return own;
  std::vector<int64_t> kind;  // dtype and d
  std::string bytes;
  if (own) {
    const Tensor here = own.detach().to(Device{});
    kind = {static_cast<int64_t>(own.dtype()), own.dim(1)};
    bytes.assign(static_cast<const char*>(here.bytes_data()), here.bytes());
  }
  const std::vector<int64_t> kinds = joined_ranks<int64_t>(group, kind);
  std::string all;
  for (const std::string& of_rank : group.gather(bytes)) all += of_rank;
  if (kinds.empty()) return {};
  const auto dtype = static_cast<DType>(kinds[0]);
  const int64_t values = static_cast<int64_t>(all.size() / size_of(dtype));
  Tensor rows = Tensor::empty({values / kinds[1], kinds[1]}, dtype);
  std::memcpy(rows.bytes_data(), all.data(), all.size());
  return rows.to(device);
}

void check_same(Group& group, const std::string& what, const std::string& mine) {
  const std::vector<std::string> all = group.gather(hex_digits(fnv1a(mine)));
  together(group, [&] {
    for (size_t rank = 1; rank < all.size(); ++rank)
      check(all[rank] == all[0], "several processes: rank ", rank, " has other ", what, " than rank 0");
  });
}

}  // namespace radial
