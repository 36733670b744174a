"""What an independent client says of a mailbox. And what it changes there for a test.

Usage: oracle.py look|fill|create|delete|expunge PORT CA_FILE USER PASSWORD [WHAT...]
"""

import base64
import datetime
import hashlib
import imaplib
import json
import random
import re
import ssl
import sys

# The library turns bare line feeds into CRLF, but the server is to be asked what it makes of them.
imaplib.MapCRLF = re.compile(rb"(?!)")
imaplib._MAXLINE = 100_000_000

LINE = re.compile(rb'\((.*?)\) (?:"(?:[^"\\]|\\.)*"|NIL) (.*)', re.S)


def connect(port, authority, user, password):
    client = imaplib.IMAP4_SSL("localhost", port, ssl_context=ssl.create_default_context(cafile=authority))
    client.login(user, password)
    return client


def encoded(name):
    def shifted(run):
        return "&" + base64.b64encode(run[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    return re.sub(r"[^ -~]+", shifted, name.replace("&", "&-"))


def decoded(raw):
    def unshifted(run):
        text = run[1].replace(",", "/")
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-be") if text else "&"

    return re.sub(r"&([^-]*)-", unshifted, raw)


def quoted(raw):
    return '"' + raw.replace("\\", "\\\\").replace('"', '\\"') + '"'


def good(answer):
    kind, data = answer
    assert kind == "OK", answer
    return data


def message(number):
    chance = random.Random(number)
    head = f"Message-ID: <{number}@example.test>\r\nSubject: number {number}\r\n".encode()
    kinds = [
        b"Only-a-head: %d\r\n\r\n" % number,
        b"\r\nEight bits: \xe4\xf6\xfc \xff\x80 end\r\n",
        b"\r\nA bare line feed\nand another\n\nend",
        b"\r\nOne long line: " + b"x" * chance.randrange(20_000) + b"\r\n",
        b"\r\n.\r\n..\r\n)\r\na1 OK done\r\n{3}\r\n",
        b"\r\nA lonely \r return and spaces  \r\n \r\n",
    ]
    filler = b"".join(b"%08x%s\r\n" % (chance.getrandbits(32), b"y" * 60) for _ in range(chance.randrange(80)))
    return head + (kinds[number % len(kinds)] if number % 6 == 0 else b"X: y\r\n" + kinds[number % len(kinds)] + filler)


def fill(client, count, names):
    for name in names:
        good(client.create(quoted(encoded(name))))
    for number in range(count):
        folder = quoted(encoded((["INBOX"] * 8 + names)[number % (8 + len(names))]))
        flags = ["", "\\Seen", "\\Seen \\Answered", "\\Flagged Custom", "\\Draft"][number % 5]
        zone = datetime.timezone(datetime.timedelta(hours=number % 14 - 7))
        date = datetime.datetime.fromtimestamp(1_000_000_000 + number * 12_345, zone)
        answer = client.append(folder, f"({flags})", date, message(number))
        # Cyrus takes no such messages.
        if b"bare newlines" not in answer[1][0]:
            good(answer)
    large = b"Subject: large\r\n\r\n" + b"%060d\r\n" % 7 * (30_000_000 // 62)
    good(client.append("INBOX", "", None, large))


def folders(client):
    for line in good(client.list()):
        # A name that quotes can't hold comes as a literal of its own.
        attributes, rest = LINE.match(line[0] if isinstance(line, tuple) else line or b"() NIL x").groups()
        if b"\\noselect" in attributes.lower() or line == b"":
            continue
        if isinstance(line, tuple):
            yield line[1].decode()
        else:
            yield re.sub(r"\\(.)", r"\1", rest[1:-1].decode()) if rest[:1] == b'"' else rest.decode()


def seconds(text):
    return int(datetime.datetime.strptime(text.strip(), "%d-%b-%Y %H:%M:%S %z").timestamp())


def rows(client):
    answer = good(client.uid("FETCH", "1:*", "(UID RFC822.SIZE INTERNALDATE FLAGS MODSEQ)"))
    for line in filter(None, answer):
        text = line.decode()
        find = lambda pattern: re.search(pattern, text)[1]
        yield int(find(r"UID (\d+)")), {
            "size": int(find(r"RFC822.SIZE (\d+)")),
            "date": seconds(find(r'INTERNALDATE "([^"]*)"')),
            "flags": sorted(find(r"FLAGS \(([^)]*)\)").split()),
            "modseq": find(r"MODSEQ \((\d+)\)"),
        }


def bodies(client, uids):
    for start in range(0, len(uids), 100):
        batch = ",".join(map(str, uids[start : start + 100]))
        for part in good(client.uid("FETCH", batch, "(UID BODY.PEEK[])")):
            if isinstance(part, tuple):
                yield int(re.search(rb"UID (\d+)", part[0])[1]), part[1]


def look(client):
    told = {}
    for raw in sorted(folders(client)):
        name = quoted(raw)
        status = good(client.status(name, "(MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"))[0]
        good(client.select(name, readonly=True))
        messages = dict(rows(client))
        for uid, body in bodies(client, list(messages)):
            messages[uid]["sha256"] = hashlib.sha256(body).hexdigest()
            messages[uid]["length"] = len(body)
        numbers = dict(re.findall(r"([A-Z]+) (\d+)", status.decode().rsplit("(", 1)[1]))
        told[decoded(raw)] = {"status": {key: int(value) for key, value in numbers.items()}, "messages": messages}
    return told


def main():
    work, port, authority, user, password, *rest = sys.argv[1:]
    client = connect(int(port), authority, user, password)
    if work == "look":
        print(json.dumps(look(client)))
    elif work == "fill":
        fill(client, int(rest[0]), rest[1:])
    elif work == "expunge":
        good(client.select("INBOX"))
        good(client.store(rest[0], "+FLAGS", "\\Deleted"))
        good(client.expunge())
    else:
        good(getattr(client, work)(quoted(encoded(rest[0]))))
    client.logout()


main()
