"""Reads one report format with the tools of those who use it; a mistake is an exit code of 1.

Usage: check.py FORMAT FILE
"""

import csv
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

HERE = os.path.dirname(os.path.abspath(__file__))


def need(condition, message):
    if not condition:
        raise SystemExit(f"refused: {message}")


def run(command, **options):
    done = subprocess.run(command, capture_output=True, timeout=60, **options)
    output = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
    need(done.returncode == 0, f"{command[0]}: {output}")
    return output


def junit(path):
    from junitparser import JUnitXml, TestSuite

    document = JUnitXml.fromfile(path)
    cases = [case for suite in document for case in suite]
    need(cases, "no test case")
    keys = [(case.classname, case.name) for case in cases]
    need(all(all(key) for key in keys), "a case without classname or name")
    need(len(set(keys)) == len(keys), "two cases with one name")
    for suite in document:
        need(isinstance(suite, TestSuite), "no suite")
        need(suite.tests == len(list(suite)), "a suite that counts wrongly")
    for case in cases:
        for result in case.result:
            need(result.message, "a result without message")
            if type(result).__name__ != "Skipped":
                need(result.type, "a failure without type")


def tap(path):
    text = open(path, encoding="utf-8").read().splitlines()
    need(text and text[0] == "TAP version 14", "no version line")
    if any(line.startswith("Bail out!") for line in text):
        need(len(text) == 3 and text[2][9:].strip(), "more or less than a plan and a reason")
        need(tap_lines(text)[2].category == "bail", "no bail-out")
        return
    tests = points(text, 0)
    # Each subtest is a document of its own, named as the point that follows it.
    name, nested, number = None, [], 0
    for line in text[1:]:
        if line.startswith("# Subtest: "):
            name, nested = line.removeprefix("# Subtest: "), []
        elif line.startswith("    "):
            nested.append(line[4:])
        elif line.startswith(("ok ", "not ok ")):
            test, number = tests[number], number + 1
            need(test.description == f"- {name}", f"{name} before {test.description}")
            children = points(["TAP version 14", *nested], 1)
            need(children, f"{name} has no test")
            failed = any(not child.ok for child in children)
            need(not (failed and test.ok), f"{name} is ok, one of its tests is not")


def tap_lines(text):
    from tap.parser import Parser

    return list(Parser().parse_text("\n".join(text) + "\n"))


def points(text, depth):
    """The test points of one document; a reader that knows no subtests skips their lines."""
    lines = tap_lines(text)
    plan = [line for line in lines if line.category == "plan"]
    tests = [line for line in lines if line.category == "test"]
    need(len(plan) == 1, "not one plan")
    need(plan[0].expected_tests == len(tests), "the plan does not fit")
    need([t.number for t in tests] == list(range(1, len(tests) + 1)), "numbers have gaps")
    for test in tests:
        if not test.skip:
            need(test.yaml_block and test.yaml_block.get("verdict"), "no diagnostics")
    unknown = sum(line.category == "unknown" for line in lines)
    nested = sum(line.startswith("    ") for line in text)
    in_yaml = sum(line.startswith("    ") for line in inside_yaml(text))
    need(unknown == (0 if depth else nested - in_yaml), "a line that is no TAP")
    return tests


def inside_yaml(text):
    """The lines of this document's own diagnostics."""
    inside = False
    for line in text:
        inside = line == "  ---" or inside and line != "  ..."
        if inside:
            yield line


