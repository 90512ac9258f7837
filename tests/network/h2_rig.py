"""A small server that speaks HTTP/2 over TLS, or only HTTP/1.1, with a certificate of its own."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, WindowUpdated
from h2.exceptions import ProtocolError

SIZE_BYTES = 2_000_000


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@dataclass
class SecureServer:
    """Answers every request with `SIZE_BYTES`; counts connections and what was spoken on them."""

    certificate: Path
    protocols: tuple[str, ...] = ("h2", "http/1.1")
    connections: int = 0
    spoken: list[str] = field(default_factory=list)
    port: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    async def start(self) -> asyncio.Server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        context.set_alpn_protocols(list(self.protocols))
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol() or "http/1.1"
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ProtocolError):
            await (self._two(reader, writer) if spoken == "h2" else self._one(reader, writer))
        writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            self.spoken.append("http/1.1")
            writer.write(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % SIZE_BYTES + bytes(SIZE_BYTES))
            await writer.drain()

    async def _two(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        h2 = H2Connection(H2Configuration(client_side=False))
        h2.initiate_connection()
        writer.write(h2.data_to_send())
        left: dict[int, int] = {}
        while data := await reader.read(65536):
            for event in h2.receive_data(data):
                if isinstance(event, RequestReceived):
                    self.spoken.append("h2")
                    h2.send_headers(event.stream_id, [(":status", "200"), ("content-length", str(SIZE_BYTES))])
                    left[event.stream_id] = SIZE_BYTES
                elif not isinstance(event, WindowUpdated):
                    continue
            self._pour(h2, left)
            writer.write(h2.data_to_send())
            await writer.drain()

    def _pour(self, h2: H2Connection, left: dict[int, int]) -> None:
        """As much of every body as the windows allow, in turns."""
        moved = True
        while moved:
            moved = False
            for stream in list(left):
                size = min(h2.local_flow_control_window(stream), h2.max_outbound_frame_size, left[stream])
                if size > 0:
                    left[stream] -= size
                    h2.send_data(stream, bytes(size), end_stream=left[stream] == 0)
                    moved = True
                if left[stream] == 0:
                    del left[stream]
