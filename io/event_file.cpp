#include "io/event_file.h"

#include <chrono>
#include <cmath>

#include "io/protocol_buffers.h"

#ifdef RADIAL_PROTOCOL_BUFFERS
#include <boost/crc.hpp>

#include "event.pb.h"
#endif

namespace radial {

namespace {

File new_event_file(const std::string& path) {
  check_protocol_buffers("tensorboard");
  return File::create(path);
}

#ifdef RADIAL_PROTOCOL_BUFFERS

event_file::Event event_of_now(int64_t step) {
  const std::chrono::duration<double> since_1970 = std::chrono::system_clock::now().time_since_epoch();
  event_file::Event event;
  event.set_wall_time(since_1970.count());
  event.set_step(step);
  return event;
}

std::string version_event() {
  event_file::Event event = event_of_now(0);
  event.set_file_version("brain.Event:2");
  return event.SerializeAsString();
}

std::string start_event(int64_t step) {
  event_file::Event event = event_of_now(step);
  event.mutable_session_log()->set_status(event_file::SessionLog::START);
  return event.SerializeAsString();
}

std::string scalars_event(int64_t step, std::span<const Scalar> scalars) {
  event_file::Event event = event_of_now(step);
  for (const auto& [tag, value] : scalars) {
    if (std::isnan(value)) continue;
    event_file::Summary::Value& added = *event.mutable_summary()->add_value();
    added.set_tag(tag);
    added.set_simple_value(static_cast<float>(value));
  }
  return event.has_summary() ? event.SerializeAsString() : "";
}

uint32_t masked_crc(const std::string& bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;  // Castagnoli's
  crc.process_bytes(bytes.data(), bytes.size());
  const auto value = static_cast<uint32_t>(crc.checksum());
  return (value >> 15 | value << 17) + 0xa282ead8;
}

#else  // nothing comes here: the constructors throw

std::string version_event() { return ""; }
std::string start_event(int64_t) { return ""; }
std::string scalars_event(int64_t, std::span<const Scalar>) { return ""; }
uint32_t masked_crc(const std::string&) { return 0; }

#endif

template <class Integer>
std::string little_endian(Integer value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

}  // namespace

EventFile::EventFile(const std::string& path) : file_(new_event_file(path)) { add_record(version_event()); }

EventFile::EventFile(const std::string& path, int64_t first_step) : EventFile(path) {
  add_record(start_event(first_step));
}

void EventFile::add(int64_t step, std::span<const Scalar> scalars) {
  if (const std::string event = scalars_event(step, scalars); !event.empty()) add_record(event);
}

void EventFile::add_record(const std::string& event) {
  const std::string length = little_endian(uint64_t{event.size()});
  file_.add(length + little_endian(masked_crc(length)) + event + little_endian(masked_crc(event)));
}

}  // namespace radial
