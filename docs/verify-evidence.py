#!/usr/bin/env python3
"""Checks the records of mailproof without mailproof. docs/evidence.md says what that proves.

Needs Python 3.8 and, where the records are signed, ssh-keygen (OpenSSH 8.1). With b3sum on the PATH the BLAKE3 digests are
checked as well; openssl (3.0) is asked about the signature inside an envelope where the one beside it does not hold, about
that of the head, and about time stamps. Without them it says what it did not check.
Exit codes: 0 the chain holds, 10 it is broken, 20 nothing is claimed, 2 wrong usage.
"""
import argparse, base64, calendar, hashlib, json, os, re, shlex, shutil, stat, struct, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

STATEMENT, RECORD = "https://in-toto.io/Statement/v1", "https://mailproof.dev/record/v1"
LIMIT, STAMP_LIMIT, TIME = 64 << 20, 64 << 10, re.compile(r"(?!0000|9999)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,9})?Z")
BLOB = struct.pack(">I11sI", 11, b"ssh-ed25519", 32)  # an OpenSSH public key: this and 32 bytes


class Fault(Exception):
    """Why a record does not hold: the word, and words."""


class Closed(Exception):
    """We have no right to read it, so nothing is known."""


def need(condition, reason, detail):
    if not condition:
        raise Fault(reason, detail)


