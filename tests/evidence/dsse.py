"""Reads records by the libraries of DSSE's and in-toto's own authors: dsse.py PUBLIC-KEY RECORD... says how many hold."""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def holds(public, record):
    envelope = Envelope.from_dict(json.loads(record.read_bytes()))
    # The library looks for keys by the name that the signature gives.
    (name,) = envelope.signatures
    try:
        envelope.verify([SSlibKey.from_crypto(public, keyid=name)], 1)
    except VerificationError:
        return False
    if envelope.payload_type == "application/vnd.in-toto+json":
        statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
        Statement.copy_from_pb(statement).validate()
    return True


public = load_ssh_public_key(Path(sys.argv[1]).read_bytes())
print(sum(holds(public, Path(record)) for record in sys.argv[2:]))