def sarif(path):
    import jsonschema

    document = json.load(open(path, encoding="utf-8"))
    schema = json.load(open(os.path.join(HERE, "sarif-schema-2.1.0.json"), encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    for error in kind(schema).iter_errors(document):
        need(False, f"{list(error.path)}: {error.message[:200]}")
    for one in document["runs"]:
        for result in one["results"]:
            place = result["locations"][0]["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            need(uri and " " not in uri, f"not a reference: {uri}")
            need(place["region"]["startLine"] >= 1, "no line")


def strict_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    need(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "lines do not end in CRLF")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    need(len(rows) > 1, "no row")
    need(all(len(row) == len(rows[0]) for row in rows), "rows of different lengths")
    need(not any(cell[:1] in ("=", "+", "-", "@") for row in rows for cell in row), "a formula")


def prometheus(path):
    with open(path, "rb") as file:
        run(["promtool", "check", "metrics"], stdin=file)
    text = open(path, encoding="utf-8").read()
    need("mdm_preflight_run_verdict" in text, "no verdict")


class Page(HTMLParser):
    """What a page must not have: anything from elsewhere, and scripts other than its own."""

    def __init__(self):
        super().__init__()
        self.scripts = 0
        self.policy = None

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        self.scripts += tag == "script"
        if tag == "meta" and names.get("http-equiv") == "Content-Security-Policy":
            self.policy = names["content"]
        need(tag not in ("link", "img", "iframe", "object", "embed", "base", "form"), f"<{tag}>")
        for name, value in attributes:
            need(not name.startswith("on"), f"the handler {name}")
            need(name not in ("src", "href", "style"), f"the attribute {name}={value}")


def html(path):
    import html5lib

    text = open(path, encoding="utf-8").read()
    html5lib.HTMLParser(strict=True).parse(text)
    run(["tidy", "-q", "-e", "-utf8", path])
    page = Page()
    page.feed(text)
    need(page.scripts == 1, f"{page.scripts} scripts")
    need(page.policy and page.policy.startswith("default-src 'none'"), "no strict policy")


def markdown(path):
    from markdown_it import MarkdownIt

    text = open(path, encoding="utf-8").read()
    need(len(text.encode()) <= 900 * 1024, "larger than a step summary may be")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    opened = [token.tag for token in tokens if token.nesting == 1]
    need(opened.count("table") >= 1 and "h2" in opened, "no table or no heading")
    raw = [token.content.strip() for token in tokens if token.type == "html_block"]
    inline = [c for token in tokens for c in token.children or [] if c.type == "html_inline"]
    need(not inline, "a tag inside a text")
    for block in raw:
        allowed = block.startswith(("<details>", "</details>"))
        need(allowed and "<script" not in block, f"a tag: {block[:80]}")
    widths = set()
    for row in "".join(token.type + " " for token in tokens).split("tr_open")[1:]:
        widths.add(row.count("td_open") + row.count("th_open"))
    need(len(widths) == 1, f"rows of different lengths: {widths}")


def jamf_ea(path):
    root = ElementTree.parse(path).getroot()
    need(root.tag == "result" and len(root) == 0 and (root.text or "").strip(), "not one result")


def nagios(path):
    lines = open(path, encoding="utf-8").read().splitlines()
    status, bar, data = lines[0].partition(" | ")
    need(bar and status.split()[1] in ("OK", "WARNING", "CRITICAL", "UNKNOWN"), "no status")
    need(all("|" not in line for line in lines[1:]) and "|" not in data, "a second bar")
    for part in data.replace("' ", "'").split(" "):
        name, _, value = part.rpartition("=")
        need(name.startswith("'") and name.endswith("'"), f"no label: {part}")
        number = value.split(";")[0].rstrip("ms")
        float(number)


def jsonl(path):
    lines = [json.loads(line) for line in open(path, encoding="utf-8")]
    need([line["event"] for line in lines[-1:]] == ["run"], "the run does not come last")
    need(all(line["event"] in ("ended", "revised") for line in lines[:-1]), "an unknown event")


def otlp_json(path):
    document = json.load(open(path, encoding="utf-8"))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    ids = [span["spanId"] for span in spans]
    need(len(set(ids)) == len(ids), "two spans with one id")
    for span in spans:
        need(len(span["traceId"]) == 32 and len(span["spanId"]) == 16, "an id of wrong length")
        need(not span["parentSpanId"] or span["parentSpanId"] in ids, "a span without parent")
        need(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), "ends before it begins")


def github(path):
    lines = open(path, encoding="utf-8").readlines()
    need(len(lines) <= 10, "more than a step shows")
    for line in lines:
        level, _, message = line.strip().removeprefix("::").partition("::")
        need(line.startswith("::") and message, f"no command: {line[:80]}")
        need(level.split(" ")[0] in ("error", "warning", "notice"), f"no level: {level}")


READERS = {
    "junit": junit,
    "tap": tap,
    "sarif": sarif,
    "csv": strict_csv,
    "prometheus": prometheus,
    "html": html,
    "markdown": markdown,
    "jamf-ea": jamf_ea,
    "nagios": nagios,
    "jsonl": jsonl,
    "otlp-json": otlp_json,
    "github": github,
}

if __name__ == "__main__":
    try:
        READERS[sys.argv[1]](sys.argv[2])
    except SystemExit:
        raise
    except ImportError:
        raise
    except Exception as error:  # Whatever a reader raises is its way to refuse.
        raise SystemExit(f"refused: {type(error).__name__}: {error}")