def decode(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("no base64 in its only right form")
    return data


def key_of(text):
    """The blob of `ssh-ed25519 AAAA…`."""
    kind, text = text.split(" ")
    blob = decode(text)
    if kind != "ssh-ed25519" or len(blob) != 51 or not blob.startswith(BLOB):
        raise ValueError("no ssh-ed25519 key")
    return blob


def fingerprint(blob):
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def objects(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key that is there twice")
    return dict(pairs)


def integer(text):
    if len(text) > 20 or text == "-0" or not -1 << 63 <= int(text) < 1 << 64:
        refused(text)
    return int(text)


def refused(text):
    raise ValueError("%.30s is no integer of 64 bits" % text)


def seconds(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def parse(data):
    """Reads JSON, and refuses what programs read differently."""
    text = data.decode("utf-8")
    brackets = re.findall(r"[][{}]", re.sub(r'"[^"\\]*(?:\\.[^"\\]*)*"', "", text))
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > 127:
        raise ValueError("nested too deep")
    value = json.loads(text, object_pairs_hook=objects, parse_constant=refused, parse_float=refused, parse_int=integer)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails where half of a character stands in it
    return value


def fit(path):
    """Whether it is a regular file of a size that can be right. What is not is opened by nobody: a pipe or a device has no end."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= LIMIT


def read(path, limit=LIMIT):
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise FileNotFoundError("no regular file")
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except PermissionError:
        raise Closed("%s may not be read by this user; look as the user whose records they are" % path)
    if len(data) > limit:
        raise OSError("larger than %d KiB" % (limit >> 10))
    return data


def is_whole_der(data):
    """Whether it is one sequence in DER and nothing behind it, which openssl does not look at."""
    if len(data) < 2 or data[0] != 0x30:
        return False
    more = data[1] - 128 if data[1] > 128 else 0
    length = int.from_bytes(data[2:2 + more], "big") if more else data[1]
    return len(data) == 2 + more + length


def envelope(data):
    """Type, payload and signature of an envelope; nothing else may stand in it."""
    outer = parse(data)
    good = isinstance(outer, dict) and set(outer) == {"payloadType", "payload", "signatures"} and isinstance(outer["payloadType"], str)
    if not good or not isinstance(outer["signatures"], list) or len(outer["signatures"]) > 1:
        raise ValueError("not the three fields of an envelope with one signature")
    signatures = [(one.pop("keyid"), decode(one.pop("sig")), *one) for one in outer["signatures"]]
    if any(len(one) > 2 or not isinstance(one[0], str) for one in signatures):
        raise ValueError("a signature with other fields")
    return outer["payloadType"], decode(outer["payload"]), signatures[0] if signatures else None


def texts(values):
    return all(isinstance(value, str) for value in values)


def link(value):
    return value is None or (type(value["sequence"]) is int and value["sequence"] >= 0 and texts((value["blake3"], value["sha256"])))


def statement(payload):
    outer = parse(payload)
    inner = outer["predicate"]
    good = (outer["_type"], outer["predicateType"], inner["schema"]) == (STATEMENT, RECORD, "mailproof/record/v1")
    good &= bool(outer["subject"]) and all(isinstance(one["name"], str) and one["digest"] and texts(one["digest"].values()) for one in outer["subject"])
    good &= isinstance(outer["subject"], list)
    good &= texts(inner[name] for name in ("id", "kind", "outcome", "started", "finished"))
    good &= type(inner["sequence"]) is int and inner["sequence"] >= 0 and type(inner["exit_code"]) is int and 0 <= inner["exit_code"] < 256 and isinstance(inner["result"], dict)
    good &= all(TIME.fullmatch(inner[name]) and seconds(inner[name]) is not None for name in ("started", "finished")) and link(inner.get("previous"))
    good &= texts(inner["tool"][name] for name in ("name", "version"))
    stamp, hand_over = inner.get("time_stamp"), inner.get("hand_over")
    good &= stamp is None or (texts((stamp["authority"], "" if stamp.get("why") is None else stamp["why"])) and stamp["state"] in ("stamped", "missing"))
    good &= hand_over is None or isinstance(hand_over["new_key"], str)
    if not good:
        raise ValueError("not of the form mailproof/record/v1")
    inner["stamp"] = stamp["state"] if stamp else "none"
    inner["signer"] = key_of(inner["signed_by"]) if inner.get("signed_by") is not None else None
    inner["new_key"] = key_of(inner["hand_over"]["new_key"]) if inner["kind"] == "hand-over" else None
    return inner


class Chain:
    def __init__(self, folder, trust, work, authority, without_head=False):
        self.folder, self.trust, self.work, self.authority, self.without_head = folder, trust, work, authority, without_head
        self.stamps, self.stamped = {"stamped": 0, "missing": 0, "none": 0}, None
        self.looked = 0
        self.keys, self.before, self.finished, self.unsigned, self.warnings, self.cache = [], None, None, 0, [], {}
        names = os.listdir(folder)
        self.numbers = sorted(int(name[:9]) for name in names if re.fullmatch(r"[0-9]{9}\.json", name) and int(name[:9]))
        known = r"[0-9]{9}\.json(\.sig|\.tsr)?|head\.json|history\.sqlite(-wal|-shm|-journal)?|\..*"
        beside = [name for name in names if re.fullmatch(r"[0-9]{9}\.json\.(sig|tsr)", name) and int(name[:9]) not in self.numbers]
        self.others = len(beside) + sum(1 for name in names if not re.fullmatch(known, name) or name == "000000000.json")
        self.blake3 = self.all_blake3() if shutil.which("b3sum") else {}

    def path(self, number, end=""):
        return os.path.join(self.folder, "%09d.json%s" % (number, end))

    def all_blake3(self):
        found, paths = {}, [(number, self.path(number)) for number in self.numbers if fit(self.path(number)) and os.access(self.path(number), os.R_OK)]
        for at in range(0, len(paths), 500):
            part = paths[at:at + 500]
            lines = subprocess.run(["b3sum", "--no-names", *(path for _, path in part)], capture_output=True, text=True).stdout.split()
            found.update(zip((number for number, _ in part), lines))
        return found

    def file(self, data):
        """A file that holds this, for programs that read nothing else. Written aside: several threads may want the same."""
        path = os.path.join(self.work, hashlib.sha256(data).hexdigest())
        if not os.path.exists(path):
            with tempfile.NamedTemporaryFile(dir=self.work, delete=False) as file:
                file.write(data)
            os.replace(file.name, path)
        return path

    def dsse_holds(self, kind, payload, signature, key):
        """Ed25519 over type and payload, each with its length; openssl checks it, and without it the answer is yes."""
        if not shutil.which("openssl"):
            return True
        signed = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
        der = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key[-32:])
        pem = self.file(b"-----BEGIN PUBLIC KEY-----\n" + der + b"\n-----END PUBLIC KEY-----\n")
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", pem]
        files = ["-in", self.file(signed), "-sigfile", self.file(signature)]
        return subprocess.run(command + files, capture_output=True).returncode == 0

    def ssh_holds(self, number, data, key):
        if (number, key) not in self.cache:
            self.cache[number, key] = self.ask_ssh(number, data, key)
        return self.cache[number, key]

    def ask_ssh(self, number, data, key):
        try:
            signature = self.file(read(self.path(number, ".sig")))
        except (OSError, Closed):
            return False
        allowed = self.file(b"mailproof ssh-ed25519 " + base64.b64encode(key) + b"\n")
        command = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "mailproof", "-n", "mailproof-record", "-s", signature]
        return subprocess.run(command, input=data, capture_output=True).returncode == 0

    def ahead(self, number):
        """Does the slow work of a record that is in order, several at a time."""
        try:
            data = read(self.path(number))
            _, payload, signature = envelope(data)
            key = statement(payload)["signer"]
            if signature and key:
                self.ssh_holds(number, data, key)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError, Closed):
            pass

    def key_for(self, number):
        return next((key for first, key in reversed(self.keys) if first <= number), None)

    def signer(self, number, data, outer, inner):
        kind, payload, signature = outer
        valid = self.key_for(number)
        if signature is None:
            need(valid is None and self.trust is None, "signature", "it is not signed")
            return None
        if valid or self.trust is not None:
            key = next((key for key in ([valid] if valid else self.trust) if fingerprint(key) == signature[0]), None)
            need(key, "wrong-key", "the key %s is not valid for it" % signature[0])
        else:
            key = inner and inner["signer"]
            need(key and fingerprint(key) == signature[0], "signature", "it does not name the key that signed it")
        # Where the signature beside the file holds, so does all that is in it: the one inside is by the same key.
        holds = self.ssh_holds(number, data, key) or self.dsse_holds(kind, payload, signature[1], key)
        need(holds, "signature", "the signature is not one of these bytes")
        return key

    def step(self, number):
        before, self.before = self.before, None
        try:
            data = read(self.path(number))
        except OSError as error:
            raise Fault("unreadable", str(error))
        self.before = {"sequence": number, "sha256": hashlib.sha256(data).hexdigest(), "blake3": self.blake3.get(number)}
        try:
            outer = envelope(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Fault("not-dsse", repr(error))
        try:
            inner, trouble = statement(outer[1]), None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            inner, trouble = None, repr(error)
        key = self.signer(number, data, outer, inner)
        need(outer[0] == "application/vnd.in-toto+json" and inner, "schema", trouble or "another payload")
        need(inner["signer"] == key, "schema", "it names another key than the one that signed it")
        self.unsigned += key is None
        if key and not self.keys:
            self.keys.append((number, key))
        if key and inner["new_key"]:
            self.keys.append((number + 1, inner["new_key"]))
        need(inner["sequence"] == number, "sequence", "it is number %d of its chain" % inner["sequence"])
        stated = inner.get("previous")
        need((stated is None) == (number == 1) and (not stated or stated["sequence"] == number - 1), "previous", "it is not tied to the record before it")
        if before and before["sequence"] == number - 1:
            same = all(before[name] in (None, stated[name]) for name in ("sha256", "blake3"))
            need(same, "previous", "the record before it is another one than when this was written")
        finished = seconds(inner["finished"])
        if self.finished and self.finished - finished > 300:
            self.warnings.append("record %d says that it ended before the one ahead of it" % number)
        self.finished = finished
        if key:
            self.beside(number, ".sig", "detached-signature")
            # What else a file may hold programs read differently.
            written = re.fullmatch(rb"-----BEGIN SSH SIGNATURE-----\n([\w+/=]{70}\n)*[\w+/=]{1,70}\n-----END SSH SIGNATURE-----\n", read(self.path(number, ".sig")))
            need(written, "detached-signature", "it is not written as ssh-keygen writes it")
            need(self.ssh_holds(number, data, key), "detached-signature", "it does not hold")
        if inner["stamp"] == "stamped":
            self.time_stamp(number, data, finished)
        self.stamps[inner["stamp"]] += 1

    def beside(self, number, end, reason, limit=LIMIT):
        try:
            return read(self.path(number, end), limit)
        except OSError as error:
            raise Fault(reason, str(error))

    def time_stamp(self, number, data, finished):
        """Holds the answer of the authority to the record and to its own signature, or to the auditor's authority."""
        answer, token = self.beside(number, ".tsr", "time-stamp", STAMP_LIMIT), os.path.join(self.work, "token-%d" % number)
        need(is_whole_der(answer), "time-stamp", "it is no time stamp, or has something behind it")
        if not shutil.which("openssl"):
            return
        path = self.file(answer)
        told = openssl("ts", "-reply", "-in", path, "-text") or b""
        time_of = re.search(rb"^Status: Granted.*^Time stamp: (\w+ +\d+ \d\d:\d\d:\d\d)[.\d]* (\d+) GMT", told, re.S | re.M)
        need(time_of, "time-stamp", "it grants nothing")
        # An authority stamps what it was asked for (RFC 3161, section 2.4.2), and that is the SHA-256.
        need(re.search(rb"^Hash Algorithm: sha256$", told, re.M), "time-stamp", "it is the time stamp of another digest than the SHA-256 that was asked for")
        when = calendar.timegm(time.strptime(b" ".join(time_of.groups()).decode(), "%b %d %H:%M:%S %Y"))
        if self.authority:
            holds = openssl("ts", "-verify", "-data", self.file(data), "-in", path, "-CAfile", self.authority, "-attime", str(when))
            need(holds is not None, "time-stamp", "openssl ts -verify does not accept it")
        else:
            openssl("ts", "-reply", "-in", path, "-token_out", "-out", token)
            stated = openssl("cms", "-verify", "-noverify", "-inform", "DER", "-in", token)
            need(stated, "time-stamp", "its signature does not hold")
            need(hashlib.sha256(data).digest() in stated, "time-stamp", "it is the time stamp of other bytes")
        if abs(when - finished) > 300:
            self.warnings.append("record %d says another time than its time stamp" % number)
        if self.stamped and self.stamped - when > 1:
            self.warnings.append("record %d has an earlier time stamp than the one ahead of it" % number)
        self.stamped = when

    def head(self):
        """The number that head.json states."""
        last = self.numbers[-1] if self.numbers else 0
        path = os.path.join(self.folder, "head.json")
        if not os.path.exists(path) and (last <= 1 or self.without_head):
            return last
        try:
            kind, payload, signature = envelope(read(path))
            head = parse(payload)
            good = kind == "application/vnd.mailproof.head+json" and head["schema"] == "mailproof/head/v1" and isinstance(head["time"], str) and link(head)
        except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
            raise Fault("head", repr(error))
        need(good, "head", "it holds no head")
        keys = {self.key_for(number) for number in (max(last - 1, 1), last, last + 1)} - {None}
        signed = signature and any(self.dsse_holds(kind, payload, signature[1], key) for key in keys)
        need(signed or not keys, "head", "no key of the chain signed it")
        number = head["sequence"]
        need(number >= last - 1, "head", "it is an old one: it speaks of record %d as the last" % number)
        if number in self.numbers and fit(self.path(number)):
            same = hashlib.sha256(read(self.path(number))).hexdigest() == head["sha256"]
            need(same and self.blake3.get(number) in (None, head["blake3"]), "head", "it states other digests of record %d" % number)
        if number < last:
            self.warnings.append("head.json is one record behind, as a run leaves it that was killed at its end")
        return number


def openssl(*command):
    """What openssl says, or nothing where it finds fault."""
    done = subprocess.run(["openssl", *command], capture_output=True)
    return done.stdout if done.returncode == 0 else None


def allowed_signers(path):
    keys = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = [] if line.lstrip().startswith("#") else shlex.split(line)
            at = next((at for at, word in enumerate(words) if word.startswith("ssh-ed25519")), None)
            spaces = [word.split("=", 1)[1].split(",") for word in words[1:at] if word.startswith("namespaces=")]
            named = words and {"mailproof", "*"} & set(words[0].split(","))
            if at and named and all({"mailproof-record", "*"} & set(space) for space in spaces):
                keys.append(key_of(" ".join(words[at:at + 2])))
    return keys


def check(chain, expected):
    """What is broken, how far the chain should go, and what could not be read; behind that nothing was looked at."""
    broken = []
    try:
        return broken, look(chain, expected, broken), None
    except Closed as closed:
        return broken, max(chain.numbers, default=0), closed


def look(chain, expected, broken):
    following = 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(chain.ahead, chain.numbers))
    for number in chain.numbers:
        if number > following:
            broken.append((following, "gap", "there is no such record"))
        try:
            chain.step(number)
        except Fault as fault:
            broken.append((number, *fault.args))
        following, chain.looked = number + 1, chain.looked + 1
    end = following - 1
    try:
        stated = chain.head()
        if stated > end:
            broken.append((end + 1, "truncated", "head.json speaks of %d records" % stated))
            end = stated
    except Fault as fault:
        broken.append((max(end, 1), *fault.args))
    if expected and chain.blake3.get(expected[0]) != expected[1]:
        broken.append((expected[0], "expected-head", "the record that was noted is not there, or is another one"))
    return end


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--trust", metavar="ALLOWED_SIGNERS")
    parser.add_argument("--expect-head", metavar="SEQ:BLAKE3")
    parser.add_argument("--timestamp-ca", metavar="FILE", help="certificates (PEM) of the authority of the time stamps")
    parser.add_argument("--without-head", action="store_true", help="let a folder pass that lacks head.json, as one does that was fetched from a bucket")
    parser.add_argument("--unsigned", action="store_true", help="let a chain pass that nobody signed")
    args = parser.parse_args()
    try:
        trust = allowed_signers(args.trust) if args.trust else None
        number, _, digest = (args.expect_head or ":").partition(":")
        expected = (int(number), digest.lower()) if args.expect_head else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if trust == [] or (expected and not shutil.which("b3sum")):
        parser.error("no ssh-ed25519 key for mailproof in the file" if trust == [] else "--expect-head needs b3sum")
    if args.timestamp_ca and not os.path.isfile(args.timestamp_ca):
        parser.error("no such file: " + args.timestamp_ca)
    for tool, what in (("openssl", "time stamps, the signature of the head, and which of a record's two does not hold"), ("b3sum", "BLAKE3 digests")):
        if not shutil.which(tool):
            print("not checked, as %s is missing: %s" % (tool, what))
    if not shutil.which("ssh-keygen"):
        sys.exit(print("NOT VERIFIED  ssh-keygen is missing") or 20)
    with tempfile.TemporaryDirectory() as work:
        try:
            chain = Chain(args.folder, trust, work, args.timestamp_ca, args.without_head)
        except OSError as error:
            sys.exit(print("NOT VERIFIED  %s" % error) or 20)
        broken, end, closed = check(chain, expected)
    covered = "checked %d of %d records" % (chain.looked, end)
    for warning in chain.warnings:
        print("warning: " + warning)
    for first, key in chain.keys:
        print("signed by %s from record %d on" % (fingerprint(key), first))
    if not trust:
        print("no file of keys was given: compare the fingerprint with one that you have from elsewhere")
    if chain.stamps["stamped"] + chain.stamps["missing"] or args.timestamp_ca:
        print("time stamps: %(stamped)d hold, %(missing)d are missing, for %(none)d none was asked" % chain.stamps)
        if not args.timestamp_ca:
            print("nobody vouches for the authority of the time stamps: name its certificate by --timestamp-ca")
    if chain.others:
        print("not part of the chain: %d files" % chain.others)
    if broken:
        print("BROKEN  record %d %s: %s; %d faults; %s" % (*broken[0], len(broken), covered))
        return 10
    if closed:
        print("NOT VERIFIED  %s; %s" % (closed, covered))
        return 20
    if not chain.numbers or (chain.unsigned and not args.unsigned):
        print("NOT VERIFIED  %s; %s" % ("not signed" if chain.numbers else "there are no records", covered))
        return 20
    print("HOLDS  %s; head %d:%s" % (covered, end, chain.blake3.get(chain.numbers[-1], "(b3sum is missing)")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
