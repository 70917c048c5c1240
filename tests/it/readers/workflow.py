"""Reads a CI configuration as its service does; a mistake is an exit code of 1.

Usage: workflow.py SCHEMA FILE [PRINT]: with PRINT, the scripts of its steps are printed, each after a line of its own.
"""

import re
import subprocess
import sys

import yaml

SEPARATOR = "#### step"


def steps(text):
    content = yaml.safe_load(text)
    jobs = content.get("jobs") or {name: {"steps": [{"run": "\n".join(job["script"])}]} for name, job in content.items()}
    for job in jobs.values():
        for step in job["steps"]:
            if "run" in step:
                yield re.sub(r"\$\{\{.*?\}\}", "expression", step["run"])


def main():
    schema, file = sys.argv[1:3]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"refused: {done.stdout}{done.stderr}")
    if len(sys.argv) > 3:
        for step in steps(open(file, encoding="utf-8").read()):
            print(SEPARATOR)
            print(step)


main()
