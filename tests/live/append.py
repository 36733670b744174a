"""Puts messages into a mailbox, or changes it, by an independent client.

Usage: append.py PORT CA_FILE USER PASSWORD FOLDER_OF_FILES
Each file is called FOLDER-SECONDS-NUMBER and holds one message; a file called expunge-UID holds nothing.
"""

import datetime
import imaplib
import pathlib
import re
import ssl
import sys

imaplib.MapCRLF = re.compile(rb"(?!)")
port, authority, user, password, files = sys.argv[1:]
client = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=ssl.create_default_context(cafile=authority))
client.login(user, password)
for file in sorted(pathlib.Path(files).iterdir()):
    folder, seconds, *_ = file.name.split("-")
    if folder == "expunge":
        client.select("INBOX")
        client.uid("STORE", seconds, "+FLAGS", "\\Deleted")
        kind, answer = client.expunge()
    else:
        client.create(folder)
        date = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
        kind, answer = client.append(folder, "", date, file.read_bytes())
    assert kind == "OK", answer
client.logout()
