"""A certificate authority that lives as long as one set-up, in memory.

With it the gateway stands in for an index on a TLS connection: only so can it see that an index is
read and not written to, and add the login that the tools inside must not have. Nobody but the
commands of that set-up is told to trust it.
"""

import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from threading import Lock
from typing import TYPE_CHECKING

from bot.indexes.address import is_number

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_DAY = timedelta(days=1)
_LIFE = timedelta(days=2)  # longer than any set-up, and nothing outlives it
_LONGEST_NAME = 60


class Authority:
    """Makes certificates for hosts; ``certificate`` is its own, as PEM."""

    def __init__(self) -> None:
        from cryptography import x509  # noqa: PLC0415 - 0.1 s that only set-ups should cost
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("set-up of changewright")
        builder = self._builder(self._name, self._key.public_key())
        use = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self._own = self._signed(builder.add_extension(use, critical=True))
        self.certificate = self._own.public_bytes(Encoding.PEM)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = Lock()

    def context(self, host: str) -> ssl.SSLContext:
        """Return what answers as ``host``, and as nobody else."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._made(host)
            return self._contexts[host]

    def _made(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # By way of memory: a key that no file ever held is in nobody's backup.
        descriptor = os.memfd_create("certificate")
        try:
            os.write(descriptor, self._chain(host))
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)

        def check(
            _: ssl.SSLSocket | ssl.SSLObject, named: str | None, __: ssl.SSLContext
        ) -> int | None:
            is_host = named == host or (named is None and is_number(host))
            return None if is_host else ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        context.sni_callback = check
        return context

    def _chain(self, host: str) -> bytes:
        """Return key and certificate of ``host`` as PEM."""
        from cryptography import x509  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

        key = ec.generate_private_key(ec.SECP256R1())
        literal = x509.IPAddress(ip_address(host)) if is_number(host) else x509.DNSName(host)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = self._builder(_named(host), key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName([literal]), critical=False)
        builder = builder.add_extension(usage, critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = self._signed(builder.add_extension(issuer, critical=False))
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return private + certificate.public_bytes(serialization.Encoding.PEM)

    def _builder(
        self, name: "x509.Name", key: "ec.EllipticCurvePublicKey"
    ) -> "x509.CertificateBuilder":
        from cryptography import x509  # noqa: PLC0415 - as above

        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)  # the sandbox's clock is ours, but a tool may round
            .not_valid_after(now + _LIFE)
            .add_extension(identifier, critical=False)
        )

    def _signed(self, builder: "x509.CertificateBuilder") -> "x509.Certificate":
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as above

        return builder.sign(self._key, hashes.SHA256())


def _named(text: str) -> "x509.Name":
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_LONGEST_NAME])])
