"""Files on an SFTP server, by paramiko. The server's key must be the one the connection names; no key is learned."""

from __future__ import annotations

import base64
import io
import posixpath
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import paramiko
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import (
    AuthenticationException,
    BadHostKeyException,
    NoValidConnectionsError,
    SSHException,
)

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request
from onestop.sources.errors import (
    SourceCutOff,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
)
from onestop.sources.files import CHUNK_BYTES, declared_path, done_file, matching, not_done, settled
from onestop.sources.retrying import retrying

DEFAULT_PORT = 22
READ_AHEAD_REQUESTS = 32
"""Outstanding reads of 32 KiB each: enough for a long line, and about 1 MiB of memory."""


@dataclass(frozen=True)
class _RemoteFile:
    path: str
    size_bytes: int
    modified_at_seconds: int


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the period's files, one part each, in the order of their names. See `Connector.fetch`."""
    endpoint = _endpoint(request)
    pattern = declared_path(request, endpoint)
    with _session(request) as sftp:
        root, files = _find(request, sftp, str(pattern.parent), pattern.name)
        newest = max(file.modified_at_seconds for file in files)
        facts.delivered_at = datetime.fromtimestamp(newest, UTC)
        for file in files:
            name = posixpath.relpath(file.path, root)
            yield Part(posixpath.basename(file.path), _read(request, sftp, file, f"{endpoint}/{name}"))


def try_out(request: Request) -> str:
    """Log in and look at the folder. See `Connector.try_out`."""
    endpoint = _endpoint(request)
    with _session(request) as sftp:
        if request.period is None:
            root = _real_root(request, sftp)
            return f"{endpoint} lets us in; its root {root} holds {len(sftp.listdir(root))} entries."
        pattern = declared_path(request, endpoint)
        _, files = _find(request, sftp, str(pattern.parent), pattern.name)
        size = sum(file.size_bytes for file in files)
        names = ", ".join(posixpath.basename(file.path) for file in files)
        return f"{endpoint} lets us in and holds {names} for {request.period.code} ({size:,} bytes)."


def _endpoint(request: Request) -> str:
    return f"sftp://{request.access.host}:{request.access.port or DEFAULT_PORT}"


@contextmanager
def _session(request: Request) -> Iterator[paramiko.SFTPClient]:
    client = retrying(request.retry)(_connect, request)
    try:
        try:
            sftp = client.open_sftp()
        except (SSHException, EOFError, OSError) as error:
            raise _cut(request, _endpoint(request), error) from error
        channel = sftp.get_channel()
        if channel is not None:
            channel.settimeout(request.source.timeout_seconds)
        yield sftp
    finally:
        client.close()


def _connect(request: Request) -> paramiko.SSHClient:
    access, endpoint = request.access, _endpoint(request)
    timeout = request.source.timeout_seconds
    connection = f"the connection {request.source.connection_id}"
    if not access.host:
        raise request.error(
            SourceMisconfigured, endpoint, expected="a host", seen="none", remedy=f"Give {connection} its host."
        )
    client = paramiko.SSHClient()
    port = access.port or DEFAULT_PORT
    host_name = access.host if port == DEFAULT_PORT else f"[{access.host}]:{port}"
    key = _host_key(request)
    client.get_host_keys().add(host_name, key.get_name(), key)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            access.host,
            port,
            username=access.login,
            password=access.password,
            pkey=_private_key(request),
            timeout=timeout,
            banner_timeout=timeout,
            auth_timeout=timeout,
            channel_timeout=timeout,
            allow_agent=False,
            look_for_keys=False,
        )
    except BadHostKeyException as error:
        client.close()
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected=f"the host key {key.get_name()} {key.fingerprint}",
            seen=f"{error.key.get_name()} {error.key.fingerprint}",
            remedy="Somebody may stand in between. Ask the agency whether its server's key has changed; only when it "
            f"confirms the new fingerprint, put the new key into the extra host_key of {connection}.",
        ) from error
    except AuthenticationException as error:
        client.close()
        raise request.error(
            SourceUnauthorised,
            endpoint,
            expected=f"to be let in as {access.login}",
            seen="the password or key was refused",
            remedy=f"Ask the agency for valid credentials and put them into {connection}.",
        ) from error
    except (SSHException, NoValidConnectionsError, EOFError, OSError) as error:
        client.close()
        raise request.error(
            SourceUnavailable,
            endpoint,
            expected="an SSH server",
            seen=f"{type(error).__name__}: {error}",
            remedy=f"Ask the agency whether its server is up, and check host and port of {connection}.",
        ) from error
    return client


def _host_key(request: Request) -> paramiko.PKey:
    """Read the extra `host_key`: a line of known_hosts without the host, or of a .pub file."""
    words = str(request.access.extra.get("host_key") or "").split()
    try:
        kind, encoded = words[0], words[1]
        return paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))
    except (IndexError, ValueError, SSHException, UnknownKeyType) as error:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected="the extra host_key, such as 'ssh-ed25519 AAAA…'",
            seen="none" if not words else "something that is not a public key",
            remedy="Get the server's public key from the agency (ssh-keyscan shows it; compare fingerprints by phone) "
            f"and put it into the connection {request.source.connection_id}.",
        ) from error


