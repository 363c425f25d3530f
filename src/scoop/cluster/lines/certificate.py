"""The certificate by which the machines of a run know each other: made anew for each run, and kept in memory."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .transport import Terms

__all__ = ["new_terms"]

_EVER = datetime(1970, 1, 1), datetime(9999, 12, 31, 23, 59, 59)
"""From when until when it is valid. The clock of a machine may be wrong, and the key is gone with the run."""


def new_terms(run: str) -> Terms:
    """Return terms with a certificate made for this run, which proves that a machine belongs to it."""
    key, certificate = _new_certificate()
    return Terms(run, "", key + certificate, certificate)


def _new_certificate() -> tuple[str, str]:
    """Return a new private key, and a certificate for it that it has signed itself, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scoop")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_EVER[0])
        .not_valid_after(_EVER[1])
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode("ascii"), certificate.public_bytes(Encoding.PEM).decode("ascii")
