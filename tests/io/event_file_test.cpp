#include "io/event_file.h"

#include <cmath>

#include "core/error.h"
#include "io/protocol_buffers.h"
#include "tests/catch.h"
#include "tests/io/event_records.h"

using namespace radial;

TEST_CASE("events are records that begin with the version, and scalars by their tags") {
  REQUIRE(crc32c("123456789") == 0xE3069283);
  if (!writes_protocol_buffers()) return;
  const ScratchFolder scratch;
  const std::string path = scratch / "events";
  EventFile file(path);
  file.add(1, std::vector<Scalar>{{"train/loss", 2.5}, {"train/top1", 0}, {"norm/fc", std::nan("")}});
  file.add(int64_t{1} << 40, std::vector<Scalar>{{"train/loss", -1e30}});
  file.add(3, std::vector<Scalar>{{"train/loss", std::nan("")}});  // nothing is left of it
  const FileMark mark = file.sync();
  CHECK(mark.bytes == content_of(path).size());

  const auto records = event_records(path);
  REQUIRE(records.size() == 3);
  CHECK(records[0].text(3) == "brain.Event:2");
  CHECK(records[0].one(1).as_double() > 1.7e9);  // seconds since 1970
  const WireMessage first = records[1].one(5).message();
  CHECK(records[1].integer(2) == 1);
  REQUIRE(first.all(1).size() == 2);
  CHECK(first.all(1)[0].message().text(1) == "train/loss");
  CHECK(first.all(1)[0].message().one(2).as_float() == 2.5F);
  CHECK(first.all(1)[1].message().one(2).as_float() == 0);  // written although it is 0
  CHECK(records[2].integer(2) == int64_t{1} << 40);
  CHECK(records[2].one(5).message().one(1).message().one(2).as_float() == -1e30F);
}

TEST_CASE("a file that goes on for another says from which step") {
  if (!writes_protocol_buffers()) return;
  const ScratchFolder scratch;
  EventFile file(scratch / "events", 17);
  file.flush();
  const auto records = event_records(scratch / "events");
  REQUIRE(records.size() == 2);
  CHECK(records[0].text(3) == "brain.Event:2");
  CHECK(records[1].integer(2) == 17);
  CHECK(records[1].one(7).message().integer(1) == 1);  // SessionLog START
}

TEST_CASE("a program without protocol buffers names the packages") {
  if (writes_protocol_buffers()) {
    CHECK_NOTHROW(check_protocol_buffers("x"));
    CHECK(protocol_buffers_library().starts_with("protobuf 3"));
    return;
  }
  const ScratchFolder scratch;
  CHECK_THROWS_WITH(EventFile(scratch / "events"), Catch::Matchers::ContainsSubstring("libprotobuf-dev"));
  CHECK(scratch.files() == 0);
}