def _private_key(request: Request) -> paramiko.PKey | None:
    text = request.access.extra.get("private_key")
    if not text:
        return None
    passphrase = request.access.extra.get("private_key_passphrase")
    kinds: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
    for kind in kinds:
        try:
            return kind.from_private_key(io.StringIO(str(text)), password=passphrase)
        except (SSHException, ValueError):
            continue
    raise request.error(
        SourceMisconfigured,
        _endpoint(request),
        expected="an Ed25519, ECDSA or RSA key in the extra private_key",
        seen="a text that none of them reads (a wrong passphrase looks the same)",
        remedy=f"Put the whole key file with its line ends into the connection {request.source.connection_id}.",
    )


def _real_root(request: Request, sftp: paramiko.SFTPClient) -> str:
    return sftp.normalize(str(request.access.extra.get("root") or "/"))


def _find(
    request: Request, sftp: paramiko.SFTPClient, folder: str, name_pattern: str
) -> tuple[str, Sequence[_RemoteFile]]:
    """Return the root and the files meant, after following links: none of them may lie outside the root."""
    root = ""

    def look() -> list[_RemoteFile]:
        nonlocal root
        root, files = _look(request, sftp, folder, name_pattern)
        return files

    files = settled(request, f"{_endpoint(request)}/{posixpath.normpath(folder)}", look)
    return root, files


def _look(request: Request, sftp: paramiko.SFTPClient, folder: str, name_pattern: str) -> tuple[str, list[_RemoteFile]]:
    endpoint = f"{_endpoint(request)}/{posixpath.normpath(posixpath.join(folder, name_pattern))}"
    assert request.period is not None  # noqa: S101 - only a pull looks for files
    not_ready = request.error(
        SourceNotReady,
        endpoint,
        expected=f"the file of {request.period.code}",
        seen="no such file",
        remedy="Nothing is wrong with the server. Remind the source's contact if the due day has passed.",
    )
    try:
        root = _real_root(request, sftp)
        where = posixpath.join(root, folder)
        files = []
        done = done_file(request, endpoint)
        if done is not None and not _is_there(sftp, posixpath.join(where, done)):
            raise not_done(request, endpoint, done)
        for name in matching(name_pattern, lambda: sftp.listdir(where)):
            path = sftp.normalize(posixpath.join(where, name))
            if posixpath.commonpath([root, path]) != root:
                raise request.error(
                    SourceMisconfigured,
                    endpoint,
                    expected=f"a file below {root}",
                    seen="a link that leads out of it",
                    remedy="Ask the agency to put the file itself there. It was not read.",
                )
            found = sftp.stat(path)
            if stat.S_ISREG(found.st_mode or 0):
                files.append(_RemoteFile(path, found.st_size or 0, found.st_mtime or 0))
    except FileNotFoundError as error:
        raise not_ready from error
    except PermissionError as error:
        raise _forbidden(request, endpoint) from error
    except (SSHException, EOFError, OSError) as error:
        raise _cut(request, endpoint, error) from error
    if not files:
        raise not_ready
    return root, files


def _is_there(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        sftp.stat(path)
    except FileNotFoundError:
        return False
    return True


def _read(request: Request, sftp: paramiko.SFTPClient, file: _RemoteFile, endpoint: str) -> Iterator[bytes]:
    byte_count = 0
    try:
        with sftp.open(file.path, "rb") as handle:
            handle.prefetch(file.size_bytes, READ_AHEAD_REQUESTS)
            while chunk := handle.read(CHUNK_BYTES):
                byte_count += len(chunk)
                yield chunk
        after = sftp.stat(file.path)
    except FileNotFoundError as error:
        raise _cut(request, endpoint, error) from error
    except PermissionError as error:
        raise _forbidden(request, endpoint) from error
    except (SSHException, EOFError, OSError) as error:
        raise _cut(request, endpoint, error) from error
    if (after.st_size, after.st_mtime) != (file.size_bytes, file.modified_at_seconds) or byte_count != file.size_bytes:
        raise request.error(
            SourceCutOff,
            endpoint,
            expected=f"a finished file of {file.size_bytes:,} bytes",
            seen=f"{byte_count:,} bytes read and {after.st_size:,} bytes there afterwards: it is still being written",
            remedy="It is pulled again later. Ask the agency to write under another name and rename when done.",
        )


def _forbidden(request: Request, endpoint: str) -> Exception:
    return request.error(
        SourceUnauthorised,
        endpoint,
        expected=f"that {request.access.login} may read it",
        seen="permission denied",
        remedy="Ask the agency to give this account the right to read it.",
    )


def _cut(request: Request, endpoint: str, error: Exception) -> Exception:
    return request.error(
        SourceCutOff,
        endpoint,
        expected="the whole file",
        seen=f"the connection broke ({type(error).__name__}: {error})",
        remedy="It is pulled again by itself; if it keeps breaking, ask the agency about its server and line.",
    )
