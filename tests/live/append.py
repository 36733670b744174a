"""Puts messages into a mailbox, or changes it, by an independent client that logs in as the administrator.

Usage: append.py PORT CA_FILE USER PASSWORD MAILBOX FOLDER_OF_FILES
Each file is called FOLDER-SECONDS-NUMBER and holds one message; a file called expunge-UID or move-UID holds nothing.
"""

import datetime
import imaplib
import pathlib
import re
import ssl
import sys

# The library turns bare line feeds into CRLF, but the server is to be asked what it makes of them.
imaplib.MapCRLF = re.compile(rb"(?!)")
port, authority, user, password, mailbox, files = sys.argv[1:]
client = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=ssl.create_default_context(cafile=authority))
client.authenticate("PLAIN", lambda _: f"{mailbox}\0{user}\0{password}".encode())
made = set()


def done(answer):
    assert answer[0] == "OK", answer


def make(folder):
    if folder not in made:
        client.create(folder)
        made.add(folder)


for file in sorted(pathlib.Path(files).iterdir()):
    what, number, *_ = file.name.split("-")
    if what in ("expunge", "move"):
        client.select("INBOX")
        if what == "move":
            make("Moved")
            done(client.uid("COPY", number, "Moved"))
        done(client.uid("STORE", number, "+FLAGS", "\\Deleted"))
        done(client.expunge())
    else:
        make(what)
        date = datetime.datetime.fromtimestamp(int(number), datetime.timezone.utc)
        done(client.append(what, "", date, file.read_bytes()))
client.logout()
