"""Writes what a playbook does as JSON lines into the file that MARTLET_EVENTS names, beside the usual output.

The lines are read while the playbook goes on, so each is one write. Nothing here may break a play: where the file
cannot be written, that is said once on the error output and the play goes on. Works with ansible-core 2.14 to 2.19.
"""

from __future__ import annotations

import datetime
import json
import os
import sys

from ansible import constants as C
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: martlet_events
    type: notification
    short_description: structured events of a playbook, as JSON lines
    description:
        - Writes playbook, play, task, host and stats events to the file named by MARTLET_EVENTS.
        - Does nothing where that is not set.
    requirements:
        - enabled by ANSIBLE_CALLBACKS_ENABLED=martlet_events
"""

VERSION = 1
MESSAGE_CHARACTERS = 500
DIFF_BYTES = 32 * 1024
LINE_BYTES = 64 * 1024
# A name comes from a playbook, which may be anybody's.
NAME_CHARACTERS = 300
# Of all events; after that only the recap is written. The reader keeps no more either.
FILE_BYTES = 64 * 1024 * 1024


def now():
    moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def shortened(text, limit):
    text = " ".join(str(text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clipped(text, limit):
    """At most `limit` bytes of UTF-8; says so where something is missing."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode("utf-8")
    mark = "\n… the rest of the difference is left out\n"
    return data[: limit - len(mark.encode())].decode("utf-8", "ignore") + mark


def count(blocks):
    """The tasks of compiled blocks, without those that Ansible itself puts between them."""
    total = 0
    for entry in blocks:
        if hasattr(entry, "block"):
            total += count(entry.block) + count(entry.rescue) + count(entry.always)
        elif not (entry.action in C._ACTION_META and getattr(entry, "implicit", False)):
            total += 1
    return total


def tasks_of(play):
    gathers = 1 if getattr(play, "gather_facts", None) else 0
    return gathers + count(play.compile())


def role_of(task):
    role = getattr(task, "_role", None)
    return shortened(role.get_name(), NAME_CHARACTERS) if role is not None else None


def is_quiet(task):
    return bool(getattr(task, "no_log", False))


def is_secret(result):
    return is_quiet(result._task) or bool(result._result.get("_ansible_no_log", False))


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "martlet_events"
    CALLBACK_NEEDS_ENABLED = True
    # For the name up to 2.15.
    CALLBACK_NEEDS_WHITELIST = True

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.descriptor = None
        self.play = 0
        self.task = 0
        self.numbers = {}
        self.written = 0
        path = os.environ.get("MARTLET_EVENTS", "")
        if not path:
            self.disabled = True
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self.descriptor = os.open(path, flags, 0o600)
        except OSError as problem:
            self.give_up(problem)

    def give_up(self, problem):
        """From here on nothing is written, and the play goes on."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        self.disabled = True
        print(f"martlet_events: no more events are written: {problem}", file=sys.stderr, flush=True)

    def write(self, event, **fields):
        if self.descriptor is None:
            return
        line = {"v": VERSION, "event": event, "time": now(), **fields}
        try:
            data = self.encoded(line)
            if self.written + len(data) > FILE_BYTES and event != "stats":
                return
            self.written += len(data)
            while data:
                data = data[os.write(self.descriptor, data):]
        except (OSError, ValueError, TypeError) as problem:
            self.give_up(problem)

    @staticmethod
    def encoded(line):
        def bytes_of(line):
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
            return text.encode("utf-8", "replace")

        data = bytes_of(line)
        if len(data) > LINE_BYTES and "diff" in line:
            # Escapes in the text have made it longer than it is.
            data = bytes_of({**line, "diff": clipped(line["diff"], DIFF_BYTES // 4)})
        return data

    # What Ansible calls.

    def v2_playbook_on_start(self, playbook):
        plays = playbook.get_plays()
        try:
            tasks = sum(tasks_of(play) for play in plays)
        except Exception:  # noqa: BLE001 - a playbook that cannot be counted beforehand can still be run
            tasks = None
        name = shortened(os.path.basename(str(playbook._file_name)), NAME_CHARACTERS)
        self.write("playbook", name=name, plays=len(plays), tasks=tasks)

    def v2_playbook_on_play_start(self, play):
        self.play += 1
        try:
            tasks = tasks_of(play)
        except Exception:  # noqa: BLE001 - as above
            tasks = None
        self.write("play", number=self.play, name=shortened(play.get_name(), NAME_CHARACTERS), tasks=tasks)

    def begin(self, task, is_handler):
        self.task += 1
        self.numbers[str(task._uuid)] = self.task
        role = role_of(task)
        name = task.get_name()
        if role is not None and name.startswith(role + " : "):
            name = name[len(role) + 3:]
        self.write("task", number=self.task, name=shortened(name, NAME_CHARACTERS), role=role, handler=is_handler)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.begin(task, False)

    def v2_playbook_on_handler_task_start(self, task):
        self.begin(task, True)

    def v2_runner_on_ok(self, result):
        self.host(result, "changed" if result._result.get("changed", False) else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.host(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self.host(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.host(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in sorted(stats.processed):
            summary = stats.summarize(host)
            summary["failed"] = summary.pop("failures")
            keys = ("ok", "changed", "failed", "unreachable", "skipped", "rescued", "ignored")
            hosts[str(host)] = {key: int(summary.get(key, 0)) for key in keys}
        self.write("stats", hosts=hosts)

    def host(self, result, outcome):
        fields = {"message": "" if is_secret(result) else message_of(result._result, outcome)}
        difference = None if is_secret(result) else self.difference(result._result)
        if difference:
            fields["diff"] = difference
        number = self.numbers.get(str(result._task._uuid), self.task)
        name = shortened(result._host.get_name(), NAME_CHARACTERS)
        self.write("host", task=number, host=name, result=outcome, **fields)

    def difference(self, result):
        """The differences of a task, those of a loop one after another; None where there is none."""
        parts = []
        for one in result.get("results") or [result]:
            if not isinstance(one, dict) or one.get("_ansible_no_log") or not one.get("diff"):
                continue
            try:
                # The same text that Ansible shows, without its colours.
                parts.append(str(self._get_diff(one["diff"])))
            except Exception as problem:  # noqa: BLE001 - a module's odd answer must not break the play
                parts.append(f"the difference cannot be shown: {shortened(problem, 200)}\n")
        text = "".join(part for part in parts if part.strip())
        return clipped(text, DIFF_BYTES) if text else None


def message_of(result, outcome):
    """What a person needs first: the reason of a failure, or what a task said."""
    if outcome == "skipped":
        return shortened(result.get("skip_reason") or result.get("msg") or "", MESSAGE_CHARACTERS)
    texts = [text_of(result)]
    if outcome in ("failed", "ignored"):
        items = [one for one in result.get("results") or [] if isinstance(one, dict) and one.get("failed")]
        for one in items or [result]:
            if not one.get("_ansible_no_log"):
                texts += [text_of(one), said_last(one)]
    words = []
    for text in texts:
        if text and text not in words:
            words.append(text)
    return shortened(": ".join(words), MESSAGE_CHARACTERS)


def said_last(result):
    """The end of what a command said: that is where its reason is."""
    said = " ".join(f"{result.get('stderr') or ''} {result.get('stdout') or ''}".split())
    return said if len(said) <= MESSAGE_CHARACTERS * 3 // 4 else "…" + said[-MESSAGE_CHARACTERS * 3 // 4:]


def text_of(result):
    message = result.get("msg")
    if isinstance(message, (list, tuple)):
        return "; ".join(str(part) for part in message)
    return "" if message is None else str(message)
