#include "apps/report/html.h"

#include <algorithm>
#include <charconv>

#include "io/utf8.h"

namespace radial::apps {
namespace {

constexpr const char* page_style = R"(
:root { color-scheme: light dark; --text: #1b1f24; --faint: #5c6670; --page: #ffffff; --line: #d9dee3; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e3e7eb; --faint: #9aa5b0; --page: #14181c; --line: #333b43; --card: #1d2329; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 1rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: .5rem 0 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
p { margin: .4rem 0; }
.faint { color: var(--faint); }
.scroll { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .92rem; }
th, td { padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
tbody th { white-space: nowrap; }
thead th { color: var(--faint); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td { max-width: 34rem; }
pre { white-space: pre-wrap; background: var(--card); border-radius: 6px; padding: .6rem .8rem; font-size: .85rem; }
summary { cursor: pointer; color: var(--faint); }
details { margin: .6rem 0; }
.figure { overflow-x: auto; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; }
.figure svg { display: block; max-width: 100%; height: auto; }
@media (max-width: 800px) { .figure svg { max-width: none; } }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; }
.pictures figure { margin: 0; width: 9.5rem; background: var(--card); border-radius: 6px; padding: .5rem; }
.pictures img, .pictures .gone { display: block; width: 8.5rem; height: 8.5rem; object-fit: contain; }
.pictures .gone { display: flex; align-items: center; justify-content: center; text-align: center; }
.pictures .gone, .pictures small { color: var(--faint); }
figcaption { font-size: .82rem; line-height: 1.35; margin-top: .3rem; }
@media print { details > * { display: block; } }
)";

bool looks_like_number(const std::string& text) {
  double value = 0;
  const size_t end = text.find(' ');  // of "12 %", "3 of 10"
  const char* stop = text.data() + std::min(end, text.size());
  return !text.empty() && std::from_chars(text.data(), stop, value).ptr == stop;
}

std::string table_cell(const char* tag, const std::string& text, bool number) {
  return std::string("<") + tag + (number ? " class=\"n\">" : ">") + html_text(text) + "</" + tag + ">";
}

std::string entity(char c) {
  switch (c) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {c};
  }
}

}  // namespace

std::string html_text(const std::string& text) {
  std::string html;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    for (const char c : printable(text.substr(begin, end - begin))) html += entity(c);
    if (end < text.size()) html += '\n';
    begin = end + 1;
  }
  return html;
}

std::string HtmlTable::text() const {
  std::vector<bool> numbers(header_.size(), aligns_);
  for (const std::vector<std::string>& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) numbers[i] = numbers[i] && (row[i].empty() || looks_like_number(row[i]));
  std::string html = "<div class=\"scroll\"><table><thead><tr>";
  for (size_t i = 0; i < header_.size(); ++i) html += table_cell("th", header_[i], i > 0 && numbers[i]);
  html += "</tr></thead><tbody>\n";
  for (const std::vector<std::string>& row : rows_) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) html += table_cell(i == 0 ? "th" : "td", row[i], i > 0 && numbers[i]);
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string html_section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : "<section>\n<h2>" + html_text(title) + "</h2>\n" + body + "</section>\n";
}

std::string html_details(const std::string& summary, const std::string& body) {
  return body.empty() ? "" : "<details><summary>" + html_text(summary) + "</summary>\n" + body + "</details>\n";
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         html_text(title) + "</title>\n<style>" + page_style + "</style>\n</head>\n<body>\n" + body +
         "</body>\n</html>\n";
}

}  // namespace radial::apps
